import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { compile, numbersFrom, statusField, withEndpoint } from "./programs.ts";
import type { Row } from "./row.ts";

const FIRST = 1_000;
const REQUESTS = 1_000_000;
/** As many as knell serves at once. */
const CONNECTIONS = 16;

/** KiB resident, page by page: VmRSS may lag behind by a batch before Linux 6.16. */
function residentKib(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Rss:\s+(\d+) kB$/m.exec(text)?.[1] ?? NaN);
}

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

/** What the endpoint needs, and that it stays with that. */
export function measure(): Promise<Row[]> {
  const flood = compile("http-flood");
  return withEndpoint(async ({ port, knell }) => {
    const ask = async (count: number) => {
      numbersFrom([flood, port, String(count), String(CONNECTIONS)]);
      await sleep(200);
      return { resident: residentKib(knell), open: descriptors(knell) };
    };
    const first = await ask(FIRST);
    const last = await ask(REQUESTS - FIRST);
    const row = { good: "at most" } as const;
    return [
      {
        ...row,
        what: `VmRSS of \`knell init --listen\` after ${REQUESTS} requests, ${CONNECTIONS} at once`,
        value: statusField(knell, "VmRSS"),
        unit: "KiB",
        bound: 384,
        detail: `page by page: ${last.resident} KiB`,
      },
      {
        ...row,
        what: `its growth since the first ${FIRST}`,
        value: last.resident - first.resident,
        unit: "KiB",
        bound: 0,
        detail: `${last.resident} − ${first.resident} KiB`,
      },
      {
        ...row,
        what: "descriptors opened since and not closed",
        value: last.open - first.open,
        unit: "",
        bound: 0,
        detail: `${last.open} − ${first.open}`,
      },
    ];
  });
}
