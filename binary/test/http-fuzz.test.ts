import { expect, test } from "vitest";
import { fuzz } from "./fuzz-http.ts";

test("random and mutated replies, URLs, redirects, addresses and options never trap or read beyond their end", () => {
  const seed = Date.now() >>> 0;
  expect(fuzz(seed, 8_000)).toBe(8_000);
}, 30_000);
