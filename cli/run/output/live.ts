// On a terminal: how things stand, drawn anew a few times a second, with keys for the faults.

import { styleText } from "node:util";
import { type FaultRunner, parseFault } from "../faults.ts";
import { Overview, type ProbeNow } from "../overview.ts";
import type { Session } from "../session.ts";
import type { Summary } from "../summary.ts";
import type { TimelineEntry } from "../timeline.ts";
import type { OutputSettings, RunOutput } from "./output.ts";
import { columnsOf, type PlainSettings, plainLine, summaryText } from "./plain.ts";
import { clean, durationText } from "./text.ts";

const REDRAW_MS = 250;
const LINES_KEPT = 200;
/** Home, and clear from there: no flicker of an empty screen between two pictures. */
const HOME = "\x1b[H";
const CLEAR_BELOW = "\x1b[J";
const CLEAR_LINE = "\x1b[K";
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?1049l\x1b[?25h";

/** Key → what it does to the first container, and how it is called below the table. */
const KEYS: Readonly<Record<string, readonly [fault: string, label: string]>> = {
  f: ["freeze 10s", "freeze 10 s"],
  k: ["kill", "kill"],
  s: ["slow 300ms 10s", "slow 300 ms"],
  d: ["full-disk 10s", "full disk"],
  o: ["fork-orphans 10", "10 orphans"],
  p: ["fill-pids 10s", "fill pids"],
};

export class LiveOutput implements RunOutput {
  readonly #settings: OutputSettings;
  readonly #overview = new Overview();
  readonly #lines: string[] = [];
  readonly #plain: PlainSettings;
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopKeys: () => void = () => {};

  constructor(settings: OutputSettings) {
    this.#settings = settings;
    const { startedAtMs, hasLogs, environment } = settings;
    this.#plain = { startedAtMs, hasLogs, isColoured: !environment.env.NO_COLOR };
  }

  begin(session: Session, faults: FaultRunner): void {
    this.#session = session;
    this.#settings.environment.writeOut(ENTER);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#stopKeys = onKeys((key) => {
      const fault = parseFault(KEYS[key]?.[0] ?? "");
      if (typeof fault !== "string") faults.run(fault);
    });
  }

  take(entry: TimelineEntry): void {
    this.#overview.take(entry);
    const isRoutine = entry.kind === "attempt" && entry.result === "success";
    const line = isRoutine ? undefined : plainLine(entry, this.#plain);
    if (line === undefined) return;
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
  }

  end(summary: Summary): void {
    clearInterval(this.#timer);
    this.#stopKeys();
    const left = this.#session ? LEAVE : "";
    const text = `${this.#lines.join("\n")}\n\n${summaryText(summary)}`;
    this.#settings.environment.writeOut(left + text);
  }

  #draw(): void {
    const height = process.stdout.rows || 24;
    const width = process.stdout.columns || 80;
    const head = [...this.#table(), "", keysLine(), ""];
    const lines = this.#lines.slice(-Math.max(height - head.length - 1, 0));
    const picture = [...head, ...lines].map((line) => cut(line, width) + CLEAR_LINE).join("\n");
    this.#settings.environment.writeOut(HOME + picture + CLEAR_BELOW);
  }

  #table(): string[] {
    const { name, namespace } = this.#settings.pod;
    const containers = [...this.#overview.containers.values()].map((container) => [
      container.name,
      container.state,
      container.started ? "started" : "not started",
      container.ready ? "ready" : "not ready",
      `${container.restarts} restarts`,
      `${container.zombies} zombies`,
    ]);
    const header = ["probe", "last", "took", "run", "next", "CPU", "output"];
    const probes = [...this.#overview.probes.values()].map((probe) => this.#probeRow(probe));
    const title = `pod ${namespace}/${name}: ${this.#overview.phase}`;
    return [
      styleText("bold", title, { validateStream: false }),
      ...columnsOf(containers.length > 0 ? containers : [["no container yet"]]).split("\n"),
      "",
      ...columnsOf([header, ...probes]).split("\n"),
    ];
  }

  #probeRow({ container, probe, last, cpuMs }: ProbeNow): string[] {
    const worker = this.#session?.pod.worker(container, probe);
    const nowMs = performance.timeOrigin + performance.now();
    const sinceMs = worker?.pendingSinceMs;
    const nextMs = worker?.nextTickMs;
    const next = sinceMs === undefined ? inText(nextMs, nowMs) : `asked ${inText(nowMs, sinceMs)}`;
    const isBad = last !== undefined && last.result !== "success";
    return [
      `${container} ${probe}`,
      last ? (last.isTimeout ? "timeout" : last.result) : "none yet",
      last ? durationText(last.durationMs) : "",
      last && last.threshold > 0 ? `${last.run}/${last.threshold}` : "",
      next,
      cpuMs === undefined ? "" : durationText(cpuMs),
      isBad ? clean(last.output).slice(0, 60) : "",
    ];
  }
}

function inText(toMs: number | undefined, fromMs: number): string {
  return toMs === undefined ? "" : durationText(Math.max(toMs - fromMs, 0));
}

function keysLine(): string {
  const keys = Object.entries(KEYS).map(([key, [, label]]) => `${key} ${label}`);
  return [...keys, "q end"].join("   ");
}

/** At most `width` visible characters; colours take no room. */
function cut(line: string, width: number): string {
  let left = width;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that set colours.
  return line.replaceAll(/(\x1b\[[0-9;]*m)|([^\x1b]+)/g, (_, colour?: string, text?: string) => {
    if (colour !== undefined) return colour;
    const shown = (text ?? "").slice(0, left);
    left -= shown.length;
    return shown;
  });
}

/** Calls `onKey` for each key; q and Ctrl-C end the run as a signal would. Gives what stops it. */
function onKeys(onKey: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").resume();
  const listener = (text: string) => {
    for (const key of text) {
      if (key === "q" || key === "\x03") process.kill(process.pid, "SIGINT");
      else onKey(key);
    }
  };
  stdin.on("data", listener);
  return () => {
    stdin.off("data", listener);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
