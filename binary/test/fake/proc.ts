// The part of proc(5) that knell reads, made from the process table.

import { EACCES, ENOENT, ENXIO } from "../../system/linux.ts";
import { SECOND } from "./clock.ts";
import { Content, Directory, type OpenFile } from "./files.ts";
import type { Kernel } from "./kernel.ts";
import type { Process } from "./processes.ts";
import { maskOf } from "./signals.ts";

/** CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC by this much: the machine has slept. */
export const SLEPT_NS = 500 * SECOND;
const TICK_NS = SECOND / 100;
const MODE_FILE = 0o100_644;
const MODE_DIRECTORY = 0o040_755;

/** open(2) of `path` for the program: a file, or a negated errno. */
export function openPath(kernel: Kernel, path: string): OpenFile | number {
  const entry = kernel.tree.get(path);
  if (entry?.error !== undefined) return -entry.error;
  if (entry?.entries !== undefined) return new Directory(path, () => entry.entries ?? []);
  if (entry !== undefined) return new Content(path, entry.content);
  if (path === "/dev/null") return new Content(path);
  if (path === "/dev/tty") {
    const { terminal } = kernel.processes;
    return terminal?.controls(kernel.program) ? terminal : -ENXIO;
  }
  return openProc(kernel, path);
}

/** st_mode of `path`, or a negated errno. */
export function modeOf(kernel: Kernel, path: string): number {
  const entry = kernel.tree.get(path);
  if (entry?.error !== undefined) return -entry.error;
  if (entry !== undefined)
    return entry.mode ?? (entry.entries === undefined ? MODE_FILE : MODE_DIRECTORY);
  const file = openProc(kernel, path);
  if (typeof file === "number") return file;
  return file instanceof Directory ? MODE_DIRECTORY : MODE_FILE;
}

/** readlink(2) of `path`, or a negated errno. */
export function linkOf(kernel: Kernel, path: string): string | number {
  if (!kernel.hasProc) return -ENOENT;
  if (path === "/proc/self") return String(kernel.program.pid);
  const fd = /^\/proc\/self\/fd\/(\d+)$/.exec(path)?.[1];
  return kernel.program.files?.get(Number(fd ?? -1))?.name ?? -ENOENT;
}

function openProc(kernel: Kernel, path: string): OpenFile | number {
  if (!kernel.hasProc || !/^\/proc(\/|$)/.test(path)) return -ENOENT;
  const { processes, program } = kernel;
  if (path === "/proc") return new Directory(path, () => ["self", ...pids(kernel)]);
  if (path === "/proc/loadavg") {
    return new Content(path, `0.00 0.00 0.00 1/${processes.all.size} ${processes.newest}\n`);
  }
  const [, , who, ...rest] = path.split("/");
  const process = who === "self" ? program : processes.find(Number(who));
  if (process === undefined) return -ENOENT;
  const name = rest.join("/").replace(`task/${process.pid}/`, "");
  if (name === "fd") {
    if (process.uid !== program.uid && program.uid !== 0) return -EACCES;
    return new Directory(path, () => (process.files?.numbers ?? []).map(String));
  }
  if (name === "task") return new Directory(path, () => [String(process.pid)]);
  const content = contentOf(kernel, process, name);
  return content === undefined ? -ENOENT : new Content(path, content);
}

/** In ascending order, as the kernel lists them. */
function pids(kernel: Kernel): string[] {
  return [...kernel.processes.all.keys()].sort((a, b) => a - b).map(String);
}

function contentOf(kernel: Kernel, process: Process, name: string): string | undefined {
  switch (name) {
    case "stat":
      return `${statOf(kernel, process).join(" ")}\n`;
    case "status":
      return statusOf(process);
    case "comm":
      return `${process.name}\n`;
    case "cmdline":
      return process.isAlive ? process.commandLine.map((word) => `${word}\0`).join("") : "";
    case "children":
      return process.children.map((child) => `${child.pid} `).join("");
    default:
      return undefined;
  }
}

/** pid (comm) state ppid pgrp session tty tpgid flags, 10 zeros of faults and times, priority nice threads 0 start. */
function statOf(kernel: Kernel, process: Process): (string | number)[] {
  const { pid, parent, group, session } = process;
  const state = process === kernel.program ? "R" : process.state;
  const { terminal } = kernel.processes;
  const foreground = terminal?.controls(process) ? terminal.foreground : -1;
  const times = [0, 0, 0, 0, 0, 0, 0, 0];
  const start = Math.floor((process.startedAt + SLEPT_NS) / TICK_NS);
  const ids = [parent.pid, group, session, foreground < 0 ? 0 : 34816, foreground, 4194304];
  return [pid, `(${process.name})`, state, ...ids, ...times, 20, 0, 1, 0, start, 0, 0];
}

function statusOf(process: Process): string {
  const names = { S: "sleeping", T: "stopped", t: "tracing stop", Z: "zombie", X: "dead" };
  const blocked = maskOf(process.blocked).toString(16).padStart(16, "0");
  const { pid, parent, uid } = process;
  return [
    `Name:\t${process.name}`,
    `State:\t${process.state} (${names[process.state]})`,
    `Tgid:\t${pid}`,
    `Pid:\t${pid}`,
    `PPid:\t${parent.pid}`,
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
    `NSpid:\t${pid}`,
    `SigBlk:\t${blocked}`,
    "",
  ].join("\n");
}
