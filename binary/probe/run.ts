// Runs attempts to their verdict: for the modes that ask one server, print one line and leave.

import { buffer } from "../system/buffers";
import { earlier, MILLISECOND, now, timeLeft } from "../system/clock";
import { FAIL, PASS } from "../system/exit-status";
import { initial_mask, ppoll, ptr, rt_sigprocmask } from "../system/host";
import { SIG_SETMASK, SIGPIPE } from "../system/linux";
import { maskOf } from "../system/signals";
import { Attempt } from "./attempt";

/** From the start of one attempt to the next (R15). */
const PACE: i64 = 200 * MILLISECOND;

const POLL: ptr = buffer(8);

/**
 * Tries once, or with a `wait` above 0 until an attempt passes or that time is over. Each attempt may take `timeout`.
 * Prints the last verdict; gives the exit status.
 */
export function runAttempts(attempt: Attempt, timeout: i64, wait: i64): i32 {
  // A probe may be interrupted, but a peer or a reader that goes away is no reason to die.
  rt_sigprocmask(SIG_SETMASK, initial_mask() | maskOf(SIGPIPE));
  const startedAt = now();
  const waitUntil = startedAt + wait;
  const verdict = attempt.verdict;
  let count = 0;
  while (true) {
    count++;
    const attemptAt = now();
    const deadline = attemptAt + timeout;
    runAttempt(attempt, wait > 0 ? earlier(deadline, waitUntil) : deadline);
    const nextAt = attemptAt + PACE;
    if (verdict.passed || nextAt >= waitUntil) {
      if (wait > 0) writeCount(attempt, count, startedAt);
      verdict.line.end();
      return verdict.passed ? PASS : FAIL;
    }
    ppoll(POLL, 0, timeLeft(nextAt));
  }
}

function runAttempt(attempt: Attempt, deadline: i64): void {
  attempt.start(deadline);
  while (!attempt.verdict.isDone) {
    store<i32>(POLL, attempt.fd);
    store<i32>(POLL + 4, attempt.events);
    const ready = ppoll(POLL, 1, timeLeft(attempt.wakeAt));
    attempt.advance(ready > 0 ? load<u16>(POLL + 6) : 0);
  }
}

function writeCount(attempt: Attempt, count: i32, startedAt: i64): void {
  attempt.verdict.line
    .text("; attempt ")
    .number(count)
    .text(" after ")
    .milliseconds(now() - startedAt)
    .text(" ms");
}
