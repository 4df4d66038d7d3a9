// Starts a program under an init, and sees to it that nothing of a test outlives it.

import { readdirSync, readFileSync } from "node:fs";
import { afterEach } from "vitest";
import {
  childrenOf,
  type Finished,
  type Namespace,
  type Running,
  type RunOptions,
  start,
  startNamespace,
  until,
} from "./harness.ts";
import type { Init } from "./inits.ts";
import { program } from "./programs.ts";

const MARK = `TEST_MARK=${process.pid}-${performance.now()}`;
process.env.TEST_MARK = MARK.slice("TEST_MARK=".length);

// Whatever was started by a test of this file carries the mark in its environment, wherever it was reparented to.
afterEach(async () => {
  await until("the test's processes to end", () => killMarked() === 0);
});

function killMarked(): number {
  let found = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || !isMarked(Number(name))) continue;
    found++;
    signal(Number(name), "SIGKILL");
  }
  return found;
}

function isMarked(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(MARK);
  } catch {
    return false;
  }
}

/**
 * Sends a signal by name or number; a process that is gone is no error. False if it was gone. Throws for 1, for a
 * group and for undefined: what a search did not find must not become a signal to the test's own group, or to all.
 */
export function signal(pid: number | undefined, which: NodeJS.Signals | number): boolean {
  if (pid === undefined || pid <= 1) throw new Error(`signal ${which} for pid "${pid}"`);
  try {
    return process.kill(pid, which);
  } catch {
    return false;
  }
}

export interface LaunchOptions extends RunOptions {
  /** The init's own options. */
  readonly options?: readonly string[];
  /** What stands before the init: a `preset`, `strace`, `setpriv` … that becomes the init. */
  readonly before?: readonly string[];
}

function commandLine(init: Init, words: readonly string[], launch: LaunchOptions): string[] {
  const { before = [], options = [] } = launch;
  return [...before, ...init.command, ...options, "--", ...words];
}

/** Starts `words` under the init. */
export function launch(init: Init, words: readonly string[], options: LaunchOptions = {}): Running {
  const { options: _, before: __, ...rest } = options;
  const [command = "", ...args] = commandLine(init, words, options);
  return start(command, args, rest);
}

/** Runs `words` under the init to its end. */
export function runUnder(
  init: Init,
  words: readonly string[],
  options: LaunchOptions = {},
): Promise<Finished> {
  return launch(init, words, options).finished;
}

/** Code and output of a run: what most cases compare. */
export async function outcome(
  init: Init,
  words: readonly string[],
  options: LaunchOptions = {},
): Promise<{ status: number | null; stdout: string }> {
  const { status, stdout } = await runUnder(init, words, options);
  return { status, stdout };
}

/** Starts `words` under the init as PID 1 of a new PID namespace. */
export function launchAsPid1(
  init: Init,
  words: readonly string[],
  options: LaunchOptions = {},
): Promise<Namespace> {
  const { options: _, before: __, ...rest } = options;
  return startNamespace(commandLine(init, words, options), rest);
}

/** Runs `words` under the init as PID 1 of a new PID namespace to its end, however soon that is. */
export function runAsPid1(
  init: Init,
  words: readonly string[],
  options: LaunchOptions = {},
): Promise<Finished> {
  const { before = [] } = options;
  const namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];
  return runUnder(init, words, { ...options, before: [...namespace, ...before] });
}

/** A main child that prints the signals it gets. */
export interface Recorder extends Running {
  /** The init and its main child, as this machine numbers them. */
  readonly init: number;
  readonly child: number;
  /** The signals so far: number, si_code, sender, value, time. */
  signals(): Received[];
  numbers(): number[];
  /** Waits until at least `count` signals have come, and gives their numbers. */
  received(count: number): Promise<number[]>;
}

export interface Received {
  readonly signal: number;
  readonly code: number;
  readonly sender: number;
  readonly value: number;
  /** When it was taken, on the clock of process.hrtime. */
  readonly milliseconds: number;
}

/** si_code of a signal from kill(2). */
export const SI_USER = 0;
/** si_code of a signal from sigqueue(3). */
export const SI_QUEUE = -1;

/** Starts the recorder under the init. `exits` are its words, as "15=3". */
export async function launchRecorder(
  init: Init,
  options: LaunchOptions & { readonly exits?: readonly string[] } = {},
): Promise<Recorder> {
  const { exits = [], ...rest } = options;
  const running = launch(init, [program("recorder"), ...exits], rest);
  return recorderOf(running, () => running.pid);
}

/** As `launchRecorder` with the init as PID 1. */
export async function launchRecorderAsPid1(
  init: Init,
  options: LaunchOptions & { readonly exits?: readonly string[] } = {},
): Promise<Recorder & Namespace> {
  const { exits = [], ...rest } = options;
  const space = await launchAsPid1(init, [program("recorder"), ...exits], rest);
  return { ...space, ...(await recorderOf(space, () => space.init)) };
}

async function recorderOf(running: Running, initPid: () => number): Promise<Recorder> {
  await until("the recorder", () => running.stdout().includes("ready"));
  const init = initPid();
  const child = await until("the main child", () => childrenOf(init)[0]);
  const signals = () =>
    running
      .stdout()
      .split("\n")
      .slice(1, -1)
      .map((line) => {
        const [number = 0, code = 0, sender = 0, value = 0, time = 0] = line.split(" ").map(Number);
        return { signal: number, code, sender, value, milliseconds: time / 1e6 };
      });
  const numbers = () => signals().map((received) => received.signal);
  return {
    ...running,
    init,
    child,
    signals,
    numbers,
    received: (count) =>
      until(`${count} signals`, () => numbers().length >= count, 5_000).then(numbers, numbers),
  };
}

/** The fields of /proc/PID/status (proc(5)). */
export function statusOf(pid: number | "self", text?: string): Record<string, string> {
  const status = text ?? readFileSync(`/proc/${pid}/status`, "utf8");
  return Object.fromEntries(
    status
      .trim()
      .split("\n")
      .map((line) => line.split(/:\s*/, 2) as [string, string]),
  );
}

/** The signal numbers in a mask as /proc shows it. */
export function signalsIn(mask: string | undefined): number[] {
  const bits = BigInt(`0x${mask ?? "0"}`);
  const all = Array.from({ length: 64 }, (_, index) => index + 1);
  return all.filter((number) => (bits >> BigInt(number - 1)) & 1n);
}

/** The state letter of a process ("S", "T", "Z" …), undefined when it is gone. */
export function stateOf(pid: number): string | undefined {
  try {
    return statusOf(pid).State?.slice(0, 1);
  } catch {
    return undefined;
  }
}

/** The name of a process as the kernel has it (15 characters), undefined when it is gone. */
export function nameOf(pid: number): string | undefined {
  try {
    return statusOf(pid).Name;
  } catch {
    return undefined;
  }
}

/** All descendants, children first. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

/** For what must not happen: gives it the time in which it would. */
export function settle(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
