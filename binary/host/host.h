#ifndef KNELL_HOST_H
#define KNELL_HOST_H

#include <stdint.h>

/* Linear memory: never grown, and zero pages cost nothing until they are touched (D3). The byte behind it stays
 * 0, so that a C string in it always ends. */
extern uint8_t host_memory[];
extern const uint32_t host_memory_size;

/* The `length` bytes at `address` of linear memory; traps if it has not that many. */
void *host_at(uint32_t address, uint32_t length);

/* D5: what is left to do when the wasm has trapped. */
_Noreturn void host_carry_on(const char *reason);

#endif
