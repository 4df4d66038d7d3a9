// What a run came to, counted from its entries. Pure.

import type { ProbeType } from "./pod-definition.ts";
import type { AttemptEntry, TimelineEntry } from "./timeline.ts";

export interface ProbeSummary {
  readonly container: string;
  readonly probe: ProbeType;
  runs: number;
  /** Failures, timeouts among them. Errors are something else (C6). */
  failures: number;
  timeouts: number;
  errors: number;
  /** The longest time from when an attempt was due until there was a verdict. */
  longestBlindMs: number;
  /** undefined where nothing counts it. */
  cpuMs: number | undefined;
  /** From the first fault to the first failure after it. */
  detectedAfterMs: number | undefined;
}

export interface Summary {
  readonly probes: readonly ProbeSummary[];
  readonly restarts: number;
  /** How often a probe had a container killed. */
  readonly probeKills: number;
  /** Zombies at the last count. */
  readonly zombies: number;
  readonly mostZombies: number;
}

/** Takes entries as they come and can say at any time what they come to. */
export class SummaryCounter {
  readonly #probes = new Map<string, ProbeSummary>();
  /** Since when each probe has been without a verdict. */
  readonly #blindSinceMs = new Map<string, number>();
  readonly #zombies = new Map<string, number>();
  #mostZombies = 0;
  #restarts = 0;
  #probeKills = 0;
  #faultAtMs: number | undefined;

  take(entry: TimelineEntry): void {
    if (entry.kind === "attempt") this.#attempt(entry);
    else if (entry.kind === "sample") this.#sample(entry);
    else if (entry.kind === "fault") this.#faultAtMs ??= entry.atMs;
    else if (entry.kind === "container" && entry.state === "running") {
      if (entry.restartCount > 0) this.#restarts++;
    } else if (entry.kind === "event" && entry.reason === "Killing") {
      if (/ failed (?:liveness|startup) probe/.test(entry.message)) this.#probeKills++;
    }
  }

  /** An attempt has begun at its due time and nothing is known yet: told apart so that a hang counts while it lasts. */
  pending(container: string, probe: ProbeType, sinceMs: number, nowMs: number): void {
    const summary = this.#probe(container, probe);
    const fromMs = this.#blindSinceMs.get(keyOf(container, probe)) ?? sinceMs;
    summary.longestBlindMs = Math.max(summary.longestBlindMs, nowMs - fromMs);
  }

  summary(): Summary {
    return {
      probes: [...this.#probes.values()],
      restarts: this.#restarts,
      probeKills: this.#probeKills,
      zombies: [...this.#zombies.values()].reduce((sum, count) => sum + count, 0),
      mostZombies: this.#mostZombies,
    };
  }

  #probe(container: string, probe: ProbeType): ProbeSummary {
    const key = keyOf(container, probe);
    const known = this.#probes.get(key);
    if (known) return known;
    const counts = { runs: 0, failures: 0, timeouts: 0, errors: 0, longestBlindMs: 0 };
    const fresh: ProbeSummary = {
      container,
      probe,
      ...counts,
      cpuMs: undefined,
      detectedAfterMs: undefined,
    };
    this.#probes.set(key, fresh);
    return fresh;
  }

  #attempt(entry: AttemptEntry): void {
    const { container, probe, result, isTimeout, atMs, dueAtMs } = entry;
    const summary = this.#probe(container, probe);
    const key = keyOf(container, probe);
    summary.runs++;
    if (result === "failure") summary.failures++;
    if (isTimeout) summary.timeouts++;
    if (result === "error") summary.errors++;
    const fromMs = this.#blindSinceMs.get(key) ?? dueAtMs;
    summary.longestBlindMs = Math.max(summary.longestBlindMs, atMs - fromMs);
    if (result === "error") this.#blindSinceMs.set(key, fromMs);
    else this.#blindSinceMs.delete(key);
    if (result === "failure" && this.#faultAtMs !== undefined) {
      summary.detectedAfterMs ??= atMs - this.#faultAtMs;
    }
  }

  #sample(entry: Extract<TimelineEntry, { kind: "sample" }>): void {
    this.#zombies.set(entry.container, entry.zombies);
    const all = [...this.#zombies.values()].reduce((sum, count) => sum + count, 0);
    this.#mostZombies = Math.max(this.#mostZombies, all);
    for (const [probe, cpuMs] of Object.entries(entry.probeCpuMs)) {
      this.#probe(entry.container, probe as ProbeType).cpuMs = cpuMs;
    }
  }
}

function keyOf(container: string, probe: ProbeType): string {
  return `${container}/${probe}`;
}
