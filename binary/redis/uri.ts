// scheme://[[user:]password@][host[:port]][/[db]][?db=n] and unix://[…@]/path[?db=n] (R110–R123). Pure.

import { hexDigit } from "../net/ip-address";
import {
  AT_SIGN,
  CLOSE_BRACKET,
  COLON,
  EQUALS_SIGN,
  HASH,
  OPEN_BRACKET,
  PERCENT,
  QUESTION_MARK,
  SLASH,
} from "../system/ascii";
import { equals, equalsIgnoringCase, indexOf, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { Part } from "../system/text";

const AMPERSAND: u8 = 38;
const LAST_PORT: i64 = 65_535;
const LAST_DB: i64 = i32.MAX_VALUE;

export class Uri {
  /** What is wrong, in words for a message; "" if nothing is. */
  error: string = "";
  tls: bool = false;
  user: Part = new Part();
  password: Part = new Part();
  host: Part = new Part();
  /** The path of a unix socket. */
  socket: Part = new Part();
  /** 1–65535, 0 when it is not given. */
  port: i32 = 0;
  /** Where user and password stand in the text, 0 long when there are none. */
  secretOffset: i32 = 0;
  secretLength: i32 = 0;
  /** True if a later "@" than the first ends the password (R115). */
  hasLaterAt: bool = false;
  /** True if the query has a name that is not known (R118). */
  hasOtherQuery: bool = false;

  /** Reads the text and decodes its parts in place. False, and `error` is set, if it is no such URI. */
  parse(at: ptr, length: i32): bool {
    this.clear();
    const scheme = schemeLength(at, length);
    const isUnix = isUnixScheme(at, scheme);
    this.tls =
      equalsIgnoringCase(at, scheme, "rediss") || equalsIgnoringCase(at, scheme, "valkeys");
    const isTcp =
      equalsIgnoringCase(at, scheme, "redis") || equalsIgnoringCase(at, scheme, "valkey");
    if (!isUnix && !isTcp && !this.tls)
      return this.fail("a scheme redis://, rediss://, valkey://, valkeys:// or unix://");
    const start = scheme + 3;
    const rest = start + this.takeSecret(at + start, length - start, start, isUnix);
    if (indexOf(at + rest, length - rest, HASH) >= 0)
      return this.fail("no fragment; write # as %23");
    const query = indexOf(at + rest, length - rest, QUESTION_MARK);
    const end = query < 0 ? length : rest + query;
    if (query >= 0 && !this.takeQuery(at + end + 1, length - end - 1)) return false;
    const target = isUnix
      ? this.takePath(at + rest, end - rest)
      : this.takeServer(at + rest, end - rest);
    return target && this.decode(this.user) && this.decode(this.password);
  }

  private clear(): void {
    this.error = "";
    this.user.length = 0;
    this.password.length = 0;
    this.host.length = 0;
    this.socket.length = 0;
    this.port = 0;
    this.secretLength = 0;
    this.hasLaterAt = false;
    this.hasOtherQuery = false;
  }

  /** Reads "user:password@"; gives its length. In a unix URI it ends before the path. */
  private takeSecret(at: ptr, length: i32, offset: i32, isUnix: bool): i32 {
    const slash = indexOf(at, length, SLASH);
    let end = indexOf(at, isUnix && slash >= 0 ? slash : length, AT_SIGN);
    if (end < 0) return 0;
    for (;;) {
      const next = indexOf(at + end + 1, length - end - 1, AT_SIGN);
      const stop = indexOf(at + end + 1, length - end - 1, SLASH);
      if (next < 0 || (stop >= 0 && stop < next)) break;
      end += 1 + next;
      this.hasLaterAt = true;
    }
    this.secretOffset = offset;
    this.secretLength = end;
    const colon = indexOf(at, end, COLON);
    if (colon > 0) this.user.set(at, colon);
    this.password.set(at + colon + 1, end - colon - 1);
    return end + 1;
  }

  private takePath(at: ptr, length: i32): bool {
    if (length < 2 || load<u8>(at) !== SLASH) return this.fail("an absolute path after unix://");
    this.socket.set(at, length);
    if (!this.decode(this.socket)) return false;
    return indexOf(at, this.socket.length, 0) < 0 || this.fail("a path without %00");
  }

  /** Reads "host:port/db". */
  private takeServer(at: ptr, length: i32): bool {
    const slash = indexOf(at, length, SLASH);
    const end = slash < 0 ? length : slash;
    if (slash >= 0 && slash + 1 < length && !this.takeDatabase(at + slash + 1, length - slash - 1))
      return false;
    let hostEnd = indexOf(at, end, COLON);
    if (end > 0 && load<u8>(at) === OPEN_BRACKET) {
      const close = indexOf(at, end, CLOSE_BRACKET);
      if (close < 2) return this.fail("an IPv6 address as in [::1]");
      this.host.set(at + 1, close - 1);
      hostEnd = close + 1;
      if (hostEnd < end && load<u8>(at + hostEnd) !== COLON) return this.fail("a port after the ]");
    } else {
      this.host.set(at, hostEnd < 0 ? end : hostEnd);
    }
    if (hostEnd < 0 || hostEnd === end) return true;
    const port = parseDecimal(at + hostEnd + 1, end - hostEnd - 1);
    if (port < 1 || port > LAST_PORT) return this.fail("a port from 1 to 65535");
    this.port = <i32>port;
    return true;
  }

  /** Reads "db=1&other=x". */
  private takeQuery(at: ptr, length: i32): bool {
    for (let from = 0; from < length; ) {
      const rest = indexOf(at + from, length - from, AMPERSAND);
      const end = rest < 0 ? length : from + rest;
      const sign = indexOf(at + from, end - from, EQUALS_SIGN);
      const name = sign < 0 ? end - from : sign;
      if (equals(at + from, name, "db") || equals(at + from, name, "database")) {
        const value = min(from + name + 1, end);
        if (!this.takeDatabase(at + value, end - value)) return false;
      } else if (end > from) {
        this.hasOtherQuery = true;
      }
      from = end + 1;
    }
    return true;
  }

  /** A database number is checked and not kept: PING does not depend on it (R83). */
  private takeDatabase(at: ptr, length: i32): bool {
    const db = parseDecimal(at, length);
    return (db >= 0 && db <= LAST_DB) || this.fail("a database number");
  }

  /** Replaces %XX in place. */
  private decode(part: Part): bool {
    let to = 0;
    for (let from = 0; from < part.length; from++) {
      let byte = load<u8>(part.at + from);
      if (byte === PERCENT) {
        if (from + 2 >= part.length) return this.fail("two hexadecimal digits after each %");
        const high = hexDigit(load<u8>(part.at + from + 1));
        const low = hexDigit(load<u8>(part.at + from + 2));
        if (high < 0 || low < 0) return this.fail("two hexadecimal digits after each %");
        byte = <u8>((high << 4) | low);
        from += 2;
      }
      store<u8>(part.at + to++, byte);
    }
    part.length = to;
    return true;
  }

  private fail(allowed: string): bool {
    this.error = allowed;
    return false;
  }
}

function schemeLength(at: ptr, length: i32): i32 {
  const colon = indexOf(at, length, COLON);
  if (colon < 0 || colon + 2 >= length) return 0;
  return load<u8>(at + colon + 1) === SLASH && load<u8>(at + colon + 2) === SLASH ? colon : 0;
}

function isUnixScheme(at: ptr, length: i32): bool {
  return (
    equalsIgnoringCase(at, length, "unix") ||
    equalsIgnoringCase(at, length, "redis+socket") ||
    equalsIgnoringCase(at, length, "redis-socket")
  );
}
