import { expect, test } from "vitest";
import { BackOff } from "./back-off.ts";
import { ManualClock } from "./clock.ts";

/** The delays before so many starts of something that ends as soon as it starts. */
async function delays(count: number, longestMs?: number, initialMs?: number): Promise<number[]> {
  const clock = new ManualClock();
  const backOff = new BackOff(clock, longestMs, initialMs);
  const found: number[] = [];
  for (let start = 0; start < count; start++) {
    const endedAtMs = clock.nowMs();
    const waitMs = Math.max(backOff.remainingMs("a", endedAtMs), 0);
    await clock.advance(waitMs);
    backOff.next("a", endedAtMs);
    found.push(waitMs / 1000);
  }
  return found;
}

test("P88: it begins with 10 s, doubles, and stops at 300 s", async () => {
  expect(await delays(8)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
});

test("P94: with an initial 1 s and at most 60 s it is 0, 1, 2, 4, 8, 16, 32, 60", async () => {
  expect(await delays(9, 60_000, 1000)).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60]);
});

test("P90: an entry that nobody updated for 600 s is collected", async () => {
  const clock = new ManualClock();
  const backOff = new BackOff(clock);
  backOff.next("a", 0);
  await clock.advance(600_000);
  backOff.collectGarbage();
  expect(backOff.delayMs("a")).toBe(10_000);
  await clock.advance(1);
  backOff.collectGarbage();
  expect(backOff.delayMs("a")).toBe(0);
});
