// Control groups: a limit of processes, and CPU time apart for each probe. v1 and v2, whichever is mounted where.

import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere } from "./processes.ts";

const TOP = "/sys/fs/cgroup";

/** The hierarchies that a group has to be made in. */
interface Hierarchies {
  readonly roots: readonly string[];
  /** Where CPU time is read: cpu.stat of v2 or cpuacct.usage of v1. */
  readonly cpu: string | undefined;
  /** Where pids.max is. */
  readonly pids: string | undefined;
}

function findHierarchies(): Hierarchies {
  const v2 = [TOP, join(TOP, "unified")].find((root) =>
    existsSync(join(root, "cgroup.controllers")),
  );
  const v2Controllers =
    readIfThere(join(v2 ?? "", "cgroup.controllers"))
      ?.trim()
      .split(" ") ?? [];
  const v1 = (name: string) => {
    const root = join(TOP, name);
    return existsSync(join(root, "cgroup.procs")) ? root : undefined;
  };
  const cpu = v2 ?? v1("cpuacct") ?? v1("cpu,cpuacct");
  const pids = v2 && v2Controllers.includes("pids") ? v2 : v1("pids");
  const roots = [...new Set([cpu, pids].filter((root) => root !== undefined))];
  return { roots, cpu, pids };
}

export class ControlGroup {
  /** Its folders, one in each hierarchy. */
  readonly folders: readonly string[];
  readonly #hierarchies: Hierarchies;
  readonly #path: string;

  /** A group below the top one, or undefined where this user may not make any. */
  static create(path: string): ControlGroup | undefined {
    const hierarchies = findHierarchies();
    if (hierarchies.roots.length === 0) return undefined;
    try {
      return new ControlGroup(hierarchies, join("knell", path));
    } catch {
      return undefined;
    }
  }

  private constructor(hierarchies: Hierarchies, path: string) {
    this.#hierarchies = hierarchies;
    this.#path = path;
    this.folders = hierarchies.roots.map((root) => join(root, path));
    for (const folder of this.folders) mkdirSync(folder, { recursive: true });
    if (hierarchies.pids === TOP) delegatePids(path);
  }

  child(name: string): ControlGroup {
    return new ControlGroup(this.#hierarchies, join(this.#path, name));
  }

  /** CPU time of the group and everything below it. */
  get cpuMs(): number {
    const { cpu } = this.#hierarchies;
    if (cpu === undefined) return 0;
    const stat = readIfThere(join(cpu, this.#path, "cpu.stat"));
    if (stat?.startsWith("usage_usec")) return Number(stat.split(/\s+/)[1]) / 1000;
    return Number(readIfThere(join(cpu, this.#path, "cpuacct.usage")) ?? 0) / 1e6;
  }

  /** Lets the group have no more processes than it has now; undefined lifts that. False if nothing can be limited. */
  limitPids(isFull: boolean): boolean {
    const { pids } = this.#hierarchies;
    if (pids === undefined) return false;
    const folder = join(pids, this.#path);
    const current = readIfThere(join(folder, "pids.current"))?.trim();
    if (current === undefined) return false;
    writeFileSync(join(folder, "pids.max"), isFull ? current : "max");
    return true;
  }

  /** Everything in it and below, as numbered outside. */
  processes(): number[] {
    return [...new Set(this.folders.flatMap(processesBelow))];
  }

  /** Removes the group and those below. Fails silently while a process is left. */
  remove(): void {
    for (const folder of this.folders) removeBelow(folder);
  }

  /** Every group of this program that exists, by name. */
  static list(): { readonly name: string; readonly group: ControlGroup }[] {
    const { roots } = findHierarchies();
    const names = roots.flatMap((root) => foldersIn(join(root, "knell")));
    return [...new Set(names)].flatMap((name) => {
      const group = ControlGroup.create(name);
      return group ? [{ name, group }] : [];
    });
  }
}

/** In v2 a controller works below a group only where the groups above hand it down. */
function delegatePids(path: string): void {
  let folder = TOP;
  for (const part of path.split("/").slice(0, -1)) {
    folder = join(folder, part);
    writeFileSync(join(folder, "cgroup.subtree_control"), "+pids");
  }
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function processesBelow(folder: string): number[] {
  const own = (readIfThere(join(folder, "cgroup.procs")) ?? "")
    .split("\n")
    .filter(Boolean)
    .map(Number);
  return [...own, ...foldersIn(folder).flatMap((name) => processesBelow(join(folder, name)))];
}

function removeBelow(folder: string): void {
  for (const name of foldersIn(folder)) removeBelow(join(folder, name));
  try {
    rmdirSync(folder);
  } catch {
    // Gone, or not empty yet.
  }
}
