// The inits under test: knell, and beside it those it replaces, for which the failures seen are recorded. REFERENCE
// (a name of the list, or a path whose basename is one) runs every case that has an expectation for that one alone.

import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { KNELL, ROOT } from "./harness.ts";

export interface Init {
  readonly name: InitName;
  /** What stands before the init's own options. */
  readonly command: readonly string[];
  /** What makes it the reaper of orphans when it is not PID 1. */
  readonly subreaper: readonly string[];
}

export type InitName = "knell" | "tini" | "dumb-init" | "catatonit";

const REFERENCE = process.env.REFERENCE;

/** True in a normal run, false when only another init is looked at. */
export const isKnellRun = !REFERENCE || basename(REFERENCE) === "knell";

export const INITS: Record<InitName, Init> = {
  knell: { name: "knell", command: [at("knell") ?? KNELL, "init"], subreaper: [] },
  tini: { name: "tini", command: [at("tini") ?? "tini"], subreaper: ["-s"] },
  "dumb-init": { name: "dumb-init", command: [at("dumb-init") ?? "dumb-init"], subreaper: [] },
  catatonit: { name: "catatonit", command: [at("catatonit") ?? "catatonit"], subreaper: [] },
};

/** The path that REFERENCE gives for `name`. */
function at(name: InitName): string | undefined {
  return REFERENCE?.includes("/") && basename(REFERENCE) === name ? REFERENCE : undefined;
}

/** A test of knell alone. */
export const knellTest = test.skipIf(!isKnellRun);

/**
 * One test for each init that `expected` has a value for: `observe` must give that value. For knell it is what is
 * specified, for the others what they were seen to do.
 */
export function compare<T>(
  title: string,
  expected: Partial<Record<InitName, NoInfer<T>>>,
  observe: (init: Init) => Promise<T>,
  timeoutMs = 20_000,
): void {
  for (const init of selected()) {
    const value = expected[init.name];
    if (value === undefined) continue;
    const suffix = init.name === "knell" ? "" : ` [as seen: ${init.name}]`;
    test(`${title}${suffix}`, { timeout: timeoutMs }, async () => {
      expect(await observe(init)).toEqual(value);
    });
  }
}

function selected(): Init[] {
  if (!REFERENCE) return Object.values(INITS);
  const name = basename(REFERENCE) as InitName;
  const init = INITS[name];
  if (!init) throw new Error(`REFERENCE: "${REFERENCE}" is none of ${Object.keys(INITS)}`);
  return [init];
}

/** dist/knell under another name: argv[0] makes the personality. */
export function personality(name: string): string {
  const folder = join(ROOT, "build/test/personality");
  mkdirSync(folder, { recursive: true });
  const link = join(folder, name);
  symlinkSync(KNELL, `${link}.${process.pid}`);
  renameSync(`${link}.${process.pid}`, link);
  return link;
}
