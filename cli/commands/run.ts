// `knell run`: files to a pod, the pod to its end, the end to an exit status.

import { Failure, readOptions } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { RealClock } from "../run/clock.ts";
import { EngineError } from "../run/engine.ts";
import { NamespaceFaults } from "../run/engines/namespace-faults.ts";
import { NamespaceEngine } from "../run/engines/namespaces.ts";
import { RunState } from "../run/engines/run-state.ts";
import type { Runtime } from "../run/exec-sync.ts";
import { type Fault, FaultRunner, parseFault } from "../run/faults.ts";
import type { KubeVersion } from "../run/kube-version.ts";
import { createOutput, type RunOutput } from "../run/output/output.ts";
import { Feed } from "../run/page/feed.ts";
import type { PageServer } from "../run/page/server.ts";
import type { PodDefinition } from "../run/pod-definition.ts";
import { Session } from "../run/session.ts";
import { SummaryCounter } from "../run/summary.ts";
import type { Phase, TimelineEntry } from "../run/timeline.ts";
import { findBinary } from "./binary.ts";
import {
  checkContainers,
  choosePod,
  readFault,
  readInput,
  readUntil,
  readVersion,
  type Until,
} from "./run-input.ts";
import { RUN_OPTIONS } from "./run-options.ts";

/** At the end nobody waits for a whole grace period. */
const LONGEST_FINAL_GRACE_SECONDS = 3;

/** Why a run is over. */
type End =
  | { readonly kind: "asked" }
  | { readonly kind: "interrupted" }
  | { readonly kind: "pod"; readonly phase: Phase }
  | { readonly kind: "container"; readonly exitCode: number };

export async function runCommand(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { values, positionals } = readOptions(args, RUN_OPTIONS);
  const version = readVersion(values["kube-version"]);
  const until = readUntil(values.until, values["exit-code-from"]);
  const faults = (values.fault ?? []).map(readFault);
  const input = readInput(positionals, environment);
  const definition = choosePod(input, values.pod);
  checkContainers(definition, [
    ...faults.map(({ container }) => container),
    values["exit-code-from"],
  ]);
  const clock = new RealClock();
  const output = createOutput(values.output ?? "auto", {
    environment,
    startedAtMs: clock.nowMs(),
    hasLogs: values.logs === true,
    pod: definition,
  });
  const play = new Play(definition, output, {
    clock,
    version,
    runtime: (values.runtime ?? "containerd") as Runtime,
    hasJitter: values.jitter === true,
    requeue: values.requeue === "kubelet" ? "kubelet" : "exact",
    isHostPathAllowed: values["allow-host-path"] === true,
    hasPage: values.page === true,
  });
  for (const note of input.notes) play.note(note);
  const end = await play.run(until, faults);
  return exitStatus(end, until, play.counter, values.strict === true);
}

/** 0, 1, or the container's own (docs/exit-codes.md). */
function exitStatus(end: End, until: Until, counter: SummaryCounter, isStrict: boolean): number {
  const { probeKills, zombies } = counter.summary();
  if (end.kind === "container") return end.exitCode;
  if (isStrict && zombies > 0) return 1;
  if (end.kind === "pod" && end.phase === "Failed") return 1;
  const isKillAsked = until.kind === "restarted" && end.kind === "asked";
  if (probeKills > 0 && !isKillAsked) return 1;
  const isMissed = end.kind === "pod" && (until.kind === "ready" || until.kind === "restarted");
  return isMissed ? 1 : 0;
}

interface PlaySettings {
  readonly clock: RealClock;
  readonly version: KubeVersion;
  readonly runtime: Runtime;
  readonly hasJitter: boolean;
  readonly requeue: "exact" | "kubelet";
  readonly isHostPathAllowed: boolean;
  readonly hasPage: boolean;
}

/** One run from its first process to its last. */
class Play {
  readonly counter = new SummaryCounter();
  readonly #feed = new Feed();
  readonly #definition: PodDefinition;
  readonly #output: RunOutput;
  readonly #settings: PlaySettings;
  #onEntry: (entry: TimelineEntry) => void = () => {};

  constructor(definition: PodDefinition, output: RunOutput, settings: PlaySettings) {
    this.#definition = definition;
    this.#output = output;
    this.#settings = settings;
  }

