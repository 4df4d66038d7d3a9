// One string as a command line (D9): words split on blanks, quotes as in a shell, nothing expanded.

import {
  BACKQUOTE,
  BACKSLASH,
  DOLLAR,
  DOUBLE_QUOTE,
  LF,
  SINGLE_QUOTE,
  SPACE,
  TAB,
} from "../system/ascii";
import { argv_push, ptr } from "../system/host";

export const UNBALANCED: i32 = -1;
export const TOO_MANY: i32 = -2;

/**
 * Splits the text at in and out `at`, which has room for a NUL behind its `length` bytes, must stay in place and is
 * unquoted there, and pushes its words. Gives the index of the first, or UNBALANCED for a quote that is not closed,
 * TOO_MANY for more words than there is room for. An empty text gives the index of an empty command line.
 */
export function pushWords(at: ptr, length: i32): i32 {
  const end = at + length;
  let from = at;
  let first = 0;
  for (;;) {
    while (from < end && isBlank(load<u8>(from))) from++;
    if (from >= end) break;
    const word = from;
    let to = from;
    let quote: u8 = 0;
    for (; from < end && (quote !== 0 || !isBlank(load<u8>(from))); from++) {
      let byte = load<u8>(from);
      if (quote === 0 ? byte === SINGLE_QUOTE || byte === DOUBLE_QUOTE : byte === quote) {
        quote = quote === 0 ? byte : 0;
        continue;
      }
      if (byte === BACKSLASH && from + 1 < end && isEscape(quote, load<u8>(from + 1))) {
        byte = load<u8>(++from);
      }
      store<u8>(to++, byte);
    }
    if (quote !== 0) return UNBALANCED;
    // The blank, or the NUL behind the text, is read already when this is written.
    from++;
    store<u8>(to, 0);
    const index = argv_push(word);
    if (index < 0) return TOO_MANY;
    if (first === 0) first = index;
  }
  const last = argv_push(0);
  if (last < 0) return TOO_MANY;
  return first === 0 ? last : first;
}

function isBlank(byte: u8): bool {
  return byte === SPACE || byte === TAB || byte === LF;
}

/** Outside quotes a backslash takes the next character as it is; in double quotes only these (sh(1)). */
function isEscape(quote: u8, next: u8): bool {
  if (quote === SINGLE_QUOTE) return false;
  return (
    quote === 0 ||
    next === DOUBLE_QUOTE ||
    next === BACKSLASH ||
    next === DOLLAR ||
    next === BACKQUOTE
  );
}
