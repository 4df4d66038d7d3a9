// -H 'Name: value' as curl(1) reads it: 'Name:' removes a default header, 'Name;' sends one without value. No message
// repeats the text, which may hold a secret.

import { COLON, CR, DASH, LF, SEMICOLON, SPACE, TAB } from "../system/ascii";
import { byteOf, equalsIgnoringCase, indexOf, isDigit, toLower } from "../system/bytes";
import { argv_scrub, ptr } from "../system/host";
import { options } from "../system/options";
import { Text } from "../system/text";
import { HttpOptions } from "./options";
import { ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, USER_AGENT } from "./request";

/** All header lines together. */
export const HEADERS_SIZE: i32 = 4096;
const LIMIT: i32 = 16;
const DELETE: u8 = 127;
/** What RFC 9110 section 5.6.2 allows in a name beside letters, digits and "-". */
const NAME_BYTES: string = "!#$%&'*+.^_`|~";

export function takeHeader(to: HttpOptions): void {
  if (!options.value()) return;
  const at = options.valueAt;
  const length = options.valueLength;
  argv_scrub(options.valueIndex, options.valueOffset);
  const colon = indexOf(at, length, COLON);
  const isEmpty = colon < 0 && length > 1 && load<u8>(at + length - 1) === SEMICOLON;
  const name = isEmpty ? length - 1 : colon;
  if (!isToken(at, name) || !isValue(at + name + 1, length - name - 1)) {
    options.complain().text(': bad header; use "Name: value"').end();
    return;
  }
  let from = name + 1;
  let end = length;
  while (from < end && isBlank(load<u8>(at + from))) from++;
  while (end > from && isBlank(load<u8>(at + end - 1))) end--;
  const known = defaultHeader(at, name);
  to.replaced |= known;
  if (known === HOST) {
    if (!to.hostHeader.set(at + from, end - from))
      options.complain().text(": the value of Host is longer than 256 bytes").end();
    return;
  }
  if (end === from && !isEmpty) return;
  to.headerCount++;
  const fits = add(to.headers, at, name, at + from, end - from);
  if (!fits || to.headerCount > LIMIT)
    options.complain().text(": too much; use at most 16 headers and 4096 bytes").end();
}

/** Appends "Name: value" and a line end; false if there is no room. */
function add(to: Text, name: ptr, nameLength: i32, value: ptr, length: i32): bool {
  if (to.length + nameLength + length + 4 > to.size) return false;
  let at = to.at + to.length;
  memory.copy(at, name, nameLength);
  at += nameLength;
  store<u8>(at, COLON);
  store<u8>(at + 1, SPACE);
  memory.copy(at + 2, value, length);
  store<u8>(at + 2 + length, CR);
  store<u8>(at + 3 + length, LF);
  to.length += nameLength + length + 4;
  return true;
}

/** The default header of that name, 0 for any other. */
function defaultHeader(at: ptr, length: i32): i32 {
  if (equalsIgnoringCase(at, length, "host")) return HOST;
  if (equalsIgnoringCase(at, length, "user-agent")) return USER_AGENT;
  if (equalsIgnoringCase(at, length, "accept")) return ACCEPT;
  if (equalsIgnoringCase(at, length, "connection")) return CONNECTION;
  return equalsIgnoringCase(at, length, "content-length") ? CONTENT_LENGTH : 0;
}

/** True for one byte or more that a header name or a method may have. */
export function isToken(at: ptr, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    const lower = toLower(byte);
    if ((lower < 97 || lower > 122) && !isDigit(byte) && byte !== DASH && !isNameByte(byte))
      return false;
  }
  return length > 0;
}

function isNameByte(byte: u8): bool {
  for (let i = 0; i < NAME_BYTES.length; i++) {
    if (byteOf(NAME_BYTES, i) === byte) return true;
  }
  return false;
}

function isValue(at: ptr, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if ((byte < SPACE && byte !== TAB) || byte === DELETE) return false;
  }
  return true;
}

function isBlank(byte: u8): bool {
  return byte === SPACE || byte === TAB;
}
