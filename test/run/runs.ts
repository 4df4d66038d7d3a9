// `knell run` from source on a pod given as text, its entries as objects.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Summary } from "../../cli/run/summary.ts";
import type { TimelineEntry } from "../../cli/run/timeline.ts";
import {
  type Finished,
  ROOT,
  type Running,
  type RunOptions,
  start,
  until,
} from "../binary/harness.ts";

const MAIN = join(ROOT, "cli/bin.ts");
const STATE = "/run/knell";

export type Entry = TimelineEntry | ({ readonly kind: "summary" } & Record<string, unknown>);

export interface PodRun extends Running {
  /** Every whole line so far. */
  entries(): Entry[];
  /** Waits for an entry. */
  saw<T extends Entry>(what: string, isIt: (entry: Entry) => entry is T): Promise<T>;
  saw(what: string, isIt: (entry: Entry) => boolean): Promise<Entry>;
  readonly done: Promise<Finished & { readonly entries: Entry[] }>;
}

/** Starts it with the manifest on stdin and JSON on stdout. */
export function startRun(
  manifest: string,
  args: readonly string[],
  options: RunOptions = {},
): PodRun {
  const words = [MAIN, "run", "-", "--output", "json", ...args];
  const running = start(process.execPath, words, {
    deadlineMs: 60_000,
    input: manifest,
    ...options,
  });
  const entries = () => parse(running.stdout());
  return {
    ...running,
    entries,
    saw: (what: string, isIt: (entry: Entry) => boolean) =>
      until(what, () => entries().find(isIt), 30_000) as Promise<never>,
    done: running.finished.then((finished) => ({ ...finished, entries: parse(finished.stdout) })),
  };
}

function parse(text: string): Entry[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}

/** Runs it to its end. */
export function runPod(manifest: string, ...args: string[]) {
  return startRun(manifest, args).done;
}

/** What runs leave on the machine: folders, control groups, links. Empty if nothing is left of `pid`'s. */
export function leftovers(pid: number): string[] {
  const folders = [
    STATE,
    "/sys/fs/cgroup/knell",
    "/sys/fs/cgroup/pids/knell",
    "/sys/fs/cgroup/unified/knell",
  ];
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.includes(`/${pid}-`));
}

/** A pod with one container, from its fields in flow style. */
export function podWith(container: string, spec = ""): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 2
  ${spec}
  containers:
  - {name: app, image: x, ${container}}
`;
}

export const REDIS = 'command: [redis-server, --save, "", --protected-mode, "no"]';

export function attemptsOf(entries: readonly Entry[]) {
  return entries.filter((entry) => entry.kind === "attempt");
}

export function summaryOf(entries: readonly Entry[]): Summary {
  const found = entries.find((entry) => entry.kind === "summary");
  return found as unknown as Summary;
}
