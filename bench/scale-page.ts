// bench/node-scale.md and .svg from the samples. Pure.

import { WAYS, type WayName } from "../test/engines/matrix/ways.ts";
import { coresOf, type Model, type Sample } from "./scale-model.ts";

export interface Scale {
  readonly way: WayName;
  readonly samples: readonly Sample[];
  readonly model: Model;
}

export interface About {
  readonly date: string;
  readonly machine: string;
  readonly seconds: number;
}

/** 110 is the kubelet's default limit, 250 what large nodes are set to. */
const PODS = [30, 110, 250];
const PERIODS = [1, 5, 10];
/** Kubernetes' limits for one cluster: 5 000 nodes, 150 000 pods. */
const CLUSTER = { nodes: 5_000, pods: 150_000 };

export function pageOf({ date, machine, seconds }: About, scales: readonly Scale[]): string {
  const header = PODS.flatMap((pods) => PERIODS.map((period) => `${pods} pods, ${period} s`));
  const nodes = scales.map(({ way, model }) => [
    WAYS[way].title,
    ...PODS.flatMap((pods) => PERIODS.map((period) => cores(coresOf(model, pods, period)))),
  ]);
  const clusters = scales.map(({ way, model }) => [
    WAYS[way].title,
    ...PERIODS.map((period) => cores(coresOf(model, CLUSTER.pods, period))),
  ]);
  return `# What do probes cost a node?

${date}, ${machine}. Made by \`npm run bench -- node-scale\`.

![Cores against pods, one probe a pod every 10 s](node-scale.svg)

## Measured

1, 10 and 30 containers on containerd, each probed once a second for ${seconds} s. CPU of containerd, shims, runc, probes and
Redis, less what the same containers use without probes. Not in it: the kubelet's own part.

${table(
  ["", "probes a second → cores", "CPU of one probe, fitted", "worst sample is off by"],
  scales.map(({ way, samples, model }) => [
    WAYS[way].title,
    samples.map((s) => `${s.rate.toFixed(1)} → ${cores(s.cores)}`).join(", "),
    `${(model.secondsPerProbe * 1e3).toFixed(2)} ms`,
    `${(model.error * 100).toFixed(0)} %`,
  ]),
)}

## Extrapolated

cores = CPU of one probe × pods ÷ period, one probe a pod. Nothing beyond 30 containers was measured: a node that is short of
CPU, or whose process table is long, pays more. Two probes a pod cost twice as much.

Cores of one node:

${table(["", ...header], nodes)}

Cores of a cluster of ${CLUSTER.nodes.toLocaleString("en")} nodes with ${CLUSTER.pods.toLocaleString("en")} pods, the limit that Kubernetes names for one:

${table(["", ...PERIODS.map((period) => `every ${period} s`)], clusters)}
`;
}

/** Two digits that count. */
const cores = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

const PLOT = { width: 640, height: 320, left: 60, right: 210, top: 20, bottom: 46 };
const COLOURS: Record<WayName, string> = {
  recipe: "#b3261e",
  shell: "#d97706",
  exec: "#0b7285",
  redis: "#1d4ed8",
  listen: "#15803d",
};
const PERIOD = 10;
const MOST_PODS = 250;

/** A line for each way. */
export function pictureOf(scales: readonly Scale[]): string {
  const most = Math.max(...scales.map(({ model }) => coresOf(model, MOST_PODS, PERIOD))) * 1.05;
  const inner = {
    width: PLOT.width - PLOT.left - PLOT.right,
    height: PLOT.height - PLOT.top - PLOT.bottom,
  };
  const x = (pods: number) => PLOT.left + (pods / MOST_PODS) * inner.width;
  const y = (value: number) => PLOT.top + inner.height * (1 - value / most);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = share * most;
    return `<path d="M${PLOT.left} ${y(value)}H${PLOT.width - PLOT.right}" stroke="#ddd"/>${label(PLOT.left - 6, y(value) + 4, value.toFixed(2), "end")}`;
  });
  const pods = [0, 50, 110, 150, 200, 250].map((n) =>
    label(x(n), PLOT.height - 26, String(n), "middle"),
  );
  const ordered = scales.toSorted((a, b) => b.model.secondsPerProbe - a.model.secondsPerProbe);
  const lines = ordered.map(({ way, model }, index) => {
    const end = y(coresOf(model, MOST_PODS, PERIOD));
    const words = WAYS[way].title.replaceAll(/[`\\\\]/g, "");
    const at = PLOT.top + 12 + index * 18;
    return `<path d="M${x(0)} ${y(0)}L${x(MOST_PODS)} ${end}" stroke="${COLOURS[way]}" stroke-width="2" fill="none"/>
<path d="M${PLOT.width - PLOT.right + 8} ${at - 4}h14" stroke="${COLOURS[way]}" stroke-width="3"/>${label(PLOT.width - PLOT.right + 26, at, words, "start")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${PLOT.width} ${PLOT.height}" font-family="sans-serif" font-size="11">
<title>Cores that probes cost a node, against the number of pods</title>
<rect width="${PLOT.width}" height="${PLOT.height}" fill="#fff"/>
${[...ticks, ...pods, ...lines].join("\n")}
${label(PLOT.left + inner.width / 2, PLOT.height - 8, `pods on the node, one probe each every ${PERIOD} s`, "middle")}
${label(8, 12, "cores", "start")}
</svg>
`;
}

function label(x: number, y: number, words: string, anchor: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${safe}</text>`;
}
