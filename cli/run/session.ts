// One pod being played in one engine: its probers and hooks, samples of what lives in it, and its end.

import { type Clock, sleep } from "./clock.ts";
import type { Container } from "./container.ts";
import type { ProcessView, Sandbox } from "./engine.ts";
import { type ExecSettings, execSync, type Runtime } from "./exec-sync.ts";
import type { Hooks } from "./hooks.ts";
import type { Instance } from "./instances.ts";
import type { KubeVersion } from "./kube-version.ts";
import { Pod } from "./pod.ts";
import {
  type ContainerDefinition,
  type PodDefinition,
  PROBE_TYPES,
  type ProbeDefinition,
  type ProbeType,
} from "./pod-definition.ts";
import type { Outcome } from "./prober.ts";
import { execHook, execProbe } from "./probers/exec.ts";
import { resolvePort } from "./probers/ports.ts";
import type { Phase, Recorder, SampleEntry } from "./timeline.ts";

export interface SessionSettings {
  readonly clock: Clock;
  readonly version: KubeVersion;
  readonly runtime: Runtime;
  readonly hasJitter: boolean;
  readonly requeue: "exact" | "kubelet";
  readonly record: Recorder;
}

const SAMPLE_MS = 1000;
/** A process that just died gets this long to be waited for before the last count. */
const LAST_REAP_MS = 100;

export class Session {
  readonly pod: Pod;
  readonly sandbox: Sandbox;
  readonly #settings: SessionSettings;
  readonly #exec: ExecSettings;
  readonly #over = new AbortController();
  readonly #work: Promise<unknown>[] = [];

  constructor(definition: PodDefinition, sandbox: Sandbox, settings: SessionSettings) {
    const { clock, runtime, version, hasJitter, requeue, record } = settings;
    this.sandbox = sandbox;
    this.#settings = settings;
    this.#exec = { clock, runtime, drainTimeoutMs: undefined };
    this.pod = new Pod({
      definition,
      clock,
      version,
      sandbox,
      record,
      hasJitter,
      requeue,
      longestBackOffMs: undefined,
      random: Math.random,
      prober: (container, instance, probe) => this.#probe(container, instance, probe),
      hooks: this.#hooks(),
    });
  }

  /** Begins. Settles with the phase when the pod is over; rejects on a fault of the engine. */
  async run(): Promise<Phase> {
    this.#work.push(this.#sampleRegularly());
    const failed = this.pod.run().then(() => new Promise<never>(() => {}));
    return Promise.race([this.pod.ended, failed]);
  }

  /** Counts what is left once more, ends the pod as a deletion does, and removes it. */
  async end(graceSeconds: number): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#work);
    this.#sample();
    await sleep(this.#settings.clock, LAST_REAP_MS);
    this.#sample();
    await this.pod.delete(graceSeconds);
    await this.sandbox.remove();
  }

  #hooks(): Hooks {
    const { clock, version } = this.#settings;
    return {
      exec: (instance, action) =>
        execHook(instance, action, (process, command) =>
          execSync(process, command, "hook", undefined, this.#exec),
        ),
      httpGet: async (container, action, podIp) => {
        const port = resolvePort(action.port, container, version);
        if (typeof port !== "number") return port.error;
        const { probeHttp } = await import("./probers/http.ts");
        const outcome = await probeHttp({ action, port, podIp, timeoutMs: HOOK_MS }, version);
        // Any answer is a good one (P104).
        const isAnswered = outcome.result !== "failure" || /statuscode/.test(outcome.output);
        return isAnswered ? undefined : outcome.output;
      },
      sleep: (milliseconds) => sleep(clock, milliseconds),
    };
  }

  async #probe(
    container: ContainerDefinition,
    instance: Instance,
    probe: ProbeDefinition,
  ): Promise<Outcome> {
    const { version } = this.#settings;
    const { action, timeoutSeconds } = probe;
    if (action.kind === "exec") {
      return execProbe(container, instance, probe, version, (process, command, timeoutMs) =>
        execSync(process, command, probe.type, timeoutMs, this.#exec),
      );
    }
    const { podIp } = this.sandbox;
    const port = resolvePort(action.port, container, version);
    if (typeof port !== "number") return { result: "error", output: port.error };
    const timeoutMs = timeoutSeconds * 1000;
    // Loaded when first wanted: most pods need one of them or none.
    if (action.kind === "httpGet") {
      const { probeHttp } = await import("./probers/http.ts");
      return probeHttp({ action, port, podIp, timeoutMs }, version);
    }
    if (action.kind === "tcpSocket") {
      const { probeTcp } = await import("./probers/tcp.ts");
      return probeTcp(action.host ?? podIp, port, timeoutMs);
    }
    const { probeGrpc } = await import("./probers/grpc.ts");
    return probeGrpc({ host: podIp, port, service: action.service, timeoutSeconds }, version);
  }

  async #sampleRegularly(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      this.#sample();
      await sleep(this.#settings.clock, SAMPLE_MS, signal);
    }
  }

  #sample(): void {
    for (const container of this.pod.containers) {
      const sample = this.sampleOf(container);
      if (sample) this.#settings.record(sample);
    }
  }

  /** What lives in each running container. */
  processes(): Record<string, readonly ProcessView[]> {
    const found: Record<string, readonly ProcessView[]> = {};
    for (const { latest, definition } of this.pod.containers) {
      if (latest?.process && !latest.exit)
        found[definition.name] = latest.process.observe().processes;
    }
    return found;
  }

  /** undefined while the container does not run. */
  sampleOf(container: Container): SampleEntry | undefined {
    const { latest, definition } = container;
    if (!latest?.process || latest.exit) return undefined;
    const { processes, zombies, cpuMs } = latest.process.observe();
    const probeCpuMs: Partial<Record<ProbeType, number>> = {};
    for (const type of PROBE_TYPES) if (cpuMs[type] !== undefined) probeCpuMs[type] = cpuMs[type];
    return {
      kind: "sample",
      atMs: this.#settings.clock.nowMs(),
      container: definition.name,
      zombies,
      processes: processes.filter(({ state }) => state !== "Z").length,
      probeCpuMs,
    };
  }
}

/** A hook has no timeout of its own; Node needs one. */
const HOOK_MS = 2 ** 31 - 1;
