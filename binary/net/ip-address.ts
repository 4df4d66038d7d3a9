// IP addresses in their text form. Pure.

import { COLON, DOT, PERCENT } from "../system/ascii";
import { indexOf, isDigit, parseDecimal, toLower } from "../system/bytes";
import { ptr } from "../system/host";

export const IPV4_SIZE: i32 = 4;
export const IPV6_SIZE: i32 = 16;
const GROUPS: i32 = 8;

/** Writes "192.0.2.1" as 4 bytes to `to`; false for anything but four decimal numbers up to 255. */
export function parseIpv4(at: ptr, length: i32, to: ptr): bool {
  let from = 0;
  for (let part = 0; part < IPV4_SIZE; part++) {
    const dot = indexOf(at + from, length - from, DOT);
    const end = dot < 0 ? length : from + dot;
    if (dot < 0 !== (part === IPV4_SIZE - 1) || end - from > 3) return false;
    const value = parseDecimal(at + from, end - from);
    if (value < 0 || value > 255) return false;
    store<u8>(to + part, <u8>value);
    from = end + 1;
  }
  return true;
}

/** Length of `at` without a zone such as "%2" (RFC 4007), which only IPv6 addresses have. */
export function lengthWithoutZone(at: ptr, length: i32): i32 {
  const percent = indexOf(at, length, PERCENT);
  return percent < 0 ? length : percent;
}

/**
 * Writes an IPv6 address (RFC 4291 section 2.2: "::" once, a dotted quad at the end allowed) as 16 bytes to `to`;
 * false for anything else.
 */
export function parseIpv6(at: ptr, length: i32, to: ptr): bool {
  let group = 0;
  let gap = -1;
  let from = 0;
  if (length >= 2 && load<u8>(at) === COLON) {
    if (load<u8>(at + 1) !== COLON) return false;
    gap = 0;
    from = 2;
  }
  while (from < length) {
    if (group === GROUPS) return false;
    const colon = indexOf(at + from, length - from, COLON);
    const end = colon < 0 ? length : from + colon;
    if (colon < 0 && group <= GROUPS - 2 && parseIpv4(at + from, end - from, to + (group << 1))) {
      group += 2;
      break;
    }
    const value = parseHexGroup(at + from, end - from);
    if (value < 0) return false;
    store<u16>(to + (group++ << 1), bswap<u16>(<u16>value));
    if (colon < 0) break;
    from = end + 1;
    if (from === length) return false;
    if (load<u8>(at + from) === COLON) {
      if (gap >= 0) return false;
      gap = group;
      from++;
    }
  }
  return gap < 0 ? group === GROUPS : spread(to, gap, group);
}

/** Moves the groups after the "::" to the end and fills the gap with zeros. */
function spread(to: ptr, gap: i32, groups: i32): bool {
  if (groups >= GROUPS) return false;
  const tail = (groups - gap) << 1;
  const middle = (GROUPS - groups) << 1;
  memory.copy(to + IPV6_SIZE - tail, to + (gap << 1), tail);
  memory.fill(to + (gap << 1), 0, middle);
  return true;
}

/** 0 to 65535 from one to four hexadecimal digits, -1 for anything else. */
function parseHexGroup(at: ptr, length: i32): i32 {
  if (length < 1 || length > 4) return -1;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = hexDigit(load<u8>(at + i));
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

/** 0 to 15, -1 if `byte` is no hexadecimal digit. */
export function hexDigit(byte: u8): i32 {
  if (isDigit(byte)) return byte - 48;
  const lower = toLower(byte);
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
