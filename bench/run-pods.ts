// `knell run` as users have it: the bundle, on a pod from stdin, its entries as they come.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TimelineEntry } from "../cli/run/timeline.ts";

const BUNDLE = join(import.meta.dirname, "../dist/cli/knell.js");

export interface PodRun {
  readonly process: ChildProcess;
  /** Settles with the first entry that `isIt` accepts. */
  find(isIt: (entry: TimelineEntry) => boolean): Promise<TimelineEntry>;
  readonly entries: readonly TimelineEntry[];
  /** Ends it and waits. */
  stop(): Promise<void>;
}

export function startPod(manifest: string, ...args: string[]): PodRun {
  const words = [BUNDLE, "run", "-", "--output", "json", ...args];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin?.end(manifest);
  const entries: TimelineEntry[] = [];
  const waiting = new Set<(entry: TimelineEntry) => void>();
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    const entry = JSON.parse(line) as TimelineEntry;
    entries.push(entry);
    for (const take of waiting) take(entry);
  });
  return {
    process: child,
    entries,
    find: (isIt) =>
      new Promise((resolve) => {
        const take = (entry: TimelineEntry) => {
          if (!isIt(entry)) return;
          waiting.delete(take);
          resolve(entry);
        };
        waiting.add(take);
        for (const entry of entries) take(entry);
      }),
    stop: async () => {
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** A pod of so many idle containers, each with a liveness probe once a second. */
export function podOf(containers: number, probe: string): string {
  const list = Array.from(
    { length: containers },
    (_, index) =>
      `  - {name: c${index}, image: x, command: [sleep, "100000"], livenessProbe: {${probe}, periodSeconds: 1, failureThreshold: 99}}`,
  );
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n${list.join("\n")}\n`;
}
