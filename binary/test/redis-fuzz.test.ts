import { expect, test } from "vitest";
import { fuzz } from "./fuzz-redis.ts";

test("R13, R57, R89: random and mutated replies, URIs, options and DNS messages never trap or read beyond their end", () => {
  const seed = Date.now() >>> 0;
  expect(fuzz(seed, 40_000)).toBe(40_000);
}, 30_000);
