// How things stand now, put together from the entries so far. Pure: the terminal and the page both show it.

import type { ProbeType } from "./pod-definition.ts";
import type { AttemptEntry, Phase, TimelineEntry } from "./timeline.ts";

export interface ProbeNow {
  readonly container: string;
  readonly probe: ProbeType;
  last: AttemptEntry | undefined;
  cpuMs: number | undefined;
}

export interface ContainerNow {
  readonly name: string;
  /** "running", "ended: exit 1", "CrashLoopBackOff" … */
  state: string;
  restarts: number;
  zombies: number;
  started: boolean;
  ready: boolean;
}

export class Overview {
  readonly containers = new Map<string, ContainerNow>();
  readonly probes = new Map<string, ProbeNow>();
  phase: Phase = "Pending";

  take(entry: TimelineEntry): void {
    switch (entry.kind) {
      case "attempt":
        this.#probe(entry.container, entry.probe).last = entry;
        return;
      case "pod":
        this.phase = entry.phase;
        return;
      case "status":
        Object.assign(this.#container(entry.container), {
          started: entry.started,
          ready: entry.ready,
        });
        return;
      case "container":
        this.#takeState(entry);
        return;
      case "sample":
        this.#container(entry.container).zombies = entry.zombies;
        for (const [probe, cpuMs] of Object.entries(entry.probeCpuMs)) {
          this.#probe(entry.container, probe as ProbeType).cpuMs = cpuMs;
        }
        return;
    }
  }

  #takeState(entry: Extract<TimelineEntry, { kind: "container" }>): void {
    const container = this.#container(entry.container);
    container.restarts = entry.restartCount;
    if (entry.state === "running") container.state = "running";
    else if (entry.state === "waiting") container.state = entry.reason ?? "waiting";
    else {
      container.state = `ended: exit ${entry.exitCode}`;
      container.zombies = 0;
    }
  }

  #container(name: string): ContainerNow {
    const known = this.containers.get(name);
    if (known) return known;
    const fresh = {
      name,
      state: "waiting",
      restarts: 0,
      zombies: 0,
      started: false,
      ready: false,
    };
    this.containers.set(name, fresh);
    return fresh;
  }

  #probe(container: string, probe: ProbeType): ProbeNow {
    const key = `${container}/${probe}`;
    const known = this.probes.get(key);
    if (known) return known;
    const fresh = { container, probe, last: undefined, cpuMs: undefined };
    this.probes.set(key, fresh);
    return fresh;
  }
}
