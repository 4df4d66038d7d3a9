// What fuzzers feed: numbers that a seed repeats, and inputs mutated from good ones.

/** Pseudo-random numbers (mulberry32): the same seed gives the same run. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

function randomBytes(chance: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.below(256)));
}

/** A seed with a few bytes changed, dropped, doubled or replaced by a piece of another one. */
export function mutate(chance: Chance, seeds: readonly string[]): Buffer {
  if (chance.below(20) === 0) return randomBytes(chance, chance.below(64));
  let bytes = Buffer.from(chance.of(seeds), "latin1");
  for (let changes = chance.below(6); changes > 0 && bytes.length > 0; changes--) {
    const at = chance.below(bytes.length);
    const end = at + chance.below(bytes.length - at + 1);
    const head = bytes.subarray(0, at);
    const other = Buffer.from(chance.of(seeds), "latin1");
    const kind = chance.below(6);
    if (kind === 0) bytes = Buffer.concat([head, randomBytes(chance, 1), bytes.subarray(at + 1)]);
    else if (kind === 1) bytes = Buffer.concat([head, bytes.subarray(end)]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    else if (kind === 3) bytes = Buffer.concat([head, other.subarray(chance.below(other.length))]);
    else if (kind === 4) bytes = Buffer.from(head);
    else bytes = Buffer.concat([head, Buffer.from(chance.of(["9", "-", "\r\n", "0", ":"])), bytes]);
  }
  return bytes;
}
