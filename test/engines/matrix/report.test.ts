import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { replaceBlock } from "../../../scripts/readme-block.ts";
import { ROOT } from "../../binary/harness.ts";
import { type Cell, CONDITIONS, type Condition } from "./conditions.ts";
import type { Matrix } from "./matrix.ts";
import {
  brokenPromises,
  isClean,
  openingOf,
  pageOf,
  pictureOf,
  type Results,
  textOf,
} from "./report.ts";
import { WAY_NAMES } from "./ways.ts";

const CLEAN: Cell = { seen: 0, missed: 0, falseAlarms: 0, zombies: 0, orphans: 0 };

test.each([
  [CLEAN, "clean", true],
  [{ ...CLEAN, seen: 3 }, "3 of 3 seen", true],
  [{ ...CLEAN, seen: 1, missed: 2 }, "1 of 3 seen", false],
  [{ ...CLEAN, falseAlarms: 1 }, "1 false alarm", false],
  [{ ...CLEAN, zombies: 2, orphans: 1 }, "1 orphan, 2 zombies", false],
  [{ ...CLEAN, refused: 4 }, "4 refused", false],
  [{ ...CLEAN, refused: 0 }, "clean", true],
  [{ ...CLEAN, cpuNanoseconds: 26_340_000 }, "26.3 ms CPU each", true],
  [{ ...CLEAN, cpuNanoseconds: 144_000 }, "0.14 ms CPU each", true],
])("engines: the cell %j is said as %j", (cell, words, clean) => {
  expect([textOf(cell), isClean(cell)]).toEqual([words, clean]);
});

/** All clean but for `cell` at one place. */
function matrixWith(cell: Cell, at: "recipe" | "redis"): Matrix {
  const row = () =>
    Object.fromEntries(Object.keys(CONDITIONS).map((name) => [name, CLEAN])) as Record<
      Condition,
      Cell
    >;
  const matrix = Object.fromEntries(WAY_NAMES.map((way) => [way, row()])) as Matrix;
  matrix[at].frozen = cell;
  return matrix;
}

test.each(["zombies", "orphans", "missed", "falseAlarms", "refused"] as const)(
  "engines: one of %s in a cell of knell is a broken promise, in another's it is not",
  (field) => {
    const cell = { ...CLEAN, [field]: 1 };
    const broken = { engine: "x", matrix: matrixWith(cell, "redis") };
    expect(brokenPromises(broken)).toEqual([`x, redis, frozen: ${textOf(cell)}`]);
    expect(brokenPromises({ engine: "x", matrix: matrixWith(cell, "recipe") })).toEqual([]);
  },
);

test("docs/engines.md and .svg say what docs/engines.json holds, and no promise is broken in it", () => {
  const read = (name: string) => readFileSync(join(ROOT, "docs", name), "utf8");
  const results: Results = JSON.parse(read("engines.json"));
  expect(read("engines.md")).toBe(pageOf(results));
  expect(read("engines.svg")).toBe(pictureOf(results));
  const readme = read("../README.md");
  expect(readme).toBe(replaceBlock(readme, "engines", openingOf(results)));
  expect(results.engines.flatMap(brokenPromises)).toEqual([]);
  expect(results.engines.map(({ engine }) => engine.split(" ")[0])).toEqual([
    "containerd",
    "podman",
  ]);
});
