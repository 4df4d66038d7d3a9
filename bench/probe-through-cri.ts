// What one probe costs a node, for each of the five ways of docs/engines.md.

import { many, startSubject } from "../test/engines/matrix/conditions.ts";
import { WAY_NAMES, WAYS, type WayName } from "../test/engines/matrix/ways.ts";
import { coresDuring, wait, withContainerd } from "./cri-ways.ts";
import { median, milliseconds, type Row } from "./row.ts";

const ROUNDS = 9;
const PROBES = 20;
const IDLE_MS = 5_000;

/** CPU of containerd, shim, runc, the probe and Redis' answer; all ways in turn, medians of the rounds. */
export function measure(): Promise<Row[]> {
  return withContainerd(async (engine) => {
    const subjects = await Promise.all(
      WAY_NAMES.map(async (way) => ({ way, subject: await startSubject(engine, WAYS[way]) })),
    );
    const idle = await coresDuring(engine, () => wait(IDLE_MS));
    const costs = Object.fromEntries(WAY_NAMES.map((way) => [way, [] as number[]]));
    for (let round = -1; round < ROUNDS; round++)
      for (const { way, subject } of subjects) {
        const { cpuNanoseconds = NaN, falseAlarms } = await many(subject, PROBES, idle.cores);
        if (falseAlarms > 0) throw new Error(`${way}: ${falseAlarms} of ${PROBES} failed`);
        // The first one warms up.
        if (round >= 0) costs[way]?.push(cpuNanoseconds);
      }
    return WAY_NAMES.map((way) => rowOf(way, median(costs[way] ?? []), engine.name));
  });
}

function rowOf(way: WayName, nanoseconds: number, engine: string): Row {
  return {
    what: `CPU of one ${WAYS[way].title} through CRI`,
    value: nanoseconds / 1e6,
    unit: "ms",
    good: "at most",
    detail: `${milliseconds(nanoseconds)}, ${engine}${way === "listen" ? ", no exec" : ""}`,
  };
}
