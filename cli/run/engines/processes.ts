// Processes as /proc shows them (proc(5)). Everything here may vanish at any moment and then reads as absent.

import { readdirSync, readFileSync } from "node:fs";
import type { ProcessView } from "../engine.ts";

export interface HostProcess extends ProcessView {
  /** As numbered outside. */
  readonly hostPid: number;
  readonly hostParent: number;
}

/** The children of `pid`, whichever of its threads forked them. */
export function childrenOf(pid: number): number[] {
  const children = (thread: string) =>
    (readIfThere(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean);
  return threadsOf(pid).flatMap(children).map(Number);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** `pid` and everything below it. */
export function treeOf(pid: number): HostProcess[] {
  const found: HostProcess[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const process = readProcess(next);
    if (!process) continue;
    found.push(process);
    open.push(...childrenOf(next));
  }
  return found;
}

function readProcess(hostPid: number): HostProcess | undefined {
  const status = readIfThere(`/proc/${hostPid}/status`);
  if (status === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
  const numbers = field("NSpid").split(/\s+/);
  const state = field("State").charAt(0);
  const name = field("Name");
  const words = state === "Z" ? "" : (readIfThere(`/proc/${hostPid}/cmdline`) ?? "");
  return {
    hostPid,
    hostParent: Number(field("PPid")),
    pid: Number(numbers.at(-1)),
    parent: 0,
    state,
    command: words.replace(/\0+$/, "").replaceAll("\0", " ").slice(0, LONGEST_COMMAND) || name,
  };
}

const LONGEST_COMMAND = 200;

/** When `pid` was started, in clock ticks since boot: together they name a process for good. undefined if it is gone. */
export function startTimeOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // Field 22; the second is in parentheses and may hold anything.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** Sends a signal if the process is still there. Never to 0, which would be our own group. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, name);
  } catch {
    // Gone.
  }
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
