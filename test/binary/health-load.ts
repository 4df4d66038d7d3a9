// Many requests, and what they leave behind. Without vitest: scripts/soak-endpoint.ts uses it too.

import { readdirSync } from "node:fs";
import { type Namespace, run } from "./harness.ts";
import { program } from "./programs.ts";

export interface Load {
  readonly passed: number;
  readonly other: number;
  readonly broken: number;
}

/** Asks `count` times over `connections` connections at once. */
export async function load(
  port: number,
  path: string,
  count: number,
  connections = 8,
  deadlineMs = 60_000,
): Promise<Load> {
  const words = [String(port), path, String(count), String(connections)];
  const result = await run(program("http-load"), words, { deadlineMs });
  const [passed = 0, other = 0, broken = 0] = [...result.stdout.matchAll(/=(\d+)/g)].map(
    ([, number]) => Number(number),
  );
  if (passed + other + broken !== count) throw new Error(`http-load: ${JSON.stringify(result)}`);
  return { passed, other, broken };
}

export interface Footprint {
  /** Kilobytes. */
  readonly memory: number;
  readonly descriptors: number;
  readonly processes: number;
  readonly zombies: number;
}

/** What PID 1 of the namespace holds, and how many processes there are. */
export function footprintOf(space: Namespace, statusOf: (pid: number) => string): Footprint {
  return {
    memory: Number(/^VmRSS:\s*(\d+)/m.exec(statusOf(space.init))?.[1]),
    descriptors: readdirSync(`/proc/${space.init}/fd`).length,
    processes: space.processes().length,
    zombies: space.zombies().length,
  };
}

/**
 * The newest pid of the namespace: read by a process inside, which has it. One more each time, if nothing else was
 * started in between.
 */
export async function newestPid(space: Namespace): Promise<number> {
  const script = "read -r _ _ _ _ pid </proc/loadavg && echo $pid";
  return Number((await space.exec(["sh", "-c", script])).stdout);
}
