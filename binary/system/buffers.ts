// Static buffers. They lie far behind the constants and singletons, so that those fill few pages and can be part of
// the file (scripts/build-binary.ts): a page of either is resident only once it is touched.

import { ptr } from "./host";

/** The build fails when constants and singletons reach this far. */
export const BUFFERS: ptr = 0x40000;
/** Small buffers lie together, a few pages for all of them; large ones behind them. */
const SMALL: i32 = 256;
const SMALL_END: ptr = BUFFERS + 0x2000;

let nextSmall: ptr = BUFFERS;
let nextLarge: ptr = SMALL_END;

/** `size` zeroed bytes for ever, aligned to 16. Only for the initialisers of a module: it traps when memory is full. */
export function buffer(size: i32): ptr {
  const length = (<usize>size + 15) & ~15;
  if (size <= SMALL && nextSmall + length <= SMALL_END) {
    nextSmall += length;
    return nextSmall - length;
  }
  nextLarge += length;
  if (nextLarge > (<usize>memory.size()) << 16) unreachable();
  return nextLarge - length;
}
