// The promise of docs/engines.md in less time: `npm run engines` has the full numbers.

import { beforeAll, describe, expect, test } from "vitest";
import { CONDITIONS, type Condition, type Sizes } from "./conditions.ts";
import { brokenPromises, type EngineResult } from "./report.ts";
import { ENGINES, type EngineName, runOn } from "./run.ts";
import { WAY_NAMES, WAYS } from "./ways.ts";

/** 50 probes in place of 1 000, and 4 s in place of 15. */
const SIZES: Sizes = { healthy: 3, many: 50, frozenSeconds: 4, repeats: 2, killed: 26 };

const KNELL = WAY_NAMES.filter((way) => WAYS[way].isKnell);
const SEEN: Condition[] = ["frozen", "wrapper", "crashed", "loading", "password"];

describe.each(Object.keys(ENGINES) as EngineName[])("%s", (name) => {
  const reason = ENGINES[name].whyNot();
  let result: EngineResult;
  beforeAll(async () => {
    if (reason === undefined) result = await runOn(name, SIZES);
  }, 240_000);

  test("knell: no zombie, no orphan, no failure missed and no false alarm, in any cell", ({
    skip,
  }) => {
    skip(reason !== undefined, reason);
    expect(brokenPromises(result)).toEqual([]);
    for (const way of KNELL)
      for (const condition of SEEN)
        expect([way, condition, result.matrix[way][condition].seen]).not.toContain(0);
  });

  test("a wrapper around redis-cli: leaves orphans, and zombies of them, until probes cannot start", ({
    skip,
  }) => {
    skip(reason !== undefined, reason);
    for (const { frozen, pids } of [result.matrix.recipe, result.matrix.shell]) {
      expect(frozen.orphans).toBeGreaterThan(0);
      expect(frozen.zombies).toBeGreaterThan(0);
      expect(pids.zombies).toBeGreaterThan(0);
      expect(pids.refused).toBeGreaterThan(0);
    }
  });

  // conmon ends with the process it started; containerd's shim waits for the end of its output.
  test.runIf(name === "containerd")(
    "a wrapper around redis-cli: a frozen Redis is never seen",
    ({ skip }) => {
      skip(reason !== undefined, reason);
      for (const { frozen } of [result.matrix.recipe, result.matrix.shell])
        expect(frozen).toMatchObject({ seen: 0, missed: 1 });
    },
  );

  test("redis-cli without -e: LOADING and a wrong password count as ready", ({ skip }) => {
    skip(reason !== undefined, reason);
    const { loading, password } = result.matrix.recipe;
    expect([loading, password]).toMatchObject([{ seen: 0 }, { seen: 0 }]);
  });

  test("every cell of every way was run", ({ skip }) => {
    skip(reason !== undefined, reason);
    for (const way of WAY_NAMES)
      expect(Object.keys(result.matrix[way]).toSorted()).toEqual(
        Object.keys(CONDITIONS).toSorted(),
      );
  });
});
