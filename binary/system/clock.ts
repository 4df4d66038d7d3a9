// Instants and durations: nanoseconds of CLOCK_MONOTONIC as i64. A deadline may be NEVER.

import { clock_monotonic } from "./host";

export const NEVER: i64 = i64.MAX_VALUE;
export const MICROSECOND: i64 = 1_000;
export const MILLISECOND: i64 = 1_000_000;
export const SECOND: i64 = 1_000_000_000;

export function now(): i64 {
  return clock_monotonic();
}

export function earlier(a: i64, b: i64): i64 {
  return a < b ? a : b;
}

/** True once `deadline` has come. Does not ask the clock about NEVER. */
export function isOver(deadline: i64): bool {
  return deadline !== NEVER && now() >= deadline;
}

/** Nanoseconds to wait for `deadline`, as ppoll and rt_sigtimedwait take them: 0 if it is over, -1 for NEVER. */
export function timeLeft(deadline: i64): i64 {
  if (deadline === NEVER) return -1;
  const left = deadline - now();
  return max(left, 0);
}
