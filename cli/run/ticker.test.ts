import { expect, test } from "vitest";
import { type Clock, ManualClock } from "./clock.ts";
import { Ticker } from "./ticker.ts";

/** A machine that was asleep: the timer due at 10 s comes at 37 s. */
class LateClock implements Clock {
  readonly #clock = new ManualClock();

  nowMs(): number {
    return this.#clock.nowMs();
  }
  after(delayMs: number, action: () => void): () => void {
    const isFirst = this.nowMs() === 0;
    return this.#clock.after(isFirst ? delayMs + 27_000 : delayMs, action);
  }
  advance(byMs: number): Promise<void> {
    return this.#clock.advance(byMs);
  }
}

test("P10: ticks that were missed are lost, and the next keeps to the multiples of the period", async () => {
  const clock = new LateClock();
  const ticks: number[] = [];
  const ticker = new Ticker(clock, 10_000, () => ticks.push(clock.nowMs() / 1000));
  await clock.advance(65_000);
  ticker.stop();
  expect(ticks).toEqual([37, 40, 50, 60]);
});

test("P16: a reset begins the period anew", async () => {
  const clock = new ManualClock();
  const ticks: number[] = [];
  const ticker = new Ticker(clock, 10_000, () => ticks.push(clock.nowMs() / 1000));
  await clock.advance(13_000);
  ticker.reset();
  await clock.advance(25_000);
  ticker.stop();
  expect(ticks).toEqual([10, 23, 33]);
});
