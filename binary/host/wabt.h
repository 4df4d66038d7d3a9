/* The names wasm2c gives to what host.c calls and defines; they changed after wabt 1.0.32 (Debian 12).
 * WABT_VERSION is major * 1000000 + minor * 1000 + patch, passed by scripts/build-binary.ts. */
#ifndef KNELL_WABT_H
#define KNELL_WABT_H

#include "knell.h"

#if WABT_VERSION <= 1000032
#define HOST(name) Z_hostZ_##name
#define SELF struct Z_host_instance_t *self
#define INSTANCE Z_knell_instance_t
#define INSTANTIATE(instance) (Z_knell_init_module(), Z_knell_instantiate(instance, 0))
#define RUN(instance) Z_knellZ_main(instance)
#else
#define HOST(name) w2c_host_##name
#define SELF struct w2c_host *self
#define INSTANCE w2c_knell
#define INSTANTIATE(instance) wasm2c_knell_instantiate(instance, 0)
#define RUN(instance) w2c_knell_main(instance)
#endif

#if WABT_VERSION <= 1000032
#define ALLOCATE_ARGUMENTS uint32_t initial_pages, uint32_t max_pages
#define GROW(name) uint32_t name(wasm_rt_memory_t *memory, uint32_t pages)
#elif WABT_VERSION <= 1000033
#define ALLOCATE_ARGUMENTS uint32_t initial_pages, uint32_t max_pages, bool is64
#define GROW(name) uint32_t name(wasm_rt_memory_t *memory, uint32_t pages)
#elif WABT_VERSION <= 1000036
#define ALLOCATE_ARGUMENTS uint64_t initial_pages, uint64_t max_pages, bool is64
#define GROW(name) uint64_t name(wasm_rt_memory_t *memory, uint64_t pages)
#else
#define ALLOCATE_ARGUMENTS uint64_t initial_pages, uint64_t max_pages, bool is64, uint32_t page_size
#define GROW(name) uint64_t name(wasm_rt_memory_t *memory, uint64_t pages)
#endif

#endif
