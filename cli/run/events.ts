// The kubelet's events, worded as the given release words them (§7 of docs/specs/kubelet-probes.md).

import type { KubeVersion } from "./kube-version.ts";
import {
  type ContainerDefinition,
  formatPod,
  type PodDefinition,
  type ProbeType,
} from "./pod-definition.ts";

export interface KubeEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

const TITLES: Readonly<Record<ProbeType, string>> = {
  liveness: "Liveness",
  readiness: "Readiness",
  startup: "Startup",
};

/** Every text that depends on the release in one place. */
export class EventWording {
  readonly #version: KubeVersion;

  constructor(version: KubeVersion) {
    this.#version = version;
  }

  probeFailed(type: ProbeType, output: string): KubeEvent {
    return warning("Unhealthy", `${TITLES[type]} probe failed: ${output}`);
  }

  /** `resultsIn` is "failure" where only the body could not be read, else "unknown". */
  probeErrored(type: ProbeType, error: string, resultsIn: "failure" | "unknown"): KubeEvent {
    const state = this.#version.isAtLeast(33) ? ` and resulted in ${resultsIn} state` : "";
    return warning("Unhealthy", `${TITLES[type]} probe errored${state}: ${error}`);
  }

  probeWarning(type: ProbeType, output: string): KubeEvent {
    return warning("ProbeWarning", `${TITLES[type]} probe warning: ${output}`);
  }

  created(name: string): KubeEvent {
    if (this.#version.isAtLeast(35)) return normal("Created", "Container created");
    const colon = this.#version.isAtLeast(32) ? ":" : "";
    return normal("Created", `Created container${colon} ${name}`);
  }

  started(name: string): KubeEvent {
    const isShort = this.#version.isAtLeast(35);
    return normal("Started", isShort ? "Container started" : `Started container ${name}`);
  }

  startFailed(text: string): KubeEvent {
    return warning("Failed", `Error: ${text}`);
  }

  killing(message: string): KubeEvent {
    return normal("Killing", message);
  }

  backOff(name: string, pod: PodDefinition): KubeEvent {
    const whom = this.#version.isAtLeast(26) ? ` ${name} in pod ${formatPod(pod)}` : "";
    return warning("BackOff", `Back-off restarting failed container${whom}`);
  }

  hookFailed(hook: "PostStart" | "PreStop", detail: string): KubeEvent {
    const message = this.#version.isAtLeast(26) ? `${hook}Hook failed` : detail;
    return warning(`Failed${hook}Hook`, message);
  }
}

function warning(reason: string, message: string): KubeEvent {
  return { type: "Warning", reason, message };
}

function normal(reason: string, message: string): KubeEvent {
  return { type: "Normal", reason, message };
}

/** "spec.containers{NAME}" or "spec.initContainers{NAME}". */
export function fieldPathOf({ role, name }: ContainerDefinition): string {
  return `spec.${role === "regular" ? "containers" : "initContainers"}{${name}}`;
}

/** The message of a container in CrashLoopBackOff (P67). */
export function backOffMessage(delayMs: number, name: string, pod: PodDefinition): string {
  return `back-off ${goDuration(delayMs)} restarting failed container=${name} pod=${formatPod(pod)}`;
}

/** Whole seconds as Go prints a duration: "40s", "1m20s", "5m0s", "1h0m0s". */
export function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
