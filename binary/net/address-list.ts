// The addresses of one name, in the order in which they are tried.

import { DOT } from "../system/ascii";
import { buffer } from "../system/buffers";
import { equalsIgnoringCase, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { AF_INET, AF_INET6 } from "../system/linux";
import { IPV4_SIZE, IPV6_SIZE, lengthWithoutZone, parseIpv4, parseIpv6 } from "./ip-address";

/** Addresses kept for one name; more are dropped. */
export const LIST_LIMIT: i32 = 16;

// entry: family u32 | zone u32 | 16 bytes of address (4 for IPv4)
const ZONE: usize = 4;
const BYTES: usize = 8;
const ENTRY: i32 = 24;
/** Room for LIST_LIMIT entries. */
export const LIST_SIZE: i32 = LIST_LIMIT * ENTRY;

/** A struct sockaddr_in6, the longer of the two. */
export const SOCKADDR_SIZE: i32 = 28;

/** 127.0.0.1, and the second half of ::1, as they lie in memory. */
const LOOPBACK_4: u32 = 0x0100007f;
const LAST_BYTE_1: u64 = 0x0100000000000000;
const LOCALHOST: string = "localhost";
const PARSED: ptr = buffer(16);

export class AddressList {
  count: i32 = 0;
  private ipv4Count: i32 = 0;

  /** `entries` has room for LIST_SIZE bytes. With `ipv4First` IPv6 goes behind IPv4, else the order is kept. */
  constructor(
    private readonly entries: ptr,
    private readonly ipv4First: bool,
  ) {}

  clear(): void {
    this.count = 0;
    this.ipv4Count = 0;
  }

  /** Adds the 4 or 16 bytes at `address`. */
  add(family: i32, address: ptr, zone: u32): void {
    if (this.count === LIST_LIMIT) return;
    const index = family === AF_INET && this.ipv4First ? this.ipv4Count++ : this.count;
    const entry = this.entry(index);
    memory.copy(entry + ENTRY, entry, (this.count - index) * ENTRY);
    this.count++;
    store<i32>(entry, family);
    store<u32>(entry + ZONE, zone);
    memory.copy(entry + BYTES, address, family === AF_INET ? IPV4_SIZE : IPV6_SIZE);
  }

  /** Adds a literal address if `family` (0 for any) allows it; false if the text is none. */
  addLiteral(at: ptr, length: i32, family: i32): bool {
    if (parseIpv4(at, length, PARSED)) {
      if (family !== AF_INET6) this.add(AF_INET, PARSED, 0);
      return true;
    }
    const bare = lengthWithoutZone(at, length);
    if (!parseIpv6(at, bare, PARSED)) return false;
    const zone = bare < length ? parseDecimal(at + bare + 1, length - bare - 1) : 0;
    if (zone < 0 || zone > <i64>u32.MAX_VALUE) return false;
    if (family !== AF_INET) this.add(AF_INET6, PARSED, <u32>zone);
    return true;
  }

  /** Adds 127.0.0.1 and ::1, as far as `family` (0 for any) allows. */
  addLoopback(family: i32): void {
    store<u64>(PARSED, 0);
    store<u64>(PARSED + 8, LAST_BYTE_1);
    if (family !== AF_INET) this.add(AF_INET6, PARSED, 0);
    store<u32>(PARSED, LOOPBACK_4);
    if (family !== AF_INET6) this.add(AF_INET, PARSED, 0);
  }

  familyOf(index: i32): i32 {
    return load<i32>(this.entry(index));
  }

  /** Writes entry `index` with `port` as a struct sockaddr (SOCKADDR_SIZE bytes) to `to`; gives its length. */
  sockaddr(index: i32, port: i32, to: ptr): i32 {
    const entry = this.entry(index);
    const family = load<i32>(entry);
    memory.fill(to, 0, SOCKADDR_SIZE);
    store<u16>(to, <u16>family);
    store<u16>(to + 2, bswap<u16>(<u16>port));
    if (family === AF_INET) {
      memory.copy(to + 4, entry + BYTES, IPV4_SIZE);
      return 16;
    }
    memory.copy(to + 8, entry + BYTES, IPV6_SIZE);
    store<u32>(to + 24, load<u32>(entry + ZONE));
    return SOCKADDR_SIZE;
  }

  private entry(index: i32): ptr {
    return this.entries + index * ENTRY;
  }
}

/** True for 127.0.0.0/8, ::1 and "localhost": an address that means another machine to everybody else. */
export function isLoopback(at: ptr, length: i32): bool {
  if (parseIpv4(at, length, PARSED)) return load<u8>(PARSED) === 127;
  if (parseIpv6(at, length, PARSED))
    return load<u64>(PARSED) === 0 && load<u64>(PARSED + 8) === LAST_BYTE_1;
  return isLocalhost(at, length);
}

/** "localhost", and every name below it (RFC 6761 section 6.3). */
export function isLocalhost(at: ptr, length: i32): bool {
  const start = length - LOCALHOST.length;
  if (start < 0 || !equalsIgnoringCase(at + start, LOCALHOST.length, LOCALHOST)) return false;
  return start === 0 || load<u8>(at + start - 1) === DOT;
}
