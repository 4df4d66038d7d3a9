import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { median, percentile, type Row } from "./row.ts";
import { podOf, startPod } from "./run-pods.ts";

const CONTAINERS = 50;
const MEASURED_MS = 20_000;
const TICK_MS = 10;

/** User and system time of the process itself, its children not counted: fields 14 and 15 of proc(5) stat. */
function ownCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** What \`knell run\` itself takes for 50 containers with an exec probe per second each, and how late the probes are. */
export async function measure(): Promise<Row[]> {
  const pod = startPod(podOf(CONTAINERS, 'exec: {command: ["true"]}'));
  const isLast = (container: string) => container === `c${CONTAINERS - 1}`;
  await pod.find((entry) => entry.kind === "attempt" && isLast(entry.container));
  await sleep(3000);
  const pid = pod.process.pid ?? 0;
  const before = ownCpuMs(pid);
  const sinceMs = Date.now();
  await sleep(MEASURED_MS);
  const share = ((ownCpuMs(pid) - before) / (Date.now() - sinceMs)) * 100;
  const attempts = pod.entries.filter((entry) => entry.kind === "attempt");
  await pod.stop();
  const late = attempts
    .filter(({ dueAtMs }) => dueAtMs >= sinceMs)
    .map(({ startedAtMs, dueAtMs }) => startedAtMs - dueAtMs);
  return [
    {
      what: `\`knell run\`: own CPU, ${CONTAINERS} containers with an exec probe per second each`,
      value: share,
      unit: "%",
      good: "at most",
      bound: 10,
      detail: `of one core, over ${MEASURED_MS / 1000} s`,
    },
    {
      what: "`knell run`: lateness of a probe against its due time, same load, p99",
      value: percentile(late, 0.99),
      unit: "ms",
      good: "at most",
      bound: 20,
      detail: `${late.length} attempts, median ${median(late).toFixed(2)} ms`,
    },
  ];
}
