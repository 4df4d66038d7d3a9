// Control groups of this machine, whichever version it has. Tests that need one are skipped where there is none.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { until } from "./harness.ts";

const ROOT = "/sys/fs/cgroup";
const made: string[] = [];

// Those of tests that failed before they removed their own.
afterAll(() => Promise.all(made.map(remove)));

export interface Controller {
  /** A new group without members. */
  make(): Group;
}

export interface Group {
  readonly path: string;
  add(pid: number): void;
  freeze(frozen: boolean): void;
  read(file: string): string;
  write(file: string, value: string): void;
  /** Waits until its last member is gone. */
  remove(): Promise<void>;
}

/** A controller in its own hierarchy (version 1) or in the common one; undefined where groups cannot be made. */
export function cgroup(name: "freezer" | "pids" | "memory"): Controller | undefined {
  const own = join(ROOT, name);
  const isOld = existsSync(own);
  const parent = isOld ? own : ROOT;
  if (!isOld && !isAvailable(name)) return undefined;
  try {
    const probe = join(parent, `test-${process.pid}`);
    mkdirSync(probe);
    rmdirSync(probe);
  } catch {
    return undefined;
  }
  return { make: () => make(parent, isOld) };
}

function isAvailable(name: string): boolean {
  // Version 2 freezes without a controller.
  if (name === "freezer") return existsSync(join(ROOT, "cgroup.procs"));
  try {
    return readFileSync(join(ROOT, "cgroup.subtree_control"), "utf8").split(/\s/).includes(name);
  } catch {
    return false;
  }
}

function make(parent: string, isOld: boolean): Group {
  const path = join(parent, `test-${process.pid}-${made.length}`);
  mkdirSync(path);
  made.push(path);
  const write = (file: string, value: string) => writeFileSync(join(path, file), value);
  return {
    path,
    write,
    read: (file) => readFileSync(join(path, file), "utf8"),
    add: (pid) => write("cgroup.procs", String(pid)),
    freeze: (frozen) =>
      isOld
        ? write("freezer.state", frozen ? "FROZEN" : "THAWED")
        : write("cgroup.freeze", frozen ? "1" : "0"),
    remove: () => remove(path),
  };
}

/** Waits until the group has no member left, and removes it. */
async function remove(path: string): Promise<void> {
  await until("the group to be empty", () => {
    try {
      rmdirSync(path);
    } catch {
      // still in use, or removed already
    }
    return !existsSync(path);
  });
}
