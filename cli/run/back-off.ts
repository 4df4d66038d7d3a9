// Delays between restarts (client-go flowcontrol/backoff.go and doBackOff of kuberuntime_manager.go).

import type { Clock } from "./clock.ts";

const INITIAL_MS = 10_000;
const LONGEST_MS = 300_000;
/** An entry as old as this starts anew (P89, P90). */
const RESET_AFTER_MS = 600_000;

interface Entry {
  delayMs: number;
  updatedAtMs: number;
}

export class BackOff {
  readonly #clock: Clock;
  readonly #initialMs: number;
  readonly #longestMs: number;
  readonly #entries = new Map<string, Entry>();

  /** `longestMs` is the node's crashLoopBackOff.maxContainerRestartPeriod, which also bounds the first delay (P93). */
  constructor(clock: Clock, longestMs = LONGEST_MS, initialMs = INITIAL_MS) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#initialMs = Math.min(initialMs, longestMs);
  }

  /** Milliseconds until `key` may start again, given when it last ended; 0 or less if it may now (P84). */
  remainingMs(key: string, finishedAtMs: number): number {
    const entry = this.#entries.get(key);
    if (!entry || hasExpired(entry, finishedAtMs)) return 0;
    return finishedAtMs + entry.delayMs - this.#clock.nowMs();
  }

  /** The whole delay that `key` is waiting for. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Notes a start after an exit: a first entry, or twice the delay. */
  next(key: string, finishedAtMs: number): void {
    const entry = this.#entries.get(key);
    const isNew = !entry || hasExpired(entry, finishedAtMs);
    const delayMs = isNew ? this.#initialMs : Math.min(entry.delayMs * 2, this.#longestMs);
    this.#entries.set(key, { delayMs, updatedAtMs: this.#clock.nowMs() });
  }

  /** Drops what nobody has updated for so long (P90). */
  collectGarbage(): void {
    for (const [key, entry] of this.#entries) {
      if (hasExpired(entry, this.#clock.nowMs())) this.#entries.delete(key);
    }
  }
}

function hasExpired(entry: Entry, atMs: number): boolean {
  return atMs - entry.updatedAtMs > RESET_AFTER_MS;
}
