// Starts real processes for tests: plain, as PID 1 of a namespace, or entered from outside as a runtime's exec.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const KNELL = join(ROOT, "dist/knell");

export interface Finished {
  /** Exit code, or null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface RunOptions extends SpawnOptions {
  /** Written to stdin, which is then closed. */
  readonly input?: string | Buffer;
  /** stdin stays open, for the test to write to. */
  readonly keepStdin?: boolean;
  /** The process is killed and the test fails after this long. */
  readonly deadlineMs?: number;
}

/** A process under test with its output so far. `finished` settles when it and its pipes have ended. */
export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly finished: Promise<Finished>;
  stdout(): string;
  stderr(): string;
}

export function start(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const { input, keepStdin = false, deadlineMs = 15_000, ...spawnOptions } = options;
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...spawnOptions });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin?.on("error", () => {});
  if (!keepStdin) child.stdin?.end(input);
  const finished = new Promise<Finished>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(
        new Error(
          `${command} ${args.join(" ")} still ran after ${deadlineMs} ms; stderr: ${stderr}`,
        ),
      );
    }, deadlineMs);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr, milliseconds: performance.now() - startedAt });
    });
  });
  finished.catch(() => {});
  return {
    process: child,
    pid: child.pid ?? -1,
    finished,
    stdout: () => stdout,
    stderr: () => stderr,
  };
}

export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return start(command, args, options).finished;
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | "">;

/** Polls until `condition` gives something truthy, and gives that. Throws after `deadlineMs`. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = 10_000,
): Promise<Truthy<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Truthy<T>;
    if (performance.now() > deadline)
      throw new Error(`still not so after ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A PID namespace whose PID 1 is `command`. */
export interface Namespace extends Running {
  /** PID 1 as this namespace numbers it. */
  readonly init: number;
  /** Runs a command inside whose parent is outside, as a runtime's exec does. */
  exec(command: readonly string[], options?: RunOptions): Promise<Finished>;
  startExec(command: readonly string[], options?: RunOptions): Running;
  /** Every process inside, by the pid of this namespace. */
  processes(): ProcessEntry[];
  zombies(): ProcessEntry[];
  /** Kills PID 1, and with it the namespace. */
  stop(): Promise<void>;
}

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly name: string;
  /** The pid inside its own PID namespace. */
  readonly insidePid: number;
}

/** Starts `command` as PID 1 of a new PID and mount namespace with its own /proc. */
export async function startNamespace(
  command: readonly string[],
  options: RunOptions = {},
): Promise<Namespace> {
  const running = start(
    "unshare",
    ["--pid", "--fork", "--kill-child", "--mount-proc", "--", ...command],
    {
      deadlineMs: 60_000,
      ...options,
    },
  );
  const init = await until("PID 1 of the new namespace", () => childrenOf(running.pid)[0]);
  const enter = (inside: readonly string[]) => ["-t", String(init), "-p", "-m", "--", ...inside];
  return {
    ...running,
    init,
    exec: (inside, more) => run("nsenter", enter(inside), more),
    startExec: (inside, more) => start("nsenter", enter(inside), more),
    processes: () => processesOf(init),
    zombies: () => processesOf(init).filter((entry) => entry.state === "Z"),
    stop: async () => {
      try {
        process.kill(init, "SIGKILL");
      } catch {
        // already gone
      }
      await running.finished.catch(() => {});
    },
  };
}

export function childrenOf(pid: number): number[] {
  return allProcesses()
    .filter((entry) => entry.parent === pid)
    .map((entry) => entry.pid);
}

/** The processes that share the PID namespace of `init`. */
function processesOf(init: number): ProcessEntry[] {
  const namespace = namespaceOf(init);
  // A zombie's namespace link cannot be read: it is known by its depth and an ancestor inside.
  const all = allProcesses();
  const inside = new Set(
    all.filter((entry) => namespaceOf(entry.pid) === namespace).map((e) => e.pid),
  );
  return all.filter(
    (entry) => inside.has(entry.pid) || (entry.state === "Z" && inside.has(entry.parent)),
  );
}

function namespaceOf(pid: number): string | undefined {
  return tryRead(() => readlinkSync(`/proc/${pid}/ns/pid`));
}

function allProcesses(): ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => tryRead(() => processEntry(Number(name))))
    .filter((entry) => entry !== undefined);
}

/** Stops a process, and waits until it has: on a busy machine it may do much between the signal and the stop. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  // "t" when strace looks on.
  await until(`${pid} to stop`, () => /^[Tt]$/.test(processEntry(pid).state));
}

/** One process from /proc/PID/status (proc(5)). Throws when it is gone. */
export function processEntry(pid: number): ProcessEntry {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
  return {
    pid,
    parent: Number(field("PPid")),
    state: field("State").slice(0, 1),
    name: field("Name"),
    insidePid: Number(field("NSpid").split(/\s+/).at(-1)),
  };
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
