// One line for each thing that happened.

import { styleText } from "node:util";
import type { Summary } from "../summary.ts";
import type { AttemptEntry, AttemptResult, TimelineEntry } from "../timeline.ts";
import { clean, durationText } from "./text.ts";

export interface PlainSettings {
  readonly isColoured: boolean;
  /** True to print what containers write. */
  readonly hasLogs: boolean;
  readonly startedAtMs: number;
}

type Colour = "green" | "red" | "yellow" | "cyan" | "dim";

const WORDS: Readonly<Record<AttemptResult, readonly [text: string, colour: Colour]>> = {
  success: ["pass", "green"],
  warning: ["warning", "yellow"],
  failure: ["FAILURE", "red"],
  error: ["ERROR", "yellow"],
};

/** The line for an entry, undefined for what is not shown. */
export function plainLine(entry: TimelineEntry, settings: PlainSettings): string | undefined {
  const text = textOf(entry, settings);
  if (text === undefined) return undefined;
  const seconds = ((entry.atMs - settings.startedAtMs) / 1000).toFixed(1);
  return `${paint("dim", `${seconds.padStart(7)} s`, settings)}  ${text}`;
}

function textOf(entry: TimelineEntry, settings: PlainSettings): string | undefined {
  switch (entry.kind) {
    case "attempt":
      return attemptText(entry, settings);
    case "event":
      // What probes find is in their own lines.
      if (entry.reason === "Unhealthy" || entry.reason === "ProbeWarning") return undefined;
      return paint(
        "cyan",
        `${entry.container}  ${entry.reason}: ${clean(entry.message)}`,
        settings,
      );
    case "container":
      return containerText(entry);
    case "status":
      return `${entry.container}  ${entry.started ? "started" : "not started"}, ${entry.ready ? "ready" : "not ready"}`;
    case "pod":
      return `pod  ${entry.phase}${entry.ready ? ", ready" : ""}`;
    case "fault":
      return paint("yellow", `fault  ${entry.message}`, settings);
    case "note":
      return paint("dim", `note  ${entry.message}`, settings);
    case "output":
      return settings.hasLogs ? `${entry.container} | ${clean(entry.line)}` : undefined;
    case "sample":
      return undefined;
  }
}

const SHOWN_OUTPUT = 120;

function attemptText(entry: AttemptEntry, settings: PlainSettings): string {
  const [word, colour] = WORDS[entry.result];
  const shown = entry.isTimeout ? `${word} (timeout)` : word;
  const isBad = entry.result !== "success";
  const count = entry.threshold > 0 && isBad ? `  ${entry.run} of ${entry.threshold}` : "";
  const tries = entry.tries > 1 ? `  ${entry.tries} tries` : "";
  const output = isBad ? clean(entry.output).trim().slice(0, SHOWN_OUTPUT) : "";
  const head = `${entry.container}  ${entry.probe.padEnd(9)}  ${paint(colour, shown, settings)}`;
  const duration = `${entry.durationMs.toFixed(0)} ms`;
  return `${head}  ${duration}${count}${tries}${output && `  ${output}`}`;
}

function containerText(entry: Extract<TimelineEntry, { kind: "container" }>): string | undefined {
  if (entry.state === "running") return undefined;
  if (entry.state === "waiting")
    return `${entry.container}  ${entry.reason}: ${clean(entry.message ?? "")}`;
  return `${entry.container}  ended: exit ${entry.exitCode} (${entry.reason})`;
}

/** What stands at the end. */
export function summaryText({ probes, restarts, zombies, mostZombies }: Summary): string {
  const header = ["probe", "runs", "failures", "timeouts", "errors", "longest blind", "CPU"];
  const rows = probes.map((probe) => [
    `${probe.container} ${probe.probe}`,
    String(probe.runs),
    String(probe.failures),
    String(probe.timeouts),
    String(probe.errors),
    durationText(probe.longestBlindMs),
    probe.cpuMs === undefined ? "not counted" : durationText(probe.cpuMs),
  ]);
  const table = columnsOf([header, ...rows]);
  return `${table}\nrestarts ${restarts}, zombies left ${zombies} (at most ${mostZombies})\n`;
}

/** Columns as wide as their widest cell, the first to the left, the others to the right. */
export function columnsOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

function paint(colour: Colour, text: string, { isColoured }: PlainSettings): string {
  return isColoured ? styleText(colour, text, { validateStream: false }) : text;
}
