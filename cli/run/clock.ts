// Time as a parameter: the real clock, and one that tests move by hand.

export interface Clock {
  /** Milliseconds since the epoch, never running backwards. */
  nowMs(): number;
  /** Calls `action` once, `delayMs` from now or later. Gives a function that cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** Longer timers than this fire at once in Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class RealClock implements Clock {
  nowMs(): number {
    return performance.timeOrigin + performance.now();
  }

  after(delayMs: number, action: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number) => {
      const isLast = leftMs <= LONGEST_TIMER_MS;
      const next = isLast ? action : () => arm(leftMs - LONGEST_TIMER_MS);
      timer = setTimeout(next, isLast ? Math.max(leftMs, 0) : LONGEST_TIMER_MS);
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  }
}

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

/** Stands still until `advance` is called, then runs what is due in the order of time and of asking. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(delayMs, 0), action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `byMs`. Between two timers everything that waits for a promise gets its turn. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let timer = this.#next(untilMs); timer; timer = this.#next(untilMs)) {
      this.#timers.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.action();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (!next || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}

/** Settles when every promise that can go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Settles after `delayMs`, or as soon as `signal` fires. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", wake);
      resolve();
    });
    const wake = () => {
      cancel();
      resolve();
    };
    signal?.addEventListener("abort", wake, { once: true });
  });
}
