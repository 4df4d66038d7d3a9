// One container of a pod: starts it, runs its hooks, stops it, and remembers its runs (kubelet, kuberuntime_container.go).

import { type Clock, sleep } from "./clock.ts";
import { type ExitState, type Sandbox, StartFailedError } from "./engine.ts";
import { type EventWording, fieldPathOf, type KubeEvent } from "./events.ts";
import { type Instance, latestOf } from "./instances.ts";
import {
  type ContainerDefinition,
  type HookAction,
  type ProbeType,
  probeOf,
} from "./pod-definition.ts";
import type { TerminationOrder } from "./termination-order.ts";
import type { Recorder } from "./timeline.ts";

/** A container always gets this long between signal and SIGKILL (P74). */
const SHORTEST_GRACE_SECONDS = 2;

/** Gives what went wrong in the words of the event before 1.26, undefined if nothing did. */
export type HookRunner = (
  container: ContainerDefinition,
  instance: Instance,
  hook: HookAction,
) => Promise<string | undefined>;

export interface ContainerSettings {
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  readonly wording: EventWording;
  readonly record: Recorder;
  readonly runHook: HookRunner;
  readonly podGraceSeconds: number;
  /** Called whenever a run begins or ends. */
  readonly onChange: () => void;
}

export interface StopOrder {
  readonly message: string;
  readonly graceSeconds: number;
  /** Where others end at the same time. */
  readonly turn?: TerminationOrder;
}

export class Container {
  readonly definition: ContainerDefinition;
  readonly instances: Instance[] = [];
  /** Why it does not run, where that is not only because it ended. */
  waiting: { readonly reason: string; readonly message: string } | undefined;
  readonly #settings: ContainerSettings;

  constructor(definition: ContainerDefinition, settings: ContainerSettings) {
    this.definition = definition;
    this.#settings = settings;
  }

  get latest(): Instance | undefined {
    return latestOf(this.instances);
  }

  emit(event: KubeEvent): void {
    this.#settings.record({
      kind: "event",
      atMs: this.#settings.clock.nowMs(),
      ...event,
      container: this.definition.name,
      fieldPath: fieldPathOf(this.definition),
    });
  }

  /** Starts it and waits for its postStart hook (P102). False if either failed; the events say how. */
  async start(): Promise<boolean> {
    const { clock, sandbox, wording, runHook } = this.#settings;
    const { definition } = this;
    const restartCount = this.latest ? this.latest.restartCount + 1 : 0;
    const id = `${definition.name}-${restartCount}`;
    const onOutput = (line: string) =>
      this.#settings.record({
        kind: "output",
        atMs: clock.nowMs(),
        container: definition.name,
        line,
      });
    this.waiting = undefined;
    try {
      const process = await sandbox.start(definition, id, onOutput);
      const instance = {
        id,
        restartCount,
        process,
        startedAtMs: clock.nowMs(),
        exit: undefined,
      } as Instance;
      this.emit(wording.created(definition.name));
      this.emit(wording.started(definition.name));
      this.#begin(instance);
      process.exited.then((exit) => this.#end(instance, exit));
      if (!definition.postStart) return true;
      const fault = await runHook(definition, instance, definition.postStart);
      return fault === undefined || (await this.#failPostStart(fault));
    } catch (error) {
      if (!(error instanceof StartFailedError)) throw error;
      this.#failStart(error, id, restartCount);
      return false;
    }
  }

  /** Runs preStop, signals, and kills when the grace period is over (P72–P75). Settles when it has ended. */
  async stop({ message, graceSeconds, turn }: StopOrder): Promise<void> {
    const { clock, wording } = this.#settings;
    const instance = this.latest;
    if (!instance?.process || instance.exit) {
      turn?.containerEnded(this.definition.name);
      return;
    }
    this.emit(wording.killing(message));
    let leftSeconds = graceSeconds;
    if (this.definition.preStop && leftSeconds > 0) {
      leftSeconds -= await this.#runPreStop(instance, this.definition.preStop, leftSeconds);
    }
    if (turn && leftSeconds > 0) {
      const waitedMs = await turn.waitForTurn(this.definition.name, leftSeconds * 1000);
      leftSeconds -= Math.floor(waitedMs / 1000);
    }
    const exited = instance.process.exited;
    const over = new AbortController();
    instance.process.signal("SIGTERM");
    const graceMs = Math.max(leftSeconds, SHORTEST_GRACE_SECONDS) * 1000;
    await Promise.race([exited, sleep(clock, graceMs, over.signal)]);
    over.abort();
    if (!instance.exit) instance.process.signal("SIGKILL");
    await exited;
    turn?.containerEnded(this.definition.name);
  }

  /** Whole seconds that the hook took, the whole grace period if it is still at it: then it is left alone (P74). */
  async #runPreStop(instance: Instance, hook: HookAction, graceSeconds: number): Promise<number> {
    const { clock, wording, runHook } = this.#settings;
    const startedAtMs = clock.nowMs();
    const over = new AbortController();
    const ran = runHook(this.definition, instance, hook).then((fault) => {
      if (fault !== undefined) this.emit(wording.hookFailed("PreStop", fault));
    });
    await Promise.race([ran, sleep(clock, graceSeconds * 1000, over.signal)]);
    over.abort();
    return Math.floor((clock.nowMs() - startedAtMs) / 1000);
  }

  async #failPostStart(fault: string): Promise<false> {
    this.emit(this.#settings.wording.hookFailed("PostStart", fault));
    const graceSeconds = this.#settings.podGraceSeconds;
    await this.stop({ message: "FailedPostStartHook", graceSeconds });
    return false;
  }

  #begin(instance: Instance): void {
    // Back-off looks at the run before the latest, never further (P83).
    this.instances.splice(0, this.instances.length - 1);
    this.instances.push(instance);
    this.#recordState("running", instance);
    this.#settings.onChange();
  }

  #end(instance: Instance, exit: ExitState): void {
    instance.exit = exit;
    this.#recordState("terminated", instance, { exitCode: exit.code, reason: exit.reason });
    this.#settings.onChange();
  }

  #failStart(error: StartFailedError, id: string, restartCount: number): void {
    const { clock, wording } = this.#settings;
    const nowMs = clock.nowMs();
    this.emit(wording.created(this.definition.name));
    this.emit(wording.startFailed(error.message));
    this.waiting = { reason: "RunContainerError", message: error.message };
    if (!error.leavesInstance) return;
    const exit: ExitState = { code: 128, reason: "StartError", finishedAtMs: nowMs };
    const instance = { id, restartCount, process: undefined, startedAtMs: nowMs, exit };
    this.instances.splice(0, this.instances.length - 1);
    this.instances.push(instance);
    this.#recordState("terminated", instance, { exitCode: 128, reason: "StartError" });
    this.#settings.onChange();
  }

  #recordState(
    state: "running" | "terminated",
    { id, restartCount }: Instance,
    end: { readonly exitCode?: number; readonly reason?: string } = {},
  ): void {
    this.#settings.record({
      kind: "container",
      atMs: this.#settings.clock.nowMs(),
      container: this.definition.name,
      containerId: id,
      state,
      restartCount,
      ...end,
    });
  }

  /** The grace period after a probe's kill: the failed probe's own, else the pod's (P73). */
  graceAfter(failed: ProbeType): number {
    const probe = probeOf(this.definition, failed);
    return probe?.terminationGracePeriodSeconds ?? this.#settings.podGraceSeconds;
  }
}
