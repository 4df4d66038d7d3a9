// One probe of one container: when it runs and what its results add up to (kubelet, prober/worker.go).

import { type Clock, sleep } from "./clock.ts";
import type { KubeVersion } from "./kube-version.ts";
import type { ContainerDefinition, ProbeDefinition, ProbeType } from "./pod-definition.ts";
import type { ContainerStatus } from "./pod-status.ts";
import type { PassResult } from "./prober.ts";
import type { ResultsStore, Verdict } from "./results.ts";
import { Ticker } from "./ticker.ts";
import type { Phase, Recorder } from "./timeline.ts";

const INITIAL_VERDICTS: Readonly<Record<ProbeType, Verdict>> = {
  readiness: "failure",
  liveness: "success",
  startup: "unknown",
};

/** What a worker sees of its pod: the status last generated, not what is so this instant (P25). */
export interface PodView {
  /** undefined before the first sync. */
  readonly phase: Phase | undefined;
  readonly isDeleting: boolean;
  containerStatus(name: string): ContainerStatus | undefined;
  /** True if the container, having ended, starts again (P17). */
  willRestart(container: ContainerDefinition): boolean;
}

export interface WorkerSettings {
  readonly clock: Clock;
  readonly version: KubeVersion;
  readonly container: ContainerDefinition;
  readonly probe: ProbeDefinition;
  readonly results: ResultsStore;
  readonly pod: PodView;
  /** One pass: up to three tries and their event. */
  readonly pass: () => Promise<PassResult>;
  readonly record: Recorder;
  /** How long it sleeps before its first pass (P9). */
  readonly jitterMs: number;
}

/** go: to the next gate, and past the last one to the probe itself. */
type Decision = "go" | "wait" | "end";

export class ProbeWorker {
  readonly #settings: WorkerSettings;
  readonly #stop = new AbortController();
  #ticker: Ticker | undefined;
  #wake: () => void = () => {};
  /** At most one of each waits, as in the channels of the original (P10, P15). */
  #pendingTickMs: number | undefined;
  #isTriggered = false;

  #containerId: string | undefined;
  #isOnHold = false;
  #lastResult: Verdict | undefined;
  #run = 0;
  #pendingSinceMs: number | undefined;

