// Signal numbers and names. Linux has 1 to 31 with names and 34 to 64 as RTMIN+n (signal(7)); 32 and 33 are the
// C library's own and can only be written as numbers.

import { DASH, PLUS, SPACE } from "./ascii";
import { byteOf, isDigit, parseDecimal, toLower } from "./bytes";
import { ptr } from "./host";
import * as linux from "./linux";
import { Writer } from "./writer";

export const LAST_SIGNAL: i32 = 64;
/** Every signal; the kernel leaves KILL and STOP out by itself. */
export const ALL_SIGNALS: u64 = u64.MAX_VALUE;

const NAMES: string =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
  "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS ";

/** The bit of `signal` in a kernel mask. */
export function maskOf(signal: i32): u64 {
  return u64(1) << u64(signal - 1);
}

/**
 * The signal that `at` names: "TERM", "sigterm", "15", "RTMIN", "RTMIN+3", "RTMAX-1"; also CLD, IOT, POLL.
 * 0 for "0"; -1 for anything else, 32, 33 included only as numbers.
 */
export function parseSignal(at: ptr, length: i32): i32 {
  if (length > 0 && isDigit(load<u8>(at))) {
    const number = parseDecimal(at, length);
    return number >= 0 && number <= LAST_SIGNAL ? <i32>number : -1;
  }
  if (startsWithIgnoringCase(at, length, "SIG")) return parseName(at + 3, length - 3);
  return parseName(at, length);
}

function parseName(at: ptr, length: i32): i32 {
  if (startsWithIgnoringCase(at, length, "RTMIN"))
    return parseOffset(at + 5, length - 5, linux.SIGRTMIN, PLUS);
  if (startsWithIgnoringCase(at, length, "RTMAX"))
    return parseOffset(at + 5, length - 5, linux.SIGRTMAX, DASH);
  if (isName(at, length, "CLD")) return linux.SIGCHLD;
  if (isName(at, length, "IOT")) return 6;
  if (isName(at, length, "POLL")) return 29;
  let start = 0;
  for (let signal = 1; signal <= 31; signal++) {
    let end = start;
    while (byteOf(NAMES, end) !== SPACE) end++;
    if (length === end - start && matches(at, start, length)) return signal;
    start = end + 1;
  }
  return -1;
}

function matches(at: ptr, start: i32, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (toLower(load<u8>(at + i)) !== toLower(byteOf(NAMES, start + i))) return false;
  }
  return true;
}

/** "" or `sign` and a number, counted from `base`; the result lies in 34–64. */
function parseOffset(at: ptr, length: i32, base: i32, sign: u8): i32 {
  if (length === 0) return base;
  if (load<u8>(at) !== sign) return -1;
  const offset = parseDecimal(at + 1, length - 1);
  if (offset < 0 || offset > linux.SIGRTMAX - linux.SIGRTMIN) return -1;
  return sign === PLUS ? base + <i32>offset : base - <i32>offset;
}

function startsWithIgnoringCase(at: ptr, length: i32, upper: string): bool {
  if (length < upper.length) return false;
  for (let i = 0; i < upper.length; i++) {
    if (toLower(load<u8>(at + i)) !== toLower(byteOf(upper, i))) return false;
  }
  return true;
}

function isName(at: ptr, length: i32, upper: string): bool {
  return length === upper.length && startsWithIgnoringCase(at, length, upper);
}

/** Appends "SIGTERM", "SIGRTMIN+3", or the number where there is no name. */
export function writeSignal(to: Writer, signal: i32): void {
  if (!to.enabled) return;
  if (signal >= linux.SIGRTMIN && signal <= linux.SIGRTMAX) {
    to.text("SIGRTMIN");
    if (signal > linux.SIGRTMIN) to.byte(PLUS).number(signal - linux.SIGRTMIN);
    return;
  }
  if (signal < 1 || signal > 31) {
    to.number(signal);
    return;
  }
  let start = 0;
  for (let skipped = 1; skipped < signal; start++) {
    if (byteOf(NAMES, start) === SPACE) skipped++;
  }
  to.text("SIG");
  for (; byteOf(NAMES, start) !== SPACE; start++) to.byte(byteOf(NAMES, start));
}
