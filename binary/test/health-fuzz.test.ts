import { expect, test } from "vitest";
import { fuzz } from "./fuzz-health.ts";

test("random and mutated requests never trap, read beyond their end or depend on how they are split", () => {
  const seen = fuzz(Date.now() >>> 0, 10_000);
  expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 400, 405, 413, 431, 505]);
}, 30_000);
