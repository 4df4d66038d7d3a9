// What fuzzers of the binary's parsers share: chance, mutation, and running each input twice with other bytes behind it.

import { parseArgs } from "node:util";
import { type Entry, loadEntry } from "./load.ts";

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

export type FuzzTarget = (at: number, length: number, chance: Chance) => unknown;

/** What one input gives with `fill` behind it. Throws if it touches those bytes. */
function runOnce(
  entry: Entry,
  bytes: Buffer,
  fill: number,
  target: FuzzTarget,
  chance: Chance,
): string {
  const GUARD = 256;
  const [at, length] = entry.put(bytes);
  entry.memory.fill(fill, at + length, at + length + GUARD);
  const result = JSON.stringify(target(at, length, chance));
  const guard = entry.memory.subarray(at + length, at + length + GUARD);
  if (!guard.every((byte) => byte === fill)) throw new Error("wrote behind its input");
  return result;
}

/** Feeds option parsers, the exports `parsers` of a test entry, with command lines made of `words`. */
export function optionFuzzer(
  entryName: string,
  parsers: readonly string[],
  words: readonly string[],
): (chance: Chance) => void {
  let argv: Buffer[] = [];
  let lines = 0;
  const copy = (from: Buffer | undefined, offset: number, to: number, length: number) =>
    from?.copy(options.memory, to, offset, Math.min(from.length, offset + length)) ?? 0;
  const options: Entry = loadEntry(entryName, {
    argv_length: (index) => argv[Number(index)]?.length ?? -1,
    argv_read: (index, offset, to, length) =>
      copy(argv[Number(index)], Number(offset), Number(to), Number(length)),
    argv_scrub: (index, offset) => void argv[Number(index)]?.fill("*", Number(offset)),
    environ_length: () => -1,
    isatty: () => 0,
    ppoll: (at) => {
      options.memory[Number(at) + 6] = 4;
      return 1;
    },
    write: (_file, at, length) => {
      const end = Number(at) + Number(length);
      if (options.memory.indexOf(10, Number(at)) !== end - 1) throw new Error("not one line");
      lines++;
      return length;
    },
    open: () => -2,
  });
  return (chance) => {
    lines = 0;
    argv = Array.from({ length: chance.below(7) }, () =>
      chance.below(40) === 0
        ? Buffer.alloc(chance.below(40_000), chance.below(256))
        : mutate(chance, chance.below(3) === 0 ? words : [chance.of(words)]),
    ).map((word) => Buffer.from(word.filter((byte) => byte !== 0)));
    const status = options.call[chance.of(parsers)]!();
    if (status !== -1 && status !== 64) throw new Error(`status ${status}`);
    if (lines !== (status === 64 ? 1 : 0)) throw new Error(`${lines} lines with status ${status}`);
  };
}

export interface Fuzzer {
  readonly entry: Entry;
  readonly seeds: Readonly<Record<string, readonly string[]>>;
  readonly targets: Readonly<Record<string, FuzzTarget>>;
  readonly options: (chance: Chance) => void;
}

/** Runs `inputs` inputs, or for `minutes`; gives how many it ran. */
export function fuzzInputs(
  { entry, seeds, targets, options }: Fuzzer,
  seed: number,
  inputs: number,
  minutes: number,
): number {
  const names = ["options", ...Object.keys(seeds)];
  const deadline = minutes > 0 ? performance.now() + minutes * 60_000 : Number.POSITIVE_INFINITY;
  let count = 0;
  for (; count < inputs && (count % 1000 !== 0 || performance.now() < deadline); count++) {
    const chance = new Chance(seed + count);
    const name = chance.of(names);
    let bytes: Buffer = Buffer.alloc(0);
    try {
      if (name === "options") {
        options(chance);
        continue;
      }
      bytes = mutate(chance, seeds[name]!);
      const first = runOnce(entry, bytes, 0xaa, targets[name]!, chance);
      const second = runOnce(
        entry,
        bytes,
        chance.of([0, 10, 13, 48, 58, 64]),
        targets[name]!,
        chance,
      );
      if (first !== second) throw new Error(`depends on what is behind it: ${first}, ${second}`);
    } catch (error) {
      const shown = JSON.stringify(bytes.toString("latin1"));
      throw new Error(`${name}, --seed ${seed + count} --inputs 1: ${shown}`, { cause: error });
    }
  }
  return count;
}

/** Runs a fuzzer as its command line says: --minutes N, --inputs N, --seed N. */
export function runFromCommandLine(
  fuzz: (seed: number, inputs: number, minutes: number) => number,
): void {
  const { values } = parseArgs({
    options: { minutes: { type: "string" }, inputs: { type: "string" }, seed: { type: "string" } },
  });
  const seed = values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
  const minutes = Number(values.minutes ?? 0);
  const inputs = Number(values.inputs ?? (minutes > 0 ? Number.POSITIVE_INFINITY : 100_000));
  console.log(`seed ${seed}`);
  console.log(`${fuzz(seed, inputs, minutes)} inputs, no fault`);
}
