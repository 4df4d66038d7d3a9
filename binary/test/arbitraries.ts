// What fast-check draws: signals, processes and interleavings.

import fc from "fast-check";
import { SIGCHLD, SIGCONT, SIGKILL, SIGRTMIN, SIGSTOP, SIGTRAP } from "../system/linux.ts";
import type { Step } from "./fake/script.ts";
import { defaultAction, LAST_SIGNAL, SYNCHRONOUS } from "./fake/signals.ts";

/** Every signal that can be caught and is forwarded; 32 and 33 belong to the C library. */
export const FORWARDED: readonly number[] = Array.from(
  { length: LAST_SIGNAL },
  (_, i) => i + 1,
).filter((signal) => ![SIGKILL, SIGSTOP, SIGCHLD, 32, 33].includes(signal));

export const forwardedSignal = fc.constantFrom(...FORWARDED);
export const fatalSignal = fc.constantFrom(
  ...FORWARDED.filter((signal) => defaultAction(signal) === "terminate"),
);
export const exitStatus = fc.integer({ min: 0, max: 255 });

/** The others are now fast, now slow: never so slow that they stand still. */
export const schedule = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 })
  .map((turns) => [...turns, 1]);

/** How a process ends, and what it does shortly before. */
export const end: fc.Arbitrary<Step[]> = fc.oneof(
  exitStatus.map((status): Step[] => [["exit", status]]),
  fatalSignal.map((signal): Step[] => [["raise", signal]]),
  fatalSignal.map((signal): Step[] => [["dump", signal]]),
  // A TRAP that a traced process sends itself looks like the one of its execve, which is not delivered.
  fatalSignal
    .filter((signal) => signal !== SIGTRAP)
    .map((signal): Step[] => [["traceme"], ["raise", signal], ["exit", 0]]),
);

/** The status that knell leaves with for this end. */
export function statusOf(last: readonly Step[]): number {
  for (const step of last) {
    if (step[0] === "exit") return step[1];
    if (step[0] === "raise" || step[0] === "dump") return 128 + step[1];
  }
  return 0;
}

/** A process that double-forks one that ends after a while; it waits for its own child or does not. */
export const daemon: fc.Arbitrary<Step> = fc
  .record({ forkMs: fc.integer({ min: 0, max: 20 }), ms: fc.integer({ min: 0, max: 20 }), end })
  .map(({ forkMs, ms, end: last }): Step => {
    const orphan: Step[] = [["setsid"], ["sleep", ms], ...last];
    return [
      "fork",
      [
        ["sleep", forkMs],
        ["fork", orphan],
        ["exit", 0],
      ],
    ];
  });

/**
 * The order in which one process takes signals that were sent to it one behind the other before it took any: standard
 * ones once each, and of CONT and the stop signals only what was sent last.
 */
export function takenOrder(signals: readonly number[]): number[] {
  let pending: number[] = [];
  for (const signal of signals) {
    const action = defaultAction(signal);
    if (action === "stop") pending = pending.filter((other) => other !== SIGCONT);
    if (action === "continue") pending = pending.filter((other) => defaultAction(other) !== "stop");
    if (signal >= SIGRTMIN || !pending.includes(signal)) pending.push(signal);
  }
  const rank = (signal: number) => (SYNCHRONOUS.includes(signal) ? signal - LAST_SIGNAL : signal);
  return pending.sort((left, right) => rank(left) - rank(right));
}
