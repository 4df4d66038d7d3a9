import { setTimeout as sleep } from "node:timers/promises";
import { KNELL, statusField, withIdle } from "./programs.ts";
import type { Row } from "./row.ts";

const IDLE_MS = 10_000;

/** Memory and wake-ups of an init that has nothing to do, beside tini-static. */
export function measure(): Promise<Row[]> {
  return withIdle([[KNELL, "init"], ["tini-static"]], async (pids) => {
    const read = (field: string) => pids.map((pid) => statusField(pid, field));
    const [knell = NaN, tini = NaN] = read("VmRSS");
    const before = read("voluntary_ctxt_switches");
    await sleep(IDLE_MS);
    const after = read("voluntary_ctxt_switches");
    const [knellWakes = NaN, tiniWakes = NaN] = after.map((count, i) => count - (before[i] ?? NaN));
    return [
      {
        what: "VmRSS of an idle `knell init`",
        value: knell,
        unit: "KiB",
        good: "at most",
        bound: 256,
        goal: 128,
        detail: `tini-static: ${tini} KiB`,
      },
      {
        what: "its wake-ups over 10 s",
        value: knellWakes,
        unit: "",
        good: "at most",
        bound: 0,
        goal: 0,
        detail: `tini-static: ${tiniWakes}`,
      },
    ];
  });
}
