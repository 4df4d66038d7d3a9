// http://host[:port][/path][?query][#fragment], also without its scheme as curl takes it (RFC 3986). Pure.

import { IPV6_SIZE, lengthWithoutZone, parseIpv4, parseIpv6 } from "../net/ip-address";
import {
  AT_SIGN,
  CLOSE_BRACKET,
  COLON,
  DASH,
  DOT,
  HASH,
  OPEN_BRACKET,
  QUESTION_MARK,
  SLASH,
  SPACE,
} from "../system/ascii";
import { buffer } from "../system/buffers";
import { equalsIgnoringCase, indexOf, isDigit, parseDecimal, toLower } from "../system/bytes";
import { HAS_TLS } from "../system/flavour";
import { ptr } from "../system/host";
import { Part } from "../system/text";

export const HTTP_PORT: i32 = 80;
export const HTTPS_PORT: i32 = 443;
const LAST_PORT: i64 = 65_535;
const DELETE: u8 = 127;
const UNDERSCORE: u8 = 95;

const ADDRESS: ptr = buffer(IPV6_SIZE);

export class Url {
  /** What would be right, in words for a message; "" if nothing is wrong. */
  error: string = "";
  /** True for https://, which is no fault of the URL. */
  tls: bool = false;
  /** True if the text before the path holds a name or password: no message may repeat it. */
  hasUserinfo: bool = false;
  /** Without brackets. */
  host: Part = new Part();
  port: i32 = HTTP_PORT;
  private hasPort: bool = false;
  /** Path and query, without fragment; empty, or begins with "/" or "?". */
  path: Part = new Part();

  /** False, and `error` is set, if the text is no such URL. The parts point into the text. */
  parse(at: ptr, length: i32): bool {
    const scheme = schemeLength(at, length);
    if (scheme === 0) return this.parseRest(at, length);
    const start = scheme + 3;
    // The name and password of a URL with another scheme are not to be shown either.
    const isParsed = this.parseRest(at + start, length - start);
    this.tls = equalsIgnoringCase(at, scheme, "https");
    if (HAS_TLS && this.tls && !this.hasPort) this.port = HTTPS_PORT;
    if (this.hasUserinfo || this.tls || equalsIgnoringCase(at, scheme, "http")) return isParsed;
    return this.fail("http://HOST[:PORT][/PATH]");
  }

  /** As `parse`, for what stands behind "http://". */
  parseRest(at: ptr, length: i32): bool {
    this.clear();
    const end = authorityLength(at, length);
    this.hasUserinfo = indexOf(at, end, AT_SIGN) >= 0;
    if (this.hasUserinfo) return this.fail('-H "Authorization: ..." for a name and password');
    if (!isVisible(at, length)) return this.fail("no spaces or control bytes; write them as %20");
    const hash = indexOf(at, length, HASH);
    const pathEnd = hash < 0 ? length : hash;
    this.path.set(at + end, pathEnd - end);
    return this.takeAuthority(at, end);
  }

  private clear(): void {
    this.error = "";
    this.tls = false;
    this.hasUserinfo = false;
    this.host.length = 0;
    this.port = HTTP_PORT;
    this.hasPort = false;
    this.path.length = 0;
  }

  private takeAuthority(at: ptr, length: i32): bool {
    let end = indexOf(at, length, COLON);
    if (length > 0 && load<u8>(at) === OPEN_BRACKET) {
      const close = indexOf(at, length, CLOSE_BRACKET);
      if (close < 0 || !isIpv6(at + 1, close - 1))
        return this.fail("an IPv6 address as in [::1]:8080");
      this.host.set(at + 1, close - 1);
      end = close + 1;
      if (end < length && load<u8>(at + end) !== COLON) return this.fail("a port after the ]");
    } else {
      if (end < 0) end = length;
      if (!isName(at, end)) return this.fail("a host of letters, digits, dots and dashes");
      this.host.set(at, end);
    }
    // RFC 3986 section 3.2.3: an empty port is the default one.
    if (end + 1 >= length) return true;
    const port = parseDecimal(at + end + 1, length - end - 1);
    if (port < 1 || port > LAST_PORT) return this.fail("a port from 1 to 65535");
    this.port = <i32>port;
    this.hasPort = true;
    return true;
  }

  private fail(allowed: string): bool {
    this.error = allowed;
    return false;
  }
}

/** Length of the scheme in front of "://", 0 if there is none. */
export function schemeLength(at: ptr, length: i32): i32 {
  const colon = indexOf(at, authorityLength(at, length), COLON);
  if (colon < 0 || colon + 2 >= length) return 0;
  return load<u8>(at + colon + 1) === SLASH && load<u8>(at + colon + 2) === SLASH ? colon : 0;
}

/** Length of what stands before path, query and fragment. */
function authorityLength(at: ptr, length: i32): i32 {
  let end = 0;
  while (end < length) {
    const byte = load<u8>(at + end);
    if (byte === SLASH || byte === QUESTION_MARK || byte === HASH) break;
    end++;
  }
  return end;
}

/** True if every byte may stand in a request line; bytes above ASCII are sent as %XX. */
export function isVisible(at: ptr, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (byte <= SPACE || byte === DELETE) return false;
  }
  return true;
}

/** True for an IPv4 or IPv6 address without brackets. */
export function isAddress(at: ptr, length: i32): bool {
  return parseIpv4(at, length, ADDRESS) || isIpv6(at, length);
}

function isIpv6(at: ptr, length: i32): bool {
  const bare = lengthWithoutZone(at, length);
  if (!parseIpv6(at, bare, ADDRESS)) return false;
  return bare === length || parseDecimal(at + bare + 1, length - bare - 1) >= 0;
}

function isName(at: ptr, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    const lower = toLower(byte);
    const isLetter = lower >= 97 && lower <= 122;
    if (!isLetter && !isDigit(byte) && byte !== DASH && byte !== DOT && byte !== UNDERSCORE)
      return false;
  }
  return length > 0;
}
