/* What wasm2c's output asks of a runtime, in place of wabt's wasm-rt-impl.c: no heap, no signal handler, no
 * longjmp. A trap ends in host_carry_on. */
#include "host.h"
#include "wabt.h"

#ifndef MEMORY_PAGES
#error "MEMORY_PAGES: the size of linear memory in pages of 64 KiB, as given to asc"
#endif

/* The linker puts the two behind each other (memory.ld): the constants from the file, then zeros. */
uint8_t host_memory[MEMORY_IMAGE_SIZE] __attribute__((aligned(4096), section(".memory_image"))) = {
#include "memory-image.inc"
};
uint8_t host_memory_rest[MEMORY_PAGES * 65536 + 1 - MEMORY_IMAGE_SIZE];
const uint32_t host_memory_size = MEMORY_PAGES * 65536;

static const char *reason_of(wasm_rt_trap_t trap) {
  switch (trap) {
    case WASM_RT_TRAP_OOB: return "memory access out of bounds";
    case WASM_RT_TRAP_INT_OVERFLOW: return "integer overflow";
    case WASM_RT_TRAP_DIV_BY_ZERO: return "division by zero";
    case WASM_RT_TRAP_EXHAUSTION: return "call stack exhausted";
    default: return "unreachable code";
  }
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
  host_carry_on(reason_of(trap));
}

bool wasm_rt_is_initialized(void) {
  return true;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, ALLOCATE_ARGUMENTS) {
  memory->data = host_memory;
  memory->pages = initial_pages;
  memory->max_pages = max_pages;
  memory->size = host_memory_size;
}

GROW(wasm_rt_grow_memory) {
  (void)memory;
  (void)pages;
  return -1;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
  (void)memory;
}

/* Types are told apart only by indirect calls, and knell has none: the build fails on a table. */
uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...) {
  (void)parameters;
  (void)results;
  return 1;
}
