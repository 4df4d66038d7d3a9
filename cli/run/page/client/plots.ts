/// <reference lib="dom" />

import type { SampleEntry } from "../../timeline.ts";
import { element, replaceContent, svg } from "./dom.ts";
import type { PageState } from "./page.ts";
import { gridLines, WIDTH, xOf } from "./time-axis.ts";

export type Sample = SampleEntry;

const HEIGHT = 70;

/** Zombies, and CPU time per probe, over the same time as the lanes. */
export function drawPlots(parent: HTMLElement, { samples, nowMs }: PageState): void {
  const zombies = samples.map(({ atMs, zombies: count }) => [atMs, count] as const);
  const names = new Set(
    samples.flatMap(({ container, probeCpuMs }) =>
      Object.keys(probeCpuMs).map((probe) => `${container} ${probe}`),
    ),
  );
  const curves = [...names].map((name) => {
    const points = samples.flatMap(({ container, atMs, probeCpuMs }) =>
      Object.entries(probeCpuMs)
        .filter(([probe]) => `${container} ${probe}` === name)
        .map(([, cpuMs]) => [atMs, cpuMs] as const),
    );
    return plot(`CPU of ${name}, ms`, points, nowMs, "curve");
  });
  replaceContent(parent, [plot("zombies", zombies, nowMs, "curve zombies"), ...curves]);
}

function plot(
  name: string,
  points: readonly (readonly [atMs: number, value: number])[],
  nowMs: number,
  kind: string,
): HTMLElement {
  const most = Math.max(...points.map(([, value]) => value), 1);
  const shown = points.filter(([atMs]) => xOf(atMs, nowMs) >= 0);
  const y = (value: number) => HEIGHT - 4 - (value / most) * (HEIGHT - 18);
  const d = shown.map(([atMs, value], index) => {
    const x = xOf(atMs, nowMs).toFixed(1);
    return `${index === 0 ? "M" : "L"}${x} ${y(value).toFixed(1)}`;
  });
  const now = shown.at(-1)?.[1] ?? 0;
  const text = `${name}: ${now.toFixed(0)}`;
  const picture = { role: "img", "aria-label": text, preserveAspectRatio: "none", height: HEIGHT };
  return element("div", {}, [
    element("p", {}, [text]),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, ...picture }, [
      ...gridLines(HEIGHT, false),
      svg("path", { class: kind, d: d.join("") }),
    ]),
  ]);
}
