// Starts commands under `knell exec`: plainly, or as a runtime does in a container whose PID 1 never waits.

import { execFileSync } from "node:child_process";
import {
  type Finished,
  KNELL,
  type Namespace,
  type ProcessEntry,
  type Running,
  type RunOptions,
  run,
  start,
  startNamespace,
  until,
} from "./harness.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

/** Everything is gone so long after the wrapper's exit (E14, E17). */
export const GONE_MS = 100 * SLACK;

export const EXEC = [KNELL, "exec"] as const;

export function startExec(words: readonly string[], options: RunOptions = {}): Running {
  return start(KNELL, ["exec", ...words], options);
}

export function runExec(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(KNELL, ["exec", ...words], options);
}

/** A container whose PID 1 has other things to do than to wait. */
export function startContainer(command: readonly string[] = [program("idle")]): Promise<Namespace> {
  return startNamespace(command);
}

/** What is inside besides PID 1. */
export function others(space: Namespace): ProcessEntry[] {
  return space.processes().filter((entry) => entry.pid !== space.init);
}

/** The wrapper inside that was started from outside, as soon as it is there. */
export function wrapperIn(space: Namespace): Promise<ProcessEntry> {
  const isInside = (pid: number) => space.processes().some((entry) => entry.pid === pid);
  return until("the wrapper", () =>
    others(space).find((entry) => entry.name === "knell" && !isInside(entry.parent)),
  );
}

/** The pids of the processes whose command line is `words`, zombies not among them. */
export function pidsOf(words: string): number[] {
  try {
    const found = execFileSync("pgrep", ["-fx", words], { encoding: "utf8" });
    return found.trim().split("\n").map(Number);
  } catch {
    return [];
  }
}

let marks = 7_000_000 + (process.pid % 100_000) * 10;

/** A number of seconds that nobody else sleeps: it makes `sleep` processes recognizable. */
export function uniqueSeconds(): string {
  return String(++marks);
}

export function untilGone(words: string, deadlineMs = GONE_MS): Promise<unknown> {
  return until(`"${words}" to be gone`, () => pidsOf(words).length === 0, deadlineMs);
}

export function untilRunning(words: string, count = 1): Promise<number[]> {
  return until(`"${words}" to run`, () => {
    const pids = pidsOf(words);
    return pids.length >= count ? pids : undefined;
  });
}
