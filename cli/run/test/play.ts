// A pod played on the manual clock, and short ways to say what came of it.

import { ManualClock, sleep } from "../clock.ts";
import { execSync, type Runtime } from "../exec-sync.ts";
import type { Hooks } from "../hooks.ts";
import { KubeVersion } from "../kube-version.ts";
import { Pod } from "../pod.ts";
import type {
  ContainerDefinition,
  PodDefinition,
  ProbeDefinition,
  ProbeType,
} from "../pod-definition.ts";
import type { Outcome } from "../prober.ts";
import { execHook, execProbe } from "../probers/exec.ts";
import type {
  AttemptEntry,
  AttemptResult,
  ContainerEntry,
  EventEntry,
  StatusEntry,
  TimelineEntry,
} from "../timeline.ts";
import { type Script, ScriptedSandbox } from "./scripted-engine.ts";

export function probe(
  type: ProbeType,
  settings: Partial<Omit<ProbeDefinition, "type">> = {},
): ProbeDefinition {
  return {
    type,
    action: { kind: "exec", command: [type] },
    initialDelaySeconds: 0,
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
    terminationGracePeriodSeconds: undefined,
    ...settings,
  };
}

export function container(
  probes: readonly ProbeDefinition[] = [],
  settings: Partial<ContainerDefinition> = {},
): ContainerDefinition {
  return {
    name: "app",
    role: "regular",
    image: "app",
    command: ["app"],
    args: [],
    workingDir: undefined,
    env: [],
    ports: [],
    volumeMounts: [],
    runAsUser: undefined,
    runAsGroup: undefined,
    probes,
    postStart: undefined,
    preStop: undefined,
    restartPolicy: undefined,
    restartRules: [],
    ...settings,
  };
}

export function podOf(
  containers: readonly ContainerDefinition[],
  settings: Partial<PodDefinition> = {},
): PodDefinition {
  return {
    name: "pod",
    namespace: "default",
    uid: "u1",
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    shareProcessNamespace: false,
    hostNetwork: false,
    initContainers: containers.filter(({ role }) => role !== "regular"),
    containers: containers.filter(({ role }) => role === "regular"),
    volumes: [],
    ...settings,
  };
}

/** What a probe says at a moment: in place of a command. Times in seconds. */
export type Answer = (
  probe: ProbeDefinition,
  container: ContainerDefinition,
  nowSeconds: number,
  attempt: number,
) => AttemptResult | (Partial<Outcome> & { readonly takesSeconds?: number });

export interface PlaySettings {
  readonly script?: Script;
  /** undefined: probes are exec'd as the script says. */
  readonly answer?: Answer;
  readonly version?: number;
  readonly runtime?: Runtime;
  readonly drainTimeoutMs?: number;
  readonly hasJitter?: boolean;
  readonly random?: () => number;
  readonly requeue?: "exact" | "kubelet";
  readonly longestBackOffMs?: number;
  readonly hooks?: Partial<Hooks>;
}

/** A pod that has begun at time 0. */
export class Play {
  readonly clock = new ManualClock();
  readonly entries: TimelineEntry[] = [];
  readonly sandbox: ScriptedSandbox;
  readonly pod: Pod;
  #attempts = 0;

  constructor(definition: PodDefinition, settings: PlaySettings = {}) {
    const { clock } = this;
    this.sandbox = new ScriptedSandbox(clock, settings.script ?? {});
    const { runtime = "containerd", drainTimeoutMs, answer } = settings;
    const execSettings = { clock, runtime, drainTimeoutMs };
    const version = new KubeVersion(settings.version ?? 36);
    this.pod = new Pod({
      definition,
      clock,
      version,
      sandbox: this.sandbox,
      record: (entry) => this.entries.push(entry),
      hasJitter: settings.hasJitter ?? false,
      requeue: settings.requeue ?? "exact",
      longestBackOffMs: settings.longestBackOffMs,
      random: settings.random ?? (() => 0.5),
      prober: (target, instance, asked) =>
        answer
          ? this.#answer(answer, target, asked)
          : execProbe(target, instance, asked, version, (process, command, timeoutMs) =>
              execSync(process, command, asked.type, timeoutMs, execSettings),
            ),
      hooks: {
        exec: (instance, action) =>
          execHook(instance, action, (process, command) =>
            execSync(process, command, "hook", undefined, execSettings),
          ),
        httpGet: async () => undefined,
        sleep: (milliseconds) => sleep(clock, milliseconds),
        ...settings.hooks,
      },
    });
    this.pod.run();
  }

  async until(seconds: number): Promise<this> {
    await this.clock.advance(seconds * 1000 - this.clock.nowMs());
    return this;
  }

  async #answer(
    answer: Answer,
    target: ContainerDefinition,
    asked: ProbeDefinition,
  ): Promise<Outcome> {
    const given = answer(asked, target, this.clock.nowMs() / 1000, this.#attempts++);
    const outcome = typeof given === "string" ? { result: given } : given;
    const { takesSeconds = 0, ...said } = { takesSeconds: 0, ...outcome };
    if (takesSeconds > 0) await sleep(this.clock, takesSeconds * 1000);
    return { result: "success", output: "", ...said };
  }

  #of<K extends TimelineEntry["kind"]>(kind: K): Extract<TimelineEntry, { kind: K }>[] {
    return this.entries.filter((entry) => entry.kind === kind) as never;
  }

  get attemptEntries(): AttemptEntry[] {
    return this.#of("attempt");
  }

  /** When each pass of a probe began, in seconds. */
  attempts(type: ProbeType, name = "app"): number[] {
    return this.attemptEntries
      .filter((entry) => entry.probe === type && entry.container === name)
      .map((entry) => entry.startedAtMs / 1000);
  }

  get eventEntries(): EventEntry[] {
    return this.#of("event");
  }

  /** "30 Killing: message" for every event with one of the reasons, all but Created and Started if none is given. */
  events(...reasons: string[]): string[] {
    const isShown = ({ reason }: EventEntry) =>
      reasons.length > 0 ? reasons.includes(reason) : reason !== "Created" && reason !== "Started";
    return this.eventEntries
      .filter(isShown)
      .map(({ atMs, reason, message }) => `${atMs / 1000} ${reason}: ${message}`);
  }

  /** When the container began to run, in seconds. */
  starts(name = "app"): number[] {
    return this.#states(name, "running").map(({ atMs }) => atMs / 1000);
  }

  /** "60 exit 137" for every end. */
  ends(name = "app"): string[] {
    return this.#states(name, "terminated").map(
      ({ atMs, exitCode }) => `${atMs / 1000} exit ${exitCode}`,
    );
  }

  #states(name: string, state: ContainerEntry["state"]): ContainerEntry[] {
    return this.#of("container").filter(
      (entry) => entry.container === name && entry.state === state,
    );
  }

  /** "15 started", "16 ready", "40 unready" … for every change. */
  status(name = "app"): string[] {
    const said: string[] = [];
    let before: Pick<StatusEntry, "started" | "ready"> = { started: false, ready: false };
    for (const entry of this.#of("status").filter(({ container }) => container === name)) {
      const at = entry.atMs / 1000;
      if (entry.started !== before.started) said.push(`${at} ${entry.started ? "" : "un"}started`);
      if (entry.ready !== before.ready) said.push(`${at} ${entry.ready ? "" : "un"}ready`);
      before = entry;
    }
    return said;
  }

  /** Plays a deletion to its end. */
  async delete(graceSeconds?: number): Promise<void> {
    const deleted = this.pod.delete(graceSeconds);
    await this.clock.advance(600_000);
    await deleted;
  }
}
