/// <reference lib="dom" />

import { svg } from "./dom.ts";

/** What is drawn reaches back so far. */
export const WINDOW_MS = 120_000;
export const WIDTH = 1000;
const STEP_MS = 20_000;

/** Where a moment stands, 0 to WIDTH; negative if it is too long ago. */
export function xOf(atMs: number, nowMs: number): number {
  return WIDTH - ((nowMs - atMs) / WINDOW_MS) * WIDTH;
}

/** Lines every 20 s, with how long ago that was. */
export function gridLines(height: number, isLabelled: boolean): SVGElement[] {
  const lines: SVGElement[] = [];
  for (let agoMs = STEP_MS; agoMs < WINDOW_MS; agoMs += STEP_MS) {
    const x = WIDTH - (agoMs / WINDOW_MS) * WIDTH;
    lines.push(svg("path", { class: "axis", d: `M${x} 0V${height}` }));
    if (isLabelled) {
      lines.push(svg("text", { x: x + 3, y: height - 3 }, [`-${agoMs / 1000} s`]));
    }
  }
  return lines;
}
