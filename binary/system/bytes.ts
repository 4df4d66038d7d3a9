// Byte ranges in linear memory, given as `ptr, length`, and texts: string literals of ASCII, which
// live in static memory as UTF-16 and are narrowed here. Nothing allocates.

import { DASH, DIGIT_0 } from "./ascii";
import { ptr } from "./host";

/** The `index`th character of `text` as a byte. */
export function byteOf(text: string, index: i32): u8 {
  return load<u8>(changetype<usize>(text) + ((<usize>index) << 1));
}

/** Copies `text` to `to` without a NUL; gives its length in bytes. */
export function copyText(to: ptr, text: string): i32 {
  const length = text.length;
  for (let i = 0; i < length; i++) store<u8>(to + i, byteOf(text, i));
  return length;
}

export function equals(at: ptr, length: i32, text: string): bool {
  return length === text.length && startsWith(at, length, text);
}

export function startsWith(at: ptr, length: i32, text: string): bool {
  if (length < text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (load<u8>(at + i) !== byteOf(text, i)) return false;
  }
  return true;
}

/** As `equals`; ASCII letters of either case match. `text` must be lower case. */
export function equalsIgnoringCase(at: ptr, length: i32, text: string): bool {
  if (length !== text.length) return false;
  for (let i = 0; i < length; i++) {
    if (toLower(load<u8>(at + i)) !== byteOf(text, i)) return false;
  }
  return true;
}

export function sameBytes(left: ptr, right: ptr, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (load<u8>(left + i) !== load<u8>(right + i)) return false;
  }
  return true;
}

/** Offset of the first `byte` in the range, -1 if it has none. */
export function indexOf(at: ptr, length: i32, byte: u8): i32 {
  for (let i = 0; i < length; i++) {
    if (load<u8>(at + i) === byte) return i;
  }
  return -1;
}

export function toLower(byte: u8): u8 {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

export function isDigit(byte: u8): bool {
  return byte >= 48 && byte <= 57;
}

/** The value of a range that is 1 to 18 decimal digits and nothing else, -1 for any other. */
export function parseDecimal(at: ptr, length: i32): i64 {
  if (length < 1 || length > 18) return -1;
  let value: i64 = 0;
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - DIGIT_0);
  }
  return value;
}

/** Writes `value` in decimal at `to` (room for 20 bytes); gives the length. */
export function formatDecimal(to: ptr, value: i64): i32 {
  let rest: u64 = value < 0 ? -value : value;
  let length = value < 0 ? 1 : 0;
  for (let more: u64 = rest; ; more /= 10) {
    length++;
    if (more < 10) break;
  }
  for (let i = length - 1; ; i--) {
    store<u8>(to + i, DIGIT_0 + <u8>(rest % 10));
    rest /= 10;
    if (rest === 0) break;
  }
  if (value < 0) store<u8>(to, DASH);
  return length;
}
