// The page: takes entries from the server and draws how things stand, once per frame and only if something came.

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import type { ProcessView } from "../../engine.ts";
import { Overview } from "../../overview.ts";
import type { EventEntry, TimelineEntry } from "../../timeline.ts";
import { element, replaceContent } from "./dom.ts";
import { drawEvents } from "./events-list.ts";
import { drawLanes } from "./lanes.ts";
import { drawPlots, type Sample } from "./plots.ts";
import { drawProcesses } from "./process-tree.ts";

const FAULTS: readonly [label: string, fault: string][] = [
  ["Freeze for 10 s", "freeze 10s"],
  ["Kill", "kill"],
  ["Slow by 300 ms for 10 s", "slow 300ms 10s"],
  ["Fill the disk for 10 s", "full-disk 10s"],
  ["Fork 10 orphans", "fork-orphans 10"],
  ["Fill the pids for 10 s", "fill-pids 10s"],
];
const MOST_KEPT = 5000;

/** Everything that is drawn. */
export interface PageState {
  readonly overview: Overview;
  readonly attempts: Extract<TimelineEntry, { kind: "attempt" }>[];
  readonly restarts: { readonly container: string; readonly atMs: number }[];
  readonly events: EventEntry[];
  readonly samples: Sample[];
  processes: Readonly<Record<string, readonly ProcessView[]>>;
  nowMs: number;
}

const state: PageState = {
  overview: new Overview(),
  attempts: [],
  restarts: [],
  events: [],
  samples: [],
  processes: {},
  nowMs: 0,
};

function take(entry: TimelineEntry): void {
  state.overview.take(entry);
  state.nowMs = Math.max(state.nowMs, entry.atMs);
  if (entry.kind === "attempt") keep(state.attempts, entry);
  else if (entry.kind === "event") keep(state.events, entry);
  else if (entry.kind === "sample") keep(state.samples, entry);
  else if (entry.kind === "container" && entry.state === "running" && entry.restartCount > 0) {
    keep(state.restarts, entry);
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > MOST_KEPT) list.splice(0, MOST_KEPT / 10);
}

let isFramePending = false;
function redraw(): void {
  if (isFramePending) return;
  isFramePending = true;
  requestAnimationFrame(() => {
    isFramePending = false;
    const containers = [...state.overview.containers.values()];
    const zombies = containers.reduce((sum, container) => sum + container.zombies, 0);
    const count = zombies > 0 ? `, ${zombies} zombies` : "";
    find("pod").textContent = `knell run: ${state.overview.phase}${count}`;
    drawLanes(find("lanes"), state);
    drawProcesses(find("processes"), state.processes);
    drawPlots(find("plots"), state);
    drawEvents(find("events"), state.events);
  });
}

function find(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

function connect(): void {
  // Comes back by itself, and says where it was.
  const source = new EventSource("events");
  source.addEventListener("open", () => {
    find("connection").textContent = "connected";
  });
  source.addEventListener("error", () => {
    find("connection").textContent = "connection lost; trying again";
  });
  source.addEventListener("entries", ({ data }) => {
    for (const entry of JSON.parse(data) as TimelineEntry[]) take(entry);
    redraw();
  });
  source.addEventListener("processes", ({ data }) => {
    state.processes = JSON.parse(data);
    redraw();
  });
}

async function bringAbout(fault: string): Promise<void> {
  const body = JSON.stringify({ fault });
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch("faults", { method: "POST", headers, body });
    find("answer").textContent = response.ok ? `${fault}: begun` : await response.text();
  } catch {
    find("answer").textContent = "no connection";
  }
}

replaceContent(
  find("faults"),
  FAULTS.map(([label, fault]) => {
    const button = element("button", { type: "button" }, [label]);
    button.addEventListener("click", () => bringAbout(fault));
    return button;
  }),
);
connect();
