// One control group for an engine and all that it starts, so that its CPU can be counted and nothing of it is missed.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const MOUNTS = "/sys/fs/cgroup";
/** Version 1 has a hierarchy for each controller. */
const ACCOUNTING = join(MOUNTS, "cpuacct");
const isVersion1 = existsSync(ACCOUNTING);
const HIERARCHY = isVersion1 ? ACCOUNTING : MOUNTS;

export interface ControlGroup {
  /** Where the engine's own processes belong: its cgroup.procs. */
  readonly members: string;
  /** The cgroup_parent for the pod `name`. */
  podParent(name: string): string;
  /** The processes of all containers of the pod `name`, zombies left out; none once it has ended. */
  processesOf(name: string, container?: string): number[];
  /** As a kubelet's podPidsLimit: so many tasks in the pod `name`, which has a container already. */
  limitPids(name: string, limit: number): void;
  /** Since it was made, ended processes included. */
  cpuNanoseconds(): number;
  /** True if no process is left in it. */
  isEmpty(): boolean;
  /** Only while empty. */
  remove(): void;
}

/** Throws where control groups cannot be made. */
export function makeControlGroup(name: string): ControlGroup {
  const path = join(HIERARCHY, name);
  // Version 2 wants processes in leaves only.
  const engine = join(path, "engine");
  mkdirSync(engine, { recursive: true });
  return {
    members: join(engine, "cgroup.procs"),
    podParent: (pod) => `/${name}/pods/${pod}`,
    processesOf: (pod, container = "") =>
      groupsBelow(join(path, "pods", pod, container)).flatMap(pidsIn),
    limitPids: (pod, limit) => {
      const hierarchy = isVersion1 ? join(MOUNTS, "pids") : MOUNTS;
      writeFileSync(join(hierarchy, name, "pods", pod, "pids.max"), String(limit));
    },
    cpuNanoseconds: () => cpuOf(path),
    isEmpty: () => groupsBelow(path).every((group) => pidsIn(group).length === 0),
    // runc makes the pods' groups in every hierarchy, and leaves their parent.
    remove: () => {
      const hierarchies = isVersion1 ? readdirSync(MOUNTS).map((at) => join(MOUNTS, at)) : [MOUNTS];
      for (const hierarchy of hierarchies)
        for (const group of groupsBelow(join(hierarchy, name))) rmdirSync(group);
    },
  };
}

function pidsIn(group: string): number[] {
  return readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
}

function cpuOf(group: string): number {
  if (isVersion1) return Number(readFileSync(join(group, "cpuacct.usage"), "utf8"));
  const text = readFileSync(join(group, "cpu.stat"), "utf8");
  return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) * 1000;
}

/** The group and those below it, the deepest first; none if it does not exist. */
function groupsBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  const below = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => groupsBelow(join(path, entry.name)));
  return [...below, path];
}
