// The smallest parts of HTTP's grammar (RFC 9110 section 5.6). Pure.

import { BACKSLASH, DIGIT_0, DOUBLE_QUOTE, HASH, SPACE, TAB } from "../system/ascii";
import { byteOf, isDigit, toLower } from "../system/bytes";
import { ptr } from "../system/host";

const DELETE: u8 = 127;
/** What a token may have besides letters and digits (RFC 9110 section 5.6.2). */
const TOKEN_MARKS: string = "!#$%&'*+-.^_`|~";
/** The same of a host with its port: unreserved, sub-delims, "%", ":" and brackets (RFC 3986 section 3.2). */
const HOST_MARKS: string = "-._~!$&'()*+,;=%:[]";

export function isToken(at: ptr, length: i32): bool {
  return length > 0 && isMadeOf(at, length, TOKEN_MARKS);
}

/** True for what a Host header may say: nothing, or bytes of a host and a port (RFC 9110 section 7.2). */
export function isHost(at: ptr, length: i32): bool {
  return isMadeOf(at, length, HOST_MARKS);
}

/** True for a byte that may stand in a line: in a field's value, tabs and bytes above ASCII included (section 5.5). */
export function isText(byte: u8): bool {
  return (byte >= SPACE && byte !== DELETE) || byte === TAB;
}

/** True for a byte that may stand in a request's target: visible ASCII, "#" and what it begins excluded. */
export function isTargetByte(byte: u8): bool {
  return byte > SPACE && byte < DELETE && byte !== HASH;
}

export function isSpace(byte: u8): bool {
  return byte === SPACE || byte === TAB;
}

/** The first byte in the range that is no space, `end` if there is none. */
export function skipSpaces(at: ptr, end: ptr): ptr {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}

/** The end of the range without the spaces before it. */
export function trimSpaces(at: ptr, end: ptr): ptr {
  while (end > at && isSpace(load<u8>(end - 1))) end--;
  return end;
}

/** The first `separator` in the range that is not in a quoted string (section 5.6.4), `end` if there is none. */
export function findSeparator(at: ptr, end: ptr, separator: u8): ptr {
  let quoted = false;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte === DOUBLE_QUOTE) quoted = !quoted;
    else if (quoted && byte === BACKSLASH) at++;
    else if (!quoted && byte === separator) return at;
  }
  return end;
}

export const NO_LENGTH: i32 = -1;
export const ZERO_LENGTH: i32 = 0;
export const SOME_LENGTH: i32 = 1;

/** What a Content-Length says: one of the three above. Digits without limit (RFC 9110 section 8.6), no list. */
export function readContentLength(at: ptr, length: i32): i32 {
  let found = length > 0 ? ZERO_LENGTH : NO_LENGTH;
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (!isDigit(byte)) return NO_LENGTH;
    if (byte !== DIGIT_0) found = SOME_LENGTH;
  }
  return found;
}

function isMadeOf(at: ptr, length: i32, marks: string): bool {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    const letter = toLower(byte);
    if (!isDigit(byte) && !(letter >= 97 && letter <= 122) && !hasByte(marks, byte)) return false;
  }
  return true;
}

function hasByte(text: string, byte: u8): bool {
  for (let i = 0; i < text.length; i++) if (byteOf(text, i) === byte) return true;
  return false;
}