  /** In the order in which the kubelet's doProbe tests (P11). */
  readonly #gates: readonly (() => Decision)[] = [
    () => this.#waitForStatus(),
    () => this.#endWithPod(),
    () => this.#waitForContainer(),
    () => this.#noteNewContainer(),
    () => this.#waitOnHold(),
    () => this.#storeNotRunning(),
    () => this.#endWithDeletion(),
    () => this.#waitForInitialDelay(),
    () => this.#waitForStartup(),
  ];

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
  }

  /** When the next tick is due; undefined before the first and after the end. */
  get nextTickMs(): number | undefined {
    return this.#stop.signal.aborted ? undefined : this.#ticker?.nextMs;
  }

  /** When the attempt was due that is under way; undefined if none is. */
  get pendingSinceMs(): number | undefined {
    return this.#pendingSinceMs;
  }

  /** The results in a row that are alike, and how many of them decide. */
  get progress(): { readonly run: number; readonly threshold: number } {
    return { run: this.#run, threshold: this.#thresholdFor(this.#lastResult ?? "unknown") };
  }

  /** Works until the container is gone for good or `stop` is called. */
  async work(): Promise<void> {
    const { clock, probe, jitterMs, results } = this.#settings;
    if (jitterMs > 0) await sleep(clock, jitterMs, this.#stop.signal);
    this.#ticker = new Ticker(clock, probe.periodSeconds * 1000, (dueMs) => {
      this.#pendingTickMs ??= dueMs;
      this.#wake();
    });
    let dueMs = clock.nowMs();
    while (!this.#stop.signal.aborted && (await this.#pass(dueMs))) {
      dueMs = await this.#nextTurn();
    }
    this.#ticker.stop();
    this.#stop.abort();
    if (this.#containerId !== undefined) results.remove(this.#containerId);
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** Makes a readiness worker run at once (P15). One that is busy runs again after; more are dropped. */
  trigger(): void {
    this.#isTriggered = true;
    this.#wake();
  }

  /** Settles with the time that the next pass is for. */
  async #nextTurn(): Promise<number> {
    const { clock, version } = this.#settings;
    for (;;) {
      if (this.#stop.signal.aborted) return clock.nowMs();
      const tickMs = this.#pendingTickMs;
      if (tickMs !== undefined) {
        this.#pendingTickMs = undefined;
        return tickMs;
      }
      if (this.#isTriggered) {
        this.#isTriggered = false;
        if (version.isAtLeast(32)) this.#ticker?.reset();
        return clock.nowMs();
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** False once there is nothing left to do. A fault of our own does not end the probing (P19). */
  async #pass(dueMs: number): Promise<boolean> {
    try {
      for (const gate of this.#gates) {
        const decision = gate();
        if (decision !== "go") return decision === "wait";
      }
      await this.#probe(dueMs);
    } catch (error) {
      const { clock, container, probe, record } = this.#settings;
      const message = `${container.name}: ${probe.type} pass failed: ${(error as Error).message}`;
      record({ kind: "note", atMs: clock.nowMs(), message });
    }
    return true;
  }

  #status(): ContainerStatus | undefined {
    return this.#settings.pod.containerStatus(this.#settings.container.name);
  }

  #waitForStatus(): Decision {
    return this.#settings.pod.phase === undefined ? "wait" : "go";
  }

  #endWithPod(): Decision {
    const { phase } = this.#settings.pod;
    return phase === "Failed" || phase === "Succeeded" ? "end" : "go";
  }

  #waitForContainer(): Decision {
    return this.#status()?.containerId === undefined ? "wait" : "go";
  }

  /** A new container begins with the initial value; counter and last result stay as they were (P20, P21, P27). */
  #noteNewContainer(): Decision {
    const { results, probe } = this.#settings;
    const id = this.#status()?.containerId;
    if (id === undefined || id === this.#containerId) return "go";
    if (this.#containerId !== undefined) results.remove(this.#containerId);
    this.#containerId = id;
    results.set(id, INITIAL_VERDICTS[probe.type]);
    this.#isOnHold = false;
    return "go";
  }

  /** Decided already: nothing to ask until there is a new container (P28). */
  #waitOnHold(): Decision {
    return this.#isOnHold ? "wait" : "go";
  }

  #storeNotRunning(): Decision {
    const { results, pod, container } = this.#settings;
    const state = this.#status()?.state.kind;
    if (state === "running") return "go";
    if (this.#containerId !== undefined) results.set(this.#containerId, "failure");
    return state === "terminated" && !pod.willRestart(container) ? "end" : "wait";
  }

  /** A pod that is going away is not judged any more, but for its sidecars (P32). 1.20.2 does not know this yet. */
  #endWithDeletion(): Decision {
    const { results, pod, probe, version, container } = this.#settings;
    if (!pod.isDeleting || container.role === "sidecar") return "go";
    if (probe.type === "readiness" || !version.isAtLeast(21)) return "go";
    if (this.#containerId !== undefined) results.set(this.#containerId, "success");
    return "end";
  }

  /** Counts whole seconds since the container's start, which is itself in whole seconds (P12, P13). */
  #waitForInitialDelay(): Decision {
    const state = this.#status()?.state;
    if (state?.kind !== "running") return "wait";
    const seconds = Math.floor((this.#settings.clock.nowMs() - state.startedAtMs) / 1000);
    return seconds < this.#settings.probe.initialDelaySeconds ? "wait" : "go";
  }

  /** Until the container has started only the startup probe runs, and from then on only the others (P25). */
  #waitForStartup(): Decision {
    const hasStarted = this.#status()?.started ?? false;
    const isStartup = this.#settings.probe.type === "startup";
    return hasStarted === isStartup ? "wait" : "go";
  }

  async #probe(dueMs: number): Promise<void> {
    const { clock, container, probe, pass } = this.#settings;
    const containerId = this.#containerId ?? "";
    const startedAtMs = clock.nowMs();
    this.#pendingSinceMs = dueMs;
    const { outcome, tries } = await pass();
    this.#pendingSinceMs = undefined;
    // An error says nothing about the container: everything stays as it was (P26).
    const verdict = verdictOf(outcome.result);
    const counted = verdict ? this.#count(verdict) : { run: 0, threshold: 0, isStored: false };
    this.#settings.record({
      kind: "attempt",
      atMs: clock.nowMs(),
      container: container.name,
      probe: probe.type,
      containerId,
      startedAtMs,
      dueAtMs: dueMs,
      durationMs: clock.nowMs() - startedAtMs,
      result: outcome.result,
      isTimeout: outcome.isTimeout ?? false,
      tries,
      output: outcome.output,
      ...counted,
    });
  }

  /** Counts a verdict and stores it once there are enough alike in a row (P23, P28). */
  #count(verdict: Verdict): { run: number; threshold: number; isStored: boolean } {
    const { results, probe, version } = this.#settings;
    this.#run = verdict === this.#lastResult ? this.#run + 1 : 1;
    this.#lastResult = verdict;
    const counted = { run: this.#run, threshold: this.#thresholdFor(verdict) };
    const id = this.#containerId;
    if (counted.run < counted.threshold || id === undefined) return { ...counted, isStored: false };
    const isStored = results.get(id) !== verdict;
    const isDecided =
      verdict === "failure"
        ? probe.type !== "readiness"
        : probe.type === "startup" && version.isAtLeast(32);
    if (isDecided) {
      this.#isOnHold = true;
      this.#run = 0;
    }
    results.set(id, verdict);
    return { ...counted, isStored };
  }

  #thresholdFor(verdict: Verdict): number {
    const { failureThreshold, successThreshold } = this.#settings.probe;
    return verdict === "failure" ? failureThreshold : successThreshold;
  }
}

function verdictOf(result: PassResult["outcome"]["result"]): Verdict | undefined {
  if (result === "error") return undefined;
  return result === "failure" ? "failure" : "success";
}
