// Static buffers. They lie far behind the constants and singletons, so that those fill few pages and can be part of
// the file (scripts/build-binary.ts): a page of either is resident only once it is touched.

import { ptr } from "./host";

/** The build fails when constants and singletons reach this far. */
export const BUFFERS: ptr = 0x40000;

let next: ptr = BUFFERS;

/** `size` zeroed bytes for ever, aligned to 16. Only for the initialisers of a module: it traps when memory is full. */
export function buffer(size: i32): ptr {
  const at = next;
  next += (<usize>size + 15) & ~15;
  if (next > (<usize>memory.size()) << 16) unreachable();
  return at;
}
