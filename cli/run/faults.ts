// Faults on purpose: what they are called, when they come, and how they are brought about.

import { parseDurationSeconds } from "../kube/durations.ts";
import { type Clock, sleep } from "./clock.ts";
import type { Recorder } from "./timeline.ts";

export const FAULT_KINDS = [
  "freeze",
  "kill",
  "slow",
  "full-disk",
  "fork-orphans",
  "fill-pids",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** After the pod began. */
  readonly atMs: number;
  /** undefined: the pod's first container. */
  readonly container: string | undefined;
  /** undefined: until the end. */
  readonly durationMs: number | undefined;
  /** slow: milliseconds by which it is held up; fork-orphans: how many. */
  readonly amount: number | undefined;
}

/** What faults are done to. Each may throw an Error that says why it cannot be. */
export interface FaultTarget {
  freeze(container: string, isFrozen: boolean): void;
  kill(container: string): void;
  fillDisk(isFull: boolean): void;
  fillPids(isFull: boolean): void;
  forkOrphans(container: string, count: number): Promise<void>;
}

const DEFAULT_ORPHANS = 10;
const DEFAULT_SLOW_MS = 200;
/** What a slowed process gets between two stops. */
const RUNS_MS = 5;

/** The fault in "10s freeze redis 15s", "slow redis 200 ms", "20s fork-orphans 50"; a string says what is wrong. */
export function parseFault(text: string): Fault | string {
  const words = text
    .trim()
    .replaceAll(/(\d+) +ms\b/g, "$1ms")
    .split(/\s+/);
  const first = parseDurationSeconds(words[0] ?? "");
  const atMs = (first ?? 0) * 1000;
  if (first !== undefined) words.shift();
  const kind = FAULT_KINDS.find((known) => known === words[0]);
  if (!kind) return `"${words[0] ?? ""}" is none of ${FAULT_KINDS.join(", ")}`;
  const durations: number[] = [];
  let container: string | undefined;
  let amount: number | undefined;
  for (const word of words.slice(1)) {
    const seconds = /^\d+$/.test(word) ? undefined : parseDurationSeconds(word);
    if (seconds !== undefined) durations.push(seconds * 1000);
    else if (/^\d+$/.test(word)) amount = Number(word);
    else if (container === undefined) container = word;
    else return `"${word}" is one word too many`;
  }
  if (kind === "slow" && amount === undefined) amount = durations.shift();
  return { kind, atMs, container, durationMs: durations[0], amount };
}

/** How a fault is written. */
export function formatFault({ kind, container, amount, durationMs }: Fault): string {
  const unit = kind === "slow" ? "ms" : "";
  const parts: string[] = [kind];
  if (container !== undefined) parts.push(container);
  if (amount !== undefined) parts.push(`${amount}${unit}`);
  if (durationMs !== undefined) parts.push(`${durationMs / 1000}s`);
  return parts.join(" ");
}

export class FaultRunner {
  readonly #clock: Clock;
  readonly #target: FaultTarget;
  readonly #record: Recorder;
  readonly #defaultContainer: string;
  readonly #over = new AbortController();

  constructor(clock: Clock, target: FaultTarget, record: Recorder, defaultContainer: string) {
    this.#clock = clock;
    this.#target = target;
    this.#record = record;
    this.#defaultContainer = defaultContainer;
  }

  /** Does it when it is due. Settles when it is over, or when `stop` is called. */
  async run(fault: Fault): Promise<void> {
    const { signal } = this.#over;
    await sleep(this.#clock, fault.atMs, signal);
    if (signal.aborted) return;
    try {
      this.#note(fault, `${formatFault(fault)} begins`);
      await this.#do(fault, signal);
      if (fault.durationMs !== undefined) this.#note(fault, `${formatFault(fault)} is over`);
    } catch (error) {
      this.#note(fault, `${formatFault(fault)}: ${(error as Error).message}`);
    }
  }

  /** Ends whatever lasts. */
  stop(): void {
    this.#over.abort();
  }

  async #do(fault: Fault, signal: AbortSignal): Promise<void> {
    const target = this.#target;
    const container = fault.container ?? this.#defaultContainer;
    switch (fault.kind) {
      case "kill":
        return target.kill(container);
      case "fork-orphans":
        return target.forkOrphans(container, fault.amount ?? DEFAULT_ORPHANS);
      case "slow":
        return this.#slow(container, fault, signal);
      case "freeze":
        return this.#hold((isOn) => target.freeze(container, isOn), fault, signal);
      case "full-disk":
        return this.#hold((isOn) => target.fillDisk(isOn), fault, signal);
      case "fill-pids":
        return this.#hold((isOn) => target.fillPids(isOn), fault, signal);
    }
  }

  async #hold(
    set: (isOn: boolean) => void,
    { durationMs }: Fault,
    signal: AbortSignal,
  ): Promise<void> {
    set(true);
    await sleep(this.#clock, durationMs ?? FOR_EVER_MS, signal);
    set(false);
  }

  /** Stops it again and again, so that everything it does takes up to so much longer. */
  async #slow(container: string, fault: Fault, signal: AbortSignal): Promise<void> {
    const endMs = this.#clock.nowMs() + (fault.durationMs ?? FOR_EVER_MS);
    while (!signal.aborted && this.#clock.nowMs() < endMs) {
      this.#target.freeze(container, true);
      await sleep(this.#clock, fault.amount ?? DEFAULT_SLOW_MS, signal);
      this.#target.freeze(container, false);
      await sleep(this.#clock, RUNS_MS, signal);
    }
  }

  #note(fault: Fault, message: string): void {
    const atMs = this.#clock.nowMs();
    this.#record({ kind: "fault", atMs, fault: formatFault(fault), message });
  }
}

const FOR_EVER_MS = 2 ** 40;
