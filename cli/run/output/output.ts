// Where a run is shown.

import type { Environment } from "../../environment.ts";
import type { FaultRunner } from "../faults.ts";
import type { PodDefinition } from "../pod-definition.ts";
import type { Session } from "../session.ts";
import type { Summary } from "../summary.ts";
import type { TimelineEntry } from "../timeline.ts";
import { LiveOutput } from "./live.ts";
import { type PlainSettings, plainLine, summaryText } from "./plain.ts";

export interface RunOutput {
  /** Called once there is something to look at. */
  begin?(session: Session, faults: FaultRunner): void;
  take(entry: TimelineEntry): void;
  end(summary: Summary): void;
}

export interface OutputSettings {
  readonly environment: Environment;
  readonly startedAtMs: number;
  readonly hasLogs: boolean;
  readonly pod: PodDefinition;
}

export function createOutput(format: string, settings: OutputSettings): RunOutput {
  if (format === "json") return new JsonOutput(settings.environment);
  const isLive = format === "live" || (format === "auto" && settings.environment.isOutTerminal);
  if (isLive) return new LiveOutput(settings);
  return new PlainOutput(settings);
}

class PlainOutput implements RunOutput {
  readonly #environment: Environment;
  readonly #plain: PlainSettings;

  constructor({ environment, startedAtMs, hasLogs }: OutputSettings) {
    this.#environment = environment;
    const isColoured = environment.isOutTerminal && !environment.env.NO_COLOR;
    this.#plain = { isColoured, hasLogs, startedAtMs };
  }

  take(entry: TimelineEntry): void {
    const line = plainLine(entry, this.#plain);
    if (line !== undefined) this.#environment.writeOut(`${line}\n`);
  }

  end(summary: Summary): void {
    this.#environment.writeOut(`\n${summaryText(summary)}`);
  }
}

/** One JSON object a line: every entry, then the summary. */
class JsonOutput implements RunOutput {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  take(entry: TimelineEntry): void {
    this.#environment.writeOut(`${JSON.stringify(entry)}\n`);
  }

  end(summary: Summary): void {
    this.#environment.writeOut(`${JSON.stringify({ kind: "summary", ...summary })}\n`);
  }
}
