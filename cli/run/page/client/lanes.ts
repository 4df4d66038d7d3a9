/// <reference lib="dom" />

import type { ProbeNow } from "../../overview.ts";
import type { AttemptEntry } from "../../timeline.ts";
import { element, replaceContent, svg } from "./dom.ts";
import type { PageState } from "./page.ts";
import { gridLines, WIDTH, xOf } from "./time-axis.ts";

const HEIGHT = 40;
const MIDDLE = 16;

/** One lane per probe, all on the same time axis. */
export function drawLanes(parent: HTMLElement, state: PageState): void {
  const probes = [...state.overview.probes.values()];
  replaceContent(
    parent,
    probes.length > 0 ? probes.map((probe) => lane(probe, state)) : ["no attempt yet"],
  );
}

function lane(probe: ProbeNow, state: PageState): HTMLElement {
  const { container, probe: type, last } = probe;
  const isOwn = (entry: AttemptEntry) => entry.container === container && entry.probe === type;
  const attempts = state.attempts.filter(isOwn);
  const failures = attempts.filter(({ result }) => result === "failure").length;
  const errors = attempts.filter(({ result }) => result === "error").length;
  const restarts = state.restarts.filter((restart) => restart.container === container);
  const marks = [
    ...gridLines(HEIGHT, true),
    ...restarts.map(({ atMs }) => line("restart", xOf(atMs, state.nowMs))),
    ...attempts.flatMap((attempt) => markOf(attempt, state.nowMs)),
  ];
  const name = `${container} ${type}`;
  const label = `${name}: ${attempts.length} attempts, ${failures} failed, ${errors} errored, ${restarts.length} restarts`;
  const picture = { role: "img", "aria-label": label, preserveAspectRatio: "none" };
  return element("div", { class: "lane" }, [
    element("p", {}, [element("strong", {}, [name]), lastText(last)]),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, height: HEIGHT, ...picture }, marks),
  ]);
}

function lastText(last: AttemptEntry | undefined): HTMLElement {
  if (!last) return element("span", {}, ["no attempt yet"]);
  const tone = last.result === "success" ? "good" : last.result === "failure" ? "bad" : "odd";
  const word = last.isTimeout ? "timed out" : WORDS[last.result];
  const run = last.threshold > 0 ? `, ${last.run} of ${last.threshold}` : "";
  const text = `${word}${run}, ${last.durationMs.toFixed(0)} ms`;
  const output = last.result === "success" ? "" : ` ${last.output.slice(0, 160)}`;
  return element("span", { class: tone }, [text + output]);
}

const WORDS = {
  success: "passed",
  warning: "passed with a warning",
  failure: "failed",
  error: "errored",
};

function markOf(attempt: AttemptEntry, nowMs: number): SVGElement[] {
  const x = xOf(attempt.atMs, nowMs);
  if (x < 0) return [];
  const marks: SVGElement[] = [];
  const startX = Math.max(xOf(attempt.startedAtMs, nowMs), 0);
  if (x - startX > 2) {
    marks.push(svg("path", { class: "axis", d: `M${startX} ${MIDDLE}H${x}` }));
  }
  const isReached = attempt.isStored && attempt.result === "failure";
  if (isReached) marks.push(line("threshold", x));
  marks.push(shapeOf(attempt, x));
  return marks;
}

function shapeOf({ result, isTimeout }: AttemptEntry, x: number): SVGElement {
  const [left, right, top, bottom] = [x - 4, x + 4, MIDDLE - 4, MIDDLE + 4];
  if (isTimeout) {
    return svg("path", { class: "timeout", d: `M${left} ${top}H${right}V${bottom}H${left}Z` });
  }
  if (result === "failure") {
    const d = `M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}`;
    return svg("path", { class: "failure", d });
  }
  if (result === "error") {
    return svg("path", { class: "error", d: `M${x} ${top}L${right} ${bottom}H${left}Z` });
  }
  return svg("circle", { class: result, cx: x, cy: MIDDLE, r: 3.5 });
}

function line(kind: string, x: number): SVGElement {
  return svg("path", { class: kind, d: `M${x} 0V${HEIGHT}` });
}