  note(message: string): void {
    this.#record({ kind: "note", atMs: this.#settings.clock.nowMs(), message });
  }

  /** Plays the pod, brings about the faults, and leaves nothing behind. */
  async run(until: Until, faults: readonly Fault[]): Promise<End> {
    const { state, removed } = RunState.create();
    if (removed > 0) this.note(`removed what ${removed} crashed run${removed > 1 ? "s" : ""} left`);
    try {
      const engine = new NamespaceEngine({
        state,
        knellPath: findBinary(),
        isHostPathAllowed: this.#settings.isHostPathAllowed,
        note: (message) => this.note(message),
      });
      const sandbox = await engine.createSandbox(this.#definition);
      const record = (entry: TimelineEntry) => this.#record(entry);
      const session = new Session(this.#definition, sandbox, { ...this.#settings, record });
      const first = this.#definition.containers[0]?.name ?? "";
      const target = new NamespaceFaults(sandbox);
      const runner = new FaultRunner(this.#settings.clock, target, record, first);
      const page = this.#settings.hasPage ? await this.#openPage(session, runner) : undefined;
      this.#output.begin?.(session, runner);
      const running = faults.map((fault) => runner.run(fault));
      const end = await this.#waitForEnd(session, until);
      session.pod.halt();
      runner.stop();
      await Promise.all(running);
      await this.#finish(session);
      page?.close();
      return end;
    } catch (error) {
      throw error instanceof EngineError ? new Failure(error.message) : error;
    } finally {
      state.remove();
    }
  }

  /** Loaded only when it is wanted. */
  async #openPage(session: Session, runner: FaultRunner): Promise<PageServer> {
    const { startPage } = await import("../run/page/server.ts");
    const page = await startPage({
      feed: this.#feed,
      processes: () => session.processes(),
      onFault: (text) => {
        const fault = parseFault(text);
        if (typeof fault === "string") return fault;
        runner.run(fault);
        return undefined;
      },
    });
    this.note(`the page is at ${page.url}`);
    return page;
  }

  async #finish(session: Session): Promise<void> {
    const nowMs = this.#settings.clock.nowMs();
    for (const { container, probe, sinceMs } of session.pod.pendingProbes()) {
      this.counter.pending(container, probe, sinceMs, nowMs);
    }
    const { terminationGracePeriodSeconds } = this.#definition;
    await session.end(Math.min(terminationGracePeriodSeconds, LONGEST_FINAL_GRACE_SECONDS));
    this.#output.end(this.counter.summary());
  }

  #waitForEnd(session: Session, until: Until): Promise<End> {
    const interrupt = onInterrupt();
    let cancel = () => {};
    const asked = new Promise<End>((resolve) => {
      this.#onEntry = (entry) => {
        const end = endOf(entry, until);
        if (end) resolve(end);
      };
      if (until.kind === "duration") {
        cancel = this.#settings.clock.after(until.ms, () => resolve({ kind: "asked" }));
      }
    });
    const over = session.run().then((phase): End => ({ kind: "pod", phase }));
    return Promise.race([asked, over, interrupt]).finally(cancel);
  }

  #record(entry: TimelineEntry): void {
    this.#feed.take(entry);
    this.counter.take(entry);
    this.#output.take(entry);
    this.#onEntry(entry);
  }
}

/** What an entry means for when to end. */
function endOf(entry: TimelineEntry, until: Until): End | undefined {
  if (until.kind === "ready" && entry.kind === "pod" && entry.ready) return { kind: "asked" };
  if (entry.kind !== "container") return undefined;
  if (until.kind === "restarted" && entry.state === "running" && entry.restartCount > 0) {
    return { kind: "asked" };
  }
  const isTheOne = until.kind === "container" && entry.container === until.name;
  if (isTheOne && entry.state === "terminated") {
    return { kind: "container", exitCode: entry.exitCode ?? 0 };
  }
  return undefined;
}

/** Ctrl-C and its kin, and a reader that has gone away. */
function onInterrupt(): Promise<End> {
  return new Promise((resolve) => {
    const stop = () => resolve({ kind: "interrupted" });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
    // There is more to do than to leave, whatever else listens.
    process.stdout.removeAllListeners("error").on("error", stop);
  });
}
