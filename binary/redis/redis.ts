// `knell redis`: asks one server, prints one line, leaves with 0 or 1. No child process, so that nothing is left
// behind however it is killed (R9).

import { buffer } from "../system/buffers";
import { earlier, MILLISECOND, now, timeLeft } from "../system/clock";
import { FAIL, PASS } from "../system/exit-status";
import { printHelp } from "../system/help";
import { initial_mask, ppoll, ptr, rt_sigprocmask } from "../system/host";
import { SIG_SETMASK, SIGPIPE } from "../system/linux";
import { maskOf } from "../system/signals";
import { parseOptions, redisOptions } from "./options";
import { PROBE_SIZE, RedisProbe } from "./probe";

const STDOUT: i32 = 1;
/** From the start of one attempt to the next (R15). */
const PACE: i64 = 200 * MILLISECOND;

const POLL: ptr = buffer(8);

const probe = new RedisProbe(redisOptions, buffer(PROBE_SIZE), STDOUT);

/** Runs `knell redis` with the options from argument `first` on; gives the exit status. */
export function redis(first: i32): i32 {
  const status = parseOptions(first, redisOptions);
  if (status >= 0) return status;
  if (redisOptions.help) return printHelp("redis");
  // A probe may be interrupted, but a peer or a reader that goes away is no reason to die.
  rt_sigprocmask(SIG_SETMASK, initial_mask() | maskOf(SIGPIPE));
  const startedAt = now();
  const waitUntil = startedAt + redisOptions.wait;
  let attempt = 0;
  while (true) {
    attempt++;
    const attemptAt = now();
    runProbe(attemptDeadline(attemptAt, waitUntil));
    const nextAt = attemptAt + PACE;
    if (probe.verdict.passed || nextAt >= waitUntil) {
      if (redisOptions.wait > 0) writeAttempts(attempt, startedAt);
      probe.verdict.line.end();
      return probe.verdict.passed ? PASS : FAIL;
    }
    ppoll(POLL, 0, timeLeft(nextAt));
  }
}

function attemptDeadline(startedAt: i64, waitUntil: i64): i64 {
  const deadline = startedAt + redisOptions.timeout;
  return redisOptions.wait > 0 ? earlier(deadline, waitUntil) : deadline;
}

function runProbe(deadline: i64): void {
  probe.start(deadline);
  while (!probe.verdict.isDone) {
    store<i32>(POLL, probe.fd);
    store<i32>(POLL + 4, probe.events);
    const ready = ppoll(POLL, 1, timeLeft(probe.wakeAt));
    probe.advance(ready > 0 ? load<u16>(POLL + 6) : 0);
  }
}

function writeAttempts(attempt: i32, startedAt: i64): void {
  probe.verdict.line
    .text("; attempt ")
    .number(attempt)
    .text(" after ")
    .milliseconds(now() - startedAt)
    .text(" ms");
}
