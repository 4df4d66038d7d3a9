// The life of one pod: syncs one after the other, started by whatever changes (kubelet, kubelet.go syncLoopIteration,
// pod_workers.go, kuberuntime_manager.go SyncPod).

import { BackOff } from "./back-off.ts";
import { type Clock, sleep } from "./clock.ts";
import { Container } from "./container.ts";
import { Deferred } from "./deferred.ts";
import type { Sandbox } from "./engine.ts";
import { backOffMessage, EventWording } from "./events.ts";
import { type Hooks, hookRunner } from "./hooks.ts";
import type { Instance } from "./instances.ts";
import type { KubeVersion } from "./kube-version.ts";
import { computeActions, type Kill, type PodSituation, runningContainers } from "./pod-actions.ts";
import {
  type ContainerDefinition,
  type PodDefinition,
  PROBE_TYPES,
  type ProbeDefinition,
  type ProbeType,
  probeOf,
} from "./pod-definition.ts";
import type { ContainerStatus } from "./pod-status.ts";
import { type PodView, ProbeWorker } from "./probe-worker.ts";
import { type Outcome, runPass } from "./prober.ts";
import { shouldRestart } from "./restart-policy.ts";
import { ResultsStore, type Verdict } from "./results.ts";
import { StatusManager } from "./status-manager.ts";
import { TerminationOrder } from "./termination-order.ts";
import type { Phase, Recorder } from "./timeline.ts";

/** Asks once, inside `instance` or over the network. */
export type Prober = (
  container: ContainerDefinition,
  instance: Instance,
  probe: ProbeDefinition,
) => Promise<Outcome>;

export interface PodSettings {
  readonly definition: PodDefinition;
  readonly clock: Clock;
  readonly version: KubeVersion;
  readonly sandbox: Sandbox;
  readonly prober: Prober;
  readonly hooks: Hooks;
  readonly record: Recorder;
  /** True to play a kubelet that has just started: workers begin at a random moment of their period (P9). */
  readonly hasJitter: boolean;
  /** exact: restarts come when the back-off is over (C2); kubelet: when its sync gets round to it (P92). */
  readonly requeue: "exact" | "kubelet";
  /** crashLoopBackOff.maxContainerRestartPeriod (P93). */
  readonly longestBackOffMs: number | undefined;
  /** 0 up to 1. */
  readonly random: () => number;
}

const RESYNC_MS = 60_000;
const BACK_OFF_SYNC_MS = 10_000;

interface Work {
  readonly container: ContainerDefinition;
  readonly probe: ProbeDefinition;
  readonly worker: ProbeWorker;
}

export class Pod {
  readonly definition: PodDefinition;
  readonly #settings: PodSettings;
  readonly #containers: ReadonlyMap<string, Container>;
  readonly #work: Work[] = [];
  readonly #results: Readonly<Record<ProbeType, ResultsStore>>;
  readonly #status: StatusManager;
  readonly #backOff: BackOff;
  readonly #wording: EventWording;
  readonly #ended = new Deferred<Phase>();
  #isDeleting = false;
  #isHalted = false;
  #isOver = false;
  #isDirty = true;
  #wake: () => void = () => {};

