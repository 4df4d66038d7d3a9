// What fuzzers of the binary's parsers share: running each input twice with other bytes behind it.

import { parseArgs } from "node:util";
import { Chance, mutate } from "./fuzz-input.ts";
import { type Entry, loadEntry } from "./load.ts";

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
