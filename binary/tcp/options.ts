// The command line of `knell tcp`: HOST:PORT, unix:PATH, and what people know from nc(1).

import { TARGET_SIZE, Target } from "../net/target";
import { DEFAULT_TIMEOUT, takeDuration } from "../probe/option-values";
import { readArgument, WORD_SIZE } from "../system/arguments";
import { CLOSE_BRACKET, COLON, OPEN_BRACKET, SLASH } from "../system/ascii";
import { buffer } from "../system/buffers";
import { indexOf, parseDecimal, startsWith } from "../system/bytes";
import { USAGE } from "../system/exit-status";
import { ptr } from "../system/host";
import { AF_INET, AF_INET6 } from "../system/linux";
import { FATAL, say } from "../system/log";
import { options } from "../system/options";

const HELP: string = "knell tcp --help";
const UNIX: string = "unix:";
const ALLOWED: string = "HOST:PORT, [IPV6]:PORT, HOST PORT or unix:/PATH";

const WORD: ptr = buffer(WORD_SIZE);

export const TCP_TEXTS_SIZE: i32 = TARGET_SIZE;

/** Where to connect to. */
export class TcpOptions {
  target: Target;
  /** One attempt, in nanoseconds. */
  timeout: i64 = DEFAULT_TIMEOUT;
  /** How long attempts are repeated, in nanoseconds; 0 for one attempt. */
  wait: i64 = 0;

  // What only the parser looks at.
  help: bool = false;
  onlyIpv4: bool = false;
  onlyIpv6: bool = false;

  /** `texts` has room for TCP_TEXTS_SIZE bytes. */
  constructor(texts: ptr) {
    this.target = new Target(texts);
  }
}

/** Reads the words from argument `first` on into `to`. -1, or the exit status after a message. */
export function parseTcpOptions(first: i32, to: TcpOptions): i32 {
  let words = 0;
  options.start(first, HELP);
  while (true) {
    while (options.next()) takeOption(to);
    if (options.failed) return USAGE;
    const length = readArgument(options.index, WORD);
    if (length < 0) break;
    words++;
    if (!takeWord(to, words, length)) return refuseWord(length);
    options.start(options.index + 1, HELP);
  }
  if (to.help) return -1;
  if (to.onlyIpv4 && to.onlyIpv6) return usage("-4 and -6 exclude each other; use one");
  if (words === 0) return usage("nowhere to connect to; use HOST:PORT, see knell tcp --help");
  const target = to.target;
  if (!target.isSocket && target.port === 0)
    return usage("the port is missing; use HOST:PORT, or [IPV6]:PORT for an IPv6 address");
  target.family = to.onlyIpv4 ? AF_INET : to.onlyIpv6 ? AF_INET6 : 0;
  return -1;
}

function takeOption(to: TcpOptions): void {
  if (options.is("t", "--timeout") || options.is("w", "")) to.timeout = takeDuration();
  else if (options.is("", "--wait")) to.wait = takeDuration();
  else if (options.isFlag("4", "")) to.onlyIpv4 = true;
  else if (options.isFlag("6", "")) to.onlyIpv6 = true;
  else if (options.isFlag("h", "--help")) to.help = true;
  // nc's "no data" and "verbose" say what is done anyway.
  else if (!options.isFlag("z", "") && !options.isFlag("v", "")) options.unknown();
}

/** Takes the word at WORD, which is the `count`th; false if it may not stand there. */
function takeWord(to: TcpOptions, count: i32, length: i32): bool {
  const target = to.target;
  if (count === 1) {
    target.port = 0;
    target.socket.clear();
    return takeTarget(target, length);
  }
  return count === 2 && !target.isSocket && target.port === 0 && takePort(target, WORD, length);
}

function takeTarget(target: Target, length: i32): bool {
  if (startsWith(WORD, length, UNIX)) {
    const path = length - UNIX.length;
    const at = WORD + UNIX.length;
    return path > 1 && load<u8>(at) === SLASH && target.socket.set(at, path);
  }
  let end = length;
  if (length > 0 && load<u8>(WORD) === OPEN_BRACKET) {
    const close = indexOf(WORD, length, CLOSE_BRACKET);
    if (close < 2 || !target.host.set(WORD + 1, close - 1)) return false;
    if (close === length - 1) return true;
    return (
      load<u8>(WORD + close + 1) === COLON && takePort(target, WORD + close + 2, length - close - 2)
    );
  }
  const colon = indexOf(WORD, length, COLON);
  // With a second colon it is an IPv6 address, whose port is the next word.
  const isIpv6 = colon >= 0 && indexOf(WORD + colon + 1, length - colon - 1, COLON) >= 0;
  if (colon >= 0 && !isIpv6) {
    if (!takePort(target, WORD + colon + 1, length - colon - 1)) return false;
    end = colon;
  }
  return end > 0 && target.host.set(WORD, end);
}

function takePort(target: Target, at: ptr, length: i32): bool {
  const port = parseDecimal(at, length);
  if (port < 1 || port > 65_535) return false;
  target.port = <i32>port;
  return true;
}

function refuseWord(length: i32): i32 {
  say(FATAL)
    .text("bad word ")
    .quoted(WORD, min(length, WORD_SIZE - 1))
    .text("; use ")
    .text(ALLOWED)
    .end();
  return USAGE;
}

function usage(text: string): i32 {
  say(FATAL).text(text).end();
  return USAGE;
}
