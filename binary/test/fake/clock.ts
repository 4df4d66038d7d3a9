// Virtual time. It moves only when the program waits or a script says so.

export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

interface Event {
  readonly time: number;
  readonly order: number;
  readonly action: () => void;
}

/** CLOCK_MONOTONIC in nanoseconds, and what is to happen when. Events of one instant run in the order they were set. */
export class Clock {
  /** Not 0 at the start: a deadline that forgets to add the present must be noticed. */
  now = 1000 * SECOND;
  #order = 0;
  /** A binary heap, the earliest event first. */
  readonly #events: Event[] = [];

  after(delayNs: number, action: () => void): void {
    this.at(this.now + delayNs, action);
  }

  at(time: number, action: () => void): void {
    const events = this.#events;
    let index = events.length;
    events.push({ time: Math.max(time, this.now), order: this.#order++, action });
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** When the next event is due; Infinity if there is none. */
  get next(): number {
    return this.#events[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  get isDue(): boolean {
    return this.next <= this.now;
  }

  /** Moves to the next event and runs it. */
  runNext(): void {
    const event = this.#takeFirst();
    this.now = Math.max(this.now, event.time);
    event.action();
  }

  /** Runs what is due up to `time` and stands there: nobody but the scripts has run meanwhile. */
  advanceTo(time: number): void {
    while (this.next <= time) this.runNext();
    this.now = Math.max(this.now, time);
  }

  #takeFirst(): Event {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined) throw new Error("no event is scheduled");
    if (events.length > 0) {
      events[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#events.length && this.#isBefore(child, least)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const a = this.#events[left]!;
    const b = this.#events[right]!;
    return a.time < b.time || (a.time === b.time && a.order < b.order);
  }

  #swap(left: number, right: number): void {
    const events = this.#events;
    [events[left], events[right]] = [events[right]!, events[left]!];
  }
}