  constructor(settings: PodSettings) {
    const { definition, clock, version, sandbox, record } = settings;
    this.definition = definition;
    this.#settings = settings;
    this.#wording = new EventWording(version);
    this.#backOff = new BackOff(clock, settings.longestBackOffMs);
    const shared = {
      clock,
      sandbox,
      record,
      wording: this.#wording,
      runHook: hookRunner(settings.hooks, sandbox.podIp, version),
      podGraceSeconds: definition.terminationGracePeriodSeconds,
      onChange: () => this.#requestSync(),
    };
    this.#containers = new Map(
      this.#definitions.map((one) => [one.name, new Container(one, shared)]),
    );
    this.#results = {
      liveness: new ResultsStore((_, verdict) => this.#onLiveness(verdict)),
      readiness: new ResultsStore((id, verdict) => {
        this.#status.setReadiness(id, verdict);
        this.#onStatusResult();
      }),
      startup: new ResultsStore((id, verdict) => {
        this.#status.setStartup(id, verdict);
        this.#onStatusResult();
      }),
    };
    this.#status = new StatusManager({
      definition,
      clock,
      version,
      record,
      containers: this.containers,
      verdict: (probe, id) => this.#results[probe].get(id),
      willRestart: (container, exitCode) =>
        !this.#isOver &&
        !this.#isDeleting &&
        shouldRestart(container, definition, exitCode, version),
      trigger: (name) => this.worker(name, "readiness")?.trigger(),
    });
  }

  /** Settles with the phase once nothing runs any more and nothing will. */
  get ended(): Promise<Phase> {
    return this.#ended.promise;
  }

  get #definitions(): readonly ContainerDefinition[] {
    return [...this.definition.initContainers, ...this.definition.containers];
  }

  container(name: string): Container | undefined {
    return this.#containers.get(name);
  }

  get containers(): readonly Container[] {
    return [...this.#containers.values()];
  }

  statusOf(name: string): ContainerStatus | undefined {
    return this.#status.of(name);
  }

  get phase(): Phase | undefined {
    return this.#status.phase;
  }

  /** True if every container that counts is ready (P98). */
  get isReady(): boolean {
    return this.#status.isReady;
  }

  worker(container: string, type: ProbeType): ProbeWorker | undefined {
    return this.#work.find((work) => work.container.name === container && work.probe.type === type)
      ?.worker;
  }

  /** Attempts that are under way, each with the time it was due. */
  pendingProbes(): { container: string; probe: ProbeType; sinceMs: number }[] {
    return this.#work.flatMap(({ container, probe, worker }) => {
      const sinceMs = worker.pendingSinceMs;
      return sinceMs === undefined
        ? []
        : [{ container: container.name, probe: probe.type, sinceMs }];
    });
  }

  /** Lives until the pod is over, which `ended` tells. Rejects only on a fault of our own or of the engine. */
  async run(): Promise<void> {
    const { clock, random } = this.#settings;
    while (!this.#isOver && !this.#isDeleting) {
      this.#isDirty = false;
      const requeueMs = (await this.#sync()) ?? RESYNC_MS * (1 + random() / 2);
      if (this.#isOver || this.#isDeleting) break;
      if (this.#isDirty) continue;
      const over = new AbortController();
      await Promise.race([this.#dirty(), sleep(clock, requeueMs, over.signal)]);
      over.abort();
    }
  }

  /** Nothing is started any more; what runs is probed on. */
  halt(): void {
    this.#isHalted = true;
  }

  /** Ends the pod as a deletion does (P32, P100). Settles when nothing of it runs any more. */
  async delete(graceSeconds = this.definition.terminationGracePeriodSeconds): Promise<void> {
    this.#isDeleting = true;
    this.#wake();
    const { version } = this.#settings;
    for (const { container, probe, worker } of this.#work) {
      if (!version.isAtLeast(21) || container.role === "sidecar") continue;
      if (probe.type !== "readiness") worker.stop();
    }
    await this.#stopAll(graceSeconds);
    this.#finish();
  }

  #dirty(): Promise<void> {
    if (this.#isDirty) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #requestSync(): void {
    this.#isDirty = true;
    this.#wake();
  }

  /** One pass. Gives when the next is due if a back-off says so. */
  async #sync(): Promise<number | undefined> {
    const situation = this.#situation();
    this.#status.refresh();
    if (this.#work.length === 0) this.#startWorkers();
    const actions = computeActions(situation);
    for (const container of this.#containers.values()) {
      if (!actions.starts.includes(container.definition)) container.waiting = undefined;
    }
    if (actions.isPodOver) {
      await this.#stopAll(this.definition.terminationGracePeriodSeconds);
      this.#finish();
      return undefined;
    }
    const exited = this.#lastExits();
    for (const kill of actions.kills) await this.#kill(kill);
    return this.#startAll(actions.starts, exited);
  }

  #situation(): PodSituation {
    return {
      pod: this.definition,
      version: this.#settings.version,
      instancesOf: ({ name }) => this.#containers.get(name)?.instances ?? [],
      verdict: (probe, id) => this.#results[probe].get(id),
    };
  }

  /** When each container's last ended run ended, as the sync sees it at its start (P83). */
  #lastExits(): Map<string, number> {
    const exits = new Map<string, number>();
    for (const { definition, instances } of this.#containers.values()) {
      const exit = instances.findLast((instance) => instance.exit)?.exit;
      if (exit) exits.set(definition.name, exit.finishedAtMs);
    }
    return exits;
  }

  /** One after the other, each waited for (P71). */
  async #kill({ container, message, failed }: Kill): Promise<void> {
    const target = this.#containers.get(container.name);
    await target?.stop({ message, graceSeconds: target.graceAfter(failed) });
  }

  /** In the order of the pod (P82). Gives the milliseconds until the first that has to wait. */
  async #startAll(
    starts: readonly ContainerDefinition[],
    exits: ReadonlyMap<string, number>,
  ): Promise<number | undefined> {
    this.#backOff.collectGarbage();
    let waitMs: number | undefined;
    for (const { name } of starts) {
      if (this.#isDeleting || this.#isHalted) return undefined;
      const container = this.#containers.get(name);
      if (!container) continue;
      const remainingMs = this.#backOffFor(container, exits.get(name));
      if (remainingMs > 0) waitMs = Math.min(waitMs ?? remainingMs, remainingMs);
      else if (!(await container.start()) && !container.latest?.exit) waitMs ??= BACK_OFF_SYNC_MS;
    }
    return waitMs === undefined ? undefined : this.#requeueMs(waitMs);
  }

  /** Milliseconds that the container has to wait, with the event; 0 if it may start, which is noted (P84). */
  #backOffFor(container: Container, finishedAtMs: number | undefined): number {
    if (finishedAtMs === undefined) return 0;
    const { name } = container.definition;
    const remainingMs = this.#backOff.remainingMs(name, finishedAtMs);
    if (remainingMs <= 0) {
      this.#backOff.next(name, finishedAtMs);
      return 0;
    }
    container.emit(this.#wording.backOff(name, this.definition));
    const message = backOffMessage(this.#backOff.delayMs(name), name, this.definition);
    this.#setWaiting(container, "CrashLoopBackOff", message);
    return remainingMs;
  }

  #setWaiting(container: Container, reason: string, message: string): void {
    const isNew = container.waiting?.message !== message;
    container.waiting = { reason, message };
    if (!isNew) return;
    this.#settings.record({
      kind: "container",
      atMs: this.#settings.clock.nowMs(),
      container: container.definition.name,
      containerId: container.latest?.id ?? "",
      state: "waiting",
      restartCount: container.latest?.restartCount ?? 0,
      reason,
      message,
    });
  }

  #requeueMs(waitMs: number): number {
    const { requeue, version, random } = this.#settings;
    if (requeue === "exact") return waitMs;
    const spread = 1 + random() / 2;
    if (version.isAtLeast(35)) return Math.min(waitMs * spread, RESYNC_MS * spread);
    return BACK_OFF_SYNC_MS * spread;
  }

  /** Everything that runs: regular containers at once, sidecars after them. */
  async #stopAll(graceSeconds: number): Promise<void> {
    const running = runningContainers(this.#situation());
    const turn = new TerminationOrder(this.#settings.clock, running);
    await Promise.all(
      running.map(({ name }) => {
        const message = `Stopping container ${name}`;
        return this.#containers.get(name)?.stop({ message, graceSeconds, turn });
      }),
    );
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#status.refresh();
    for (const { worker } of this.#work) worker.stop();
    this.#ended.resolve(this.#status.phase ?? "Failed");
  }

  #startWorkers(): void {
    const view = this.#view();
    for (const container of this.#definitions) {
      // Startup last: where ticks fall together, the others find the container not started yet, as its probe takes time.
      for (const type of PROBE_TYPES.toReversed()) {
        const probe = probeOf(container, type);
        if (!probe) continue;
        const worker = this.#createWorker(container, probe, view);
        this.#work.push({ container, probe, worker });
        worker.work();
      }
    }
  }

  #view(): PodView {
    const pod = this;
    return {
      get phase() {
        return pod.phase;
      },
      get isDeleting() {
        return pod.#isDeleting;
      },
      containerStatus: (name) => pod.statusOf(name),
      willRestart: (container) => pod.#willRestart(container),
    };
  }

  #createWorker(container: ContainerDefinition, probe: ProbeDefinition, pod: PodView): ProbeWorker {
    const { clock, version, record, prober, random, hasJitter } = this.#settings;
    const target = this.#containers.get(container.name) as Container;
    const attempt = (): Promise<Outcome> => {
      const instance = target.latest;
      // One that just ended is still asked: over the network nobody answers, and an exec is refused.
      if (instance) return prober(container, instance, probe);
      return Promise.resolve({ result: "error", output: "container is not running" });
    };
    return new ProbeWorker({
      clock,
      version,
      container,
      probe,
      pod,
      record,
      results: this.#results[probe.type],
      jitterMs: hasJitter ? random() * probe.periodSeconds * 1000 : 0,
      pass: () => runPass(probe.type, attempt, this.#wording, (event) => target.emit(event)),
    });
  }

  /** 1.20 looks at the pod's policy alone (P17). */
  #willRestart(container: ContainerDefinition): boolean {
    if (this.#isDeleting) return false;
    const exitCode = this.#containers.get(container.name)?.latest?.exit?.code ?? 0;
    const { version } = this.#settings;
    if (version.isAtLeast(35)) return shouldRestart(container, this.definition, exitCode, version);
    return container.role === "sidecar" || this.definition.restartPolicy !== "Never";
  }

  #onLiveness(verdict: Verdict): void {
    if (verdict === "failure") this.#requestSync();
  }

  /** The status follows at once, the sync only from 1.21 on (P29). */
  #onStatusResult(): void {
    if (this.#settings.version.isAtLeast(21)) this.#requestSync();
  }
}
