// Where the endpoint listens, as --listen and KNELL_LISTEN say it. Pure.

import { SOCKET_PATH_SIZE } from "../net/connection";
import { IPV4_SIZE, IPV6_SIZE, parseIpv4, parseIpv6 } from "../net/ip-address";
import { Target } from "../net/target";
import { CLOSE_BRACKET, COLON, OPEN_BRACKET, SLASH, STAR } from "../system/ascii";
import { copyText, equals, indexOf, parseDecimal, startsWith } from "../system/bytes";
import { ptr } from "../system/host";
import { AF_INET, AF_INET6, AF_UNIX } from "../system/linux";
import { Text } from "../system/text";
import { Writer } from "../system/writer";

const UNIX: string = "unix:";
const LOOPBACK: string = "127.0.0.1";
const LOCALHOST: string = "localhost";
const ALLOWED: string =
  "[ADDRESS]:PORT, such as :8086, 127.0.0.1:8086 or [::1]:8086, or unix:/PATH";

/** "unix:" and a path, the longest form. */
const TEXT_SIZE: i32 = 5 + SOCKET_PATH_SIZE;
// Where an address keeps its bytes: as written | path | IP address
const PATH: i32 = TEXT_SIZE;
const IP: i32 = PATH + SOCKET_PATH_SIZE;
export const LISTEN_ADDRESS_SIZE: i32 = IP + IPV6_SIZE;

/** The longest that `sockaddr` writes: a struct sockaddr_un. */
export const LISTEN_SOCKADDR_SIZE: i32 = 2 + SOCKET_PATH_SIZE + 1;

export class ListenAddress {
  /** What is allowed, in words for a message, after `parse` gave false. */
  error: string = "";
  /** AF_INET, AF_INET6 or AF_UNIX; 0 before `parse` gave true. */
  family: i32 = 0;
  /** True for every address of both IPv4 and IPv6: IPV6_V6ONLY is to be off. */
  isDualStack: bool = false;
  port: i32 = 0;
  /** Of the unix socket; else empty. */
  path: Text;

  private text: Text;
  private ip: ptr;

  /** `bytes` has room for LISTEN_ADDRESS_SIZE bytes. */
  constructor(bytes: ptr) {
    this.text = new Text(bytes, TEXT_SIZE);
    this.path = new Text(bytes + PATH, SOCKET_PATH_SIZE);
    this.ip = bytes + IP;
  }

  /** Takes ":8086", "8086", "*:8086", "127.0.0.1:8086", "[::]:8086", "localhost:8086" or "unix:/path". */
  parse(at: ptr, length: i32): bool {
    this.error = "";
    this.family = 0;
    this.isDualStack = false;
    this.port = 0;
    this.path.clear();
    memory.fill(this.ip, 0, IPV6_SIZE);
    const isTaken = startsWith(at, length, UNIX)
      ? this.takePath(at + UNIX.length, length - UNIX.length)
      : this.takeHost(at, length);
    if (isTaken && this.text.set(at, length)) return true;
    this.family = 0;
    this.error = ALLOWED;
    return false;
  }

  /** Takes the wildcard of IPv4 in place of that of both. */
  useIpv4(): void {
    this.family = AF_INET;
    this.isDualStack = false;
  }

  /** Writes the struct sockaddr for bind(2) to `to` (LISTEN_SOCKADDR_SIZE bytes); gives its length. */
  sockaddr(to: ptr): i32 {
    memory.fill(to, 0, LISTEN_SOCKADDR_SIZE);
    store<u16>(to, <u16>this.family);
    if (this.family === AF_UNIX) {
      memory.copy(to + 2, this.path.at, this.path.length);
      return 2 + this.path.length + 1;
    }
    store<u16>(to + 2, bswap<u16>(<u16>this.port));
    if (this.family === AF_INET) {
      memory.copy(to + 4, this.ip, IPV4_SIZE);
      return 16;
    }
    memory.copy(to + 8, this.ip, IPV6_SIZE);
    return 28;
  }

  /** Appends it as it was written. */
  write(to: Writer): void {
    to.escaped(this.text.at, this.text.length);
  }

  /** Makes `target` a way to reach it from the same container. */
  setTarget(target: Target): void {
    target.socket.clear();
    target.family = 0;
    target.port = this.port;
    if (this.family === AF_UNIX) {
      target.socket.set(this.path.at, this.path.length);
    } else if (this.isWildcard()) {
      target.host.length = copyText(target.host.at, LOOPBACK);
    } else {
      const text = this.text;
      const colon = lastColon(text.at, text.length);
      const isBracketed = load<u8>(text.at) === OPEN_BRACKET;
      const edge = isBracketed ? 1 : 0;
      target.host.set(text.at + edge, colon - edge - edge);
      if (equals(text.at, colon, LOCALHOST))
        target.host.length = copyText(target.host.at, LOOPBACK);
    }
  }

  /** A dual-stack socket takes IPv4 too, so 127.0.0.1 reaches every wildcard. */
  private isWildcard(): bool {
    return load<u64>(this.ip) === 0 && load<u64>(this.ip + 8) === 0;
  }

  private takePath(at: ptr, length: i32): bool {
    this.family = AF_UNIX;
    if (length < 2 || load<u8>(at) !== SLASH || indexOf(at, length, 0) >= 0) return false;
    return this.path.set(at, length);
  }

  private takeHost(at: ptr, length: i32): bool {
    const colon = lastColon(at, length);
    const port = parseDecimal(at + colon + 1, length - colon - 1);
    if (port < 1 || port > 65_535) return false;
    this.port = <i32>port;
    return this.takeAddress(at, max(colon, 0));
  }

  private takeAddress(at: ptr, length: i32): bool {
    if (length === 0 || (length === 1 && load<u8>(at) === STAR)) {
      this.family = AF_INET6;
      this.isDualStack = true;
      return true;
    }
    if (load<u8>(at) === OPEN_BRACKET) {
      this.family = AF_INET6;
      if (load<u8>(at + length - 1) !== CLOSE_BRACKET) return false;
      if (!parseIpv6(at + 1, length - 2, this.ip)) return false;
      this.isDualStack = this.isWildcard();
      return true;
    }
    this.family = AF_INET;
    if (!equals(at, length, LOCALHOST)) return parseIpv4(at, length, this.ip);
    store<u8>(this.ip, 127);
    store<u8>(this.ip + 3, 1);
    return true;
  }
}

/** Where the last colon is, -1 if there is none. */
function lastColon(at: ptr, length: i32): i32 {
  let colon = length - 1;
  while (colon >= 0 && load<u8>(at + colon) !== COLON) colon--;
  return colon;
}
