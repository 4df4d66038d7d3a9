// Go's time.Ticker, which the kubelet's workers wait on.

import type { Clock } from "./clock.ts";

/** Calls `onTick` at every multiple of the period since its start. Ticks that were missed are dropped (P10). */
export class Ticker {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #onTick: (dueMs: number) => void;
  #nextMs = 0;
  #cancel: () => void = () => {};

  constructor(clock: Clock, periodMs: number, onTick: (dueMs: number) => void) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#onTick = onTick;
    this.reset();
  }

  /** When the next tick is due. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** Starts the period anew from now. */
  reset(): void {
    this.#cancel();
    this.#arm(this.#clock.nowMs() + this.#periodMs);
  }

  stop(): void {
    this.#cancel();
  }

  #arm(dueMs: number): void {
    this.#nextMs = dueMs;
    this.#cancel = this.#clock.after(dueMs - this.#clock.nowMs(), () => {
      // Go's runtime: when += period * (1 + late / period).
      const lateMs = Math.max(this.#clock.nowMs() - dueMs, 0);
      this.#arm(dueMs + this.#periodMs * (1 + Math.floor(lateMs / this.#periodMs)));
      this.#onTick(dueMs);
    });
  }
}
