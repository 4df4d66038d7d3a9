// Exit codes: what knell leaves with (docs/exit-codes.md), and a child's end as the shell counts it.

import { CLD_EXITED } from "./linux";

export const PASS: i32 = 0;
/** A probe failed; `init` could not do its own work. */
export const FAIL: i32 = 1;
/** A probe's command line is wrong (sysexits.h EX_USAGE). */
export const USAGE: i32 = 64;
/** `exec`: the deadline came first, as timeout(1). */
export const TIMED_OUT: i32 = 124;
/** `exec`: its own failure, as timeout(1) and env(1). */
export const EXEC_FAILED: i32 = 125;
export const NOT_EXECUTABLE: i32 = 126;
export const NOT_FOUND: i32 = 127;

const SIGNAL_BASE: i32 = 128;

/** 0–255 from a wait status as waitid(2) gives it: the exit code, or 128 + the signal, core or not (I43). */
export function exitStatus(code: i32, status: i32): i32 {
  return code === CLD_EXITED ? status & 255 : signalStatus(status);
}

/** 128 + `signal`. */
export function signalStatus(signal: i32): i32 {
  return SIGNAL_BASE + signal;
}
