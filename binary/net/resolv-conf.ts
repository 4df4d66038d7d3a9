// resolv.conf(5): which name servers to ask, and for what. Pure.

import { COLON } from "../system/ascii";
import { buffer } from "../system/buffers";
import { equals, parseDecimal, startsWith } from "../system/bytes";
import { SECOND } from "../system/clock";
import { ptr } from "../system/host";
import { AF_INET } from "../system/linux";
import { AddressList, LIST_SIZE } from "./address-list";
import { Words } from "./words";

/** As in the C library (MAXNS); more are ignored. */
const SERVER_LIMIT: i32 = 3;
const SEARCH_LIMIT: i32 = 16;
const NDOTS_LIMIT: i64 = 15;
const TIMEOUT_LIMIT: i64 = 30;
const ATTEMPTS_LIMIT: i64 = 5;

const ENTRIES: ptr = buffer(LIST_SIZE);
/** Search domains as pairs { address: u32, length: i32 } into the text. */
const SEARCH: ptr = buffer(SEARCH_LIMIT * 8);

const words = new Words();

class ResolvConf {
  servers: AddressList = new AddressList(ENTRIES, false);
  searchCount: i32 = 0;
  /** Names with at least this many dots are tried as they are before the search domains. */
  ndots: i32 = 1;
  /** How long one server is waited for, and how often each is asked. */
  timeout: i64 = 5 * SECOND;
  attempts: i32 = 2;

  /** Reads the text, which must stay in place. Empty: the server on this machine, as in the C library. */
  parse(text: ptr, length: i32): void {
    this.servers.clear();
    this.searchCount = 0;
    this.ndots = 1;
    this.timeout = 5 * SECOND;
    this.attempts = 2;
    words.start(text, length);
    while (words.nextLine()) {
      if (words.next()) this.line();
    }
    if (this.servers.count === 0) this.servers.addLoopback(AF_INET);
  }

  searchAt(index: i32): ptr {
    return load<u32>(SEARCH + (index << 3));
  }

  searchLength(index: i32): i32 {
    return load<i32>(SEARCH + (index << 3) + 4);
  }

  private line(): void {
    if (equals(words.at, words.length, "nameserver")) {
      if (words.next() && this.servers.count < SERVER_LIMIT)
        this.servers.addLiteral(words.at, words.length, 0);
    } else if (
      equals(words.at, words.length, "search") ||
      equals(words.at, words.length, "domain")
    ) {
      this.searchCount = 0;
      while (words.next() && this.searchCount < SEARCH_LIMIT) {
        store<u32>(SEARCH + (this.searchCount << 3), <u32>words.at);
        store<i32>(SEARCH + (this.searchCount++ << 3) + 4, words.length);
      }
    } else if (equals(words.at, words.length, "options")) {
      while (words.next()) this.option();
    }
  }

  private option(): void {
    const ndots = optionValue("ndots", NDOTS_LIMIT);
    if (ndots >= 0) this.ndots = <i32>ndots;
    const timeout = optionValue("timeout", TIMEOUT_LIMIT);
    if (timeout > 0) this.timeout = timeout * SECOND;
    const attempts = optionValue("attempts", ATTEMPTS_LIMIT);
    if (attempts > 0) this.attempts = <i32>attempts;
  }
}

/** The number of "name:number" in the current word, at most `limit`; -1 if it is another option. */
function optionValue(name: string, limit: i64): i64 {
  const start = name.length + 1;
  if (!startsWith(words.at, words.length, name) || words.length <= start) return -1;
  if (load<u8>(words.at + name.length) !== COLON) return -1;
  const value = parseDecimal(words.at + start, words.length - start);
  return min(value, limit);
}

export const resolvConf = new ResolvConf();
