// DNS queries and responses (RFC 1035 section 4). Pure.
//
//   header, 12 bytes: id u16 | flags u16 | questions u16 | answers u16 | authority u16 | additional u16
//   question: name, type u16, class u16       answer: name, type u16, class u16, ttl u32, length u16, data

import { DOT } from "../system/ascii";
import { toLower } from "../system/bytes";
import { ptr } from "../system/host";
import { AF_INET, AF_INET6 } from "../system/linux";
import { AddressList } from "./address-list";
import { IPV4_SIZE, IPV6_SIZE } from "./ip-address";

export const TYPE_A: u16 = 1;
export const TYPE_AAAA: u16 = 28;
const CLASS_IN: u16 = 1;

const HEADER: i32 = 12;
const LABEL_LIMIT: i32 = 63;
/** The longest name on the wire is 255 bytes, which leaves 253 for its text (RFC 1035 section 2.3.4). */
const NAME_LIMIT: i32 = 253;
export const QUERY_SIZE: i32 = HEADER + NAME_LIMIT + 2 + 4;
/** Without EDNS a response over UDP has at most 512 bytes; servers that send more are read up to here. */
export const RESPONSE_SIZE: i32 = 4096;

const RECURSION_DESIRED: u16 = 0x0100;
/** QR and the opcode: a response to a standard query. */
const KIND_MASK: u16 = 0xf800;
const KIND_RESPONSE: u16 = 0x8000;
const POINTER: u8 = 0xc0;

export const RCODE_OK: i32 = 0;
export const RCODE_NO_NAME: i32 = 3;

/**
 * Writes a query for `name` (a final dot is allowed) to `to` (QUERY_SIZE bytes); gives its length, -1 if the name
 * has an empty label, one over 63 bytes, or is over 253 bytes long.
 */
export function encodeQuery(to: ptr, id: u16, name: ptr, length: i32, type: u16): i32 {
  const end = length > 0 && load<u8>(name + length - 1) === DOT ? length - 1 : length;
  if (end < 1 || end > NAME_LIMIT) return -1;
  memory.fill(to, 0, HEADER);
  write16(to, id);
  write16(to + 2, RECURSION_DESIRED);
  write16(to + 4, 1);
  let label = to + HEADER;
  let labelLength = 0;
  for (let i = 0; i < end; i++) {
    const byte = load<u8>(name + i);
    if (byte !== DOT) {
      if (++labelLength > LABEL_LIMIT) return -1;
      store<u8>(label + labelLength, byte);
      continue;
    }
    if (labelLength === 0) return -1;
    store<u8>(label, <u8>labelLength);
    label += labelLength + 1;
    labelLength = 0;
  }
  if (labelLength === 0) return -1;
  store<u8>(label, <u8>labelLength);
  label += labelLength + 1;
  store<u8>(label, 0);
  write16(label + 1, type);
  write16(label + 3, CLASS_IN);
  return <i32>(label + 5 - to);
}

/**
 * Adds the addresses that the response at `at` gives to `query`. The response code (0–15), or -1 if this is no
 * response to that query. A cut response (TC bit, or answers that end early) gives what is there.
 */
export function readResponse(
  at: ptr,
  length: i32,
  query: ptr,
  queryLength: i32,
  addresses: AddressList,
): i32 {
  if (length < queryLength || read16(at) !== read16(query)) return -1;
  const flags = read16(at + 2);
  if ((flags & KIND_MASK) !== KIND_RESPONSE || read16(at + 4) !== 1) return -1;
  if (!sameQuestion(at, query, queryLength)) return -1;
  const type = read16(query + queryLength - 4);
  let offset = queryLength;
  for (let left: i32 = read16(at + 6); left > 0; left--) {
    offset = skipName(at, length, offset);
    if (offset < 0 || offset + 10 > length) break;
    const record = at + offset;
    const data = offset + 10;
    const dataLength: i32 = read16(record + 8);
    if (data + dataLength > length) break;
    if (read16(record) === type && read16(record + 2) === CLASS_IN) {
      if (type === TYPE_A && dataLength === IPV4_SIZE) addresses.add(AF_INET, at + data, 0);
      if (type === TYPE_AAAA && dataLength === IPV6_SIZE) addresses.add(AF_INET6, at + data, 0);
    }
    offset = data + dataLength;
  }
  return flags & 15;
}

/** Names are compared without regard to case: some servers change it. */
function sameQuestion(at: ptr, query: ptr, queryLength: i32): bool {
  for (let i = HEADER; i < queryLength; i++) {
    if (toLower(load<u8>(at + i)) !== toLower(load<u8>(query + i))) return false;
  }
  return true;
}

/** The offset after the name at `offset`, -1 if it does not end. A compression pointer is never followed. */
function skipName(at: ptr, length: i32, offset: i32): i32 {
  let next = offset;
  while (next < length) {
    const label = load<u8>(at + next);
    if (label === 0) return next + 1;
    if ((label & POINTER) === POINTER) return next + 2;
    if ((label & POINTER) !== 0) return -1;
    next += label + 1;
  }
  return -1;
}

function read16(at: ptr): u16 {
  return bswap<u16>(load<u16>(at));
}

function write16(at: ptr, value: u16): void {
  store<u16>(at, bswap<u16>(value));
}
