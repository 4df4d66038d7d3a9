// Keeps the pod's status: generated anew at each sync, and changed at once where a probe says so
// (kubelet, status_manager.go; prober_manager.go UpdatePodStatus, isContainerStarted).

import type { Clock } from "./clock.ts";
import type { Container } from "./container.ts";
import type { KubeVersion } from "./kube-version.ts";
import {
  type ContainerDefinition,
  type PodDefinition,
  type ProbeType,
  probeOf,
} from "./pod-definition.ts";
import { type ContainerStatus, containerStatus, type PodStatus, phaseOf } from "./pod-status.ts";
import type { Verdict } from "./results.ts";
import type { Phase, Recorder } from "./timeline.ts";

export interface StatusSources {
  readonly definition: PodDefinition;
  readonly clock: Clock;
  readonly version: KubeVersion;
  readonly record: Recorder;
  readonly containers: readonly Container[];
  verdict(probe: ProbeType, containerId: string): Verdict | undefined;
  /** True if the container, ended with that code, starts again. */
  willRestart(container: ContainerDefinition, exitCode: number): boolean;
  /** Makes a readiness worker run at once. */
  trigger(container: string): void;
}

export class StatusManager {
  readonly #sources: StatusSources;
  #status: PodStatus | undefined;
  /** As last recorded. */
  #wasReady = false;

  constructor(sources: StatusSources) {
    this.#sources = sources;
  }

  /** undefined before the first sync. */
  get phase(): Phase | undefined {
    return this.#status?.phase;
  }

  of(name: string): ContainerStatus | undefined {
    return this.#status?.containers.get(name);
  }

  /** True if every container that counts is ready (P98). */
  get isReady(): boolean {
    const counted = this.#sources.containers.filter(({ definition }) => definition.role !== "init");
    return (
      this.#status !== undefined &&
      counted.every(({ definition }) => this.of(definition.name)?.ready)
    );
  }

  /** A stored readiness result: seen before the sync it leads to. */
  setReadiness(containerId: string, verdict: Verdict): void {
    this.#change(containerId, (status) => {
      status.ready = verdict === "success" && status.started;
    });
  }

  setStartup(containerId: string, verdict: Verdict): void {
    this.#change(containerId, (status) => {
      status.started = verdict === "success";
    });
  }

  /** Generates the status anew from what runs, and triggers readiness where that is due (P15, P22). */
  refresh(): void {
    const { containers, clock, record } = this.#sources;
    const before = this.#status;
    const status: PodStatus = { phase: "Pending", containers: new Map() };
    for (const { definition, instances, waiting } of containers) {
      const next = containerStatus(instances, waiting);
      this.#judge(definition, next);
      status.containers.set(definition.name, next);
    }
    status.phase = this.#phaseOf(status, before?.phase);
    this.#status = status;
    for (const [name, next] of status.containers) {
      this.#recordChange(name, before?.containers.get(name), next);
    }
    if (before?.phase === status.phase && this.#wasReady === this.isReady) return;
    this.#wasReady = this.isReady;
    record({ kind: "pod", atMs: clock.nowMs(), phase: status.phase, ready: this.isReady });
  }

  #phaseOf(status: PodStatus, before: Phase | undefined): Phase {
    // A pod that is over stays over.
    if (before === "Failed" || before === "Succeeded") return before;
    return phaseOf(this.#sources.definition, status, (container) => {
      const state = status.containers.get(container.name)?.state;
      const exitCode = state?.kind === "terminated" ? state.exitCode : 0;
      return this.#sources.willRestart(container, exitCode);
    });
  }

  /** Sets `started` and `ready`. */
  #judge(container: ContainerDefinition, status: ContainerStatus): void {
    const { verdict, version, trigger } = this.#sources;
    const { state } = status;
    const id = status.containerId ?? "";
    if (state.kind !== "running") {
      const isDone = state.kind === "terminated" && state.exitCode === 0;
      status.ready = container.role === "init" && isDone;
      return;
    }
    const startup = verdict("startup", id);
    const isAsked = probeOf(container, "startup") !== undefined;
    status.started = startup === undefined ? !isAsked : startup === "success";
    if (!status.started || container.role === "init") return;
    const isUnasked = probeOf(container, "readiness") === undefined;
    status.ready = isUnasked || verdict("readiness", id) === "success";
    if (!status.ready && version.isAtLeast(21)) trigger(container.name);
  }

  #change(containerId: string, change: (status: ContainerStatus) => void): void {
    for (const [name, status] of this.#status?.containers ?? []) {
      if (status.containerId !== containerId) continue;
      const before = { ...status };
      change(status);
      this.#recordChange(name, before, status);
    }
  }

  #recordChange(name: string, before: ContainerStatus | undefined, next: ContainerStatus): void {
    const { started, ready } = next;
    if ((before?.started ?? false) === started && (before?.ready ?? false) === ready) return;
    const { clock, record } = this.#sources;
    record({ kind: "status", atMs: clock.nowMs(), container: name, started, ready });
  }
}
