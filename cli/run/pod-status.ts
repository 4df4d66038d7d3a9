// What the API would say about the pod: the view that probe workers go by (kubelet, status_manager.go).

import { type Instance, latestOf } from "./instances.ts";
import type { ContainerDefinition, PodDefinition } from "./pod-definition.ts";
import type { Phase } from "./timeline.ts";

export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "running"; readonly startedAtMs: number }
  | { readonly kind: "terminated"; readonly exitCode: number };

export interface ContainerStatus {
  readonly containerId: string | undefined;
  readonly state: ContainerState;
  readonly restartCount: number;
  started: boolean;
  ready: boolean;
}

export interface PodStatus {
  phase: Phase;
  readonly containers: Map<string, ContainerStatus>;
}

/** Start times are kept in whole seconds (P13). */
export function wholeSecondMs(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

/** The status of one container as its instances say, not started and not ready. */
export function containerStatus(
  instances: readonly Instance[],
  waiting: { readonly reason: string; readonly message: string } | undefined,
): ContainerStatus {
  const latest = latestOf(instances);
  return {
    containerId: latest?.id,
    state: stateOf(latest, waiting),
    restartCount: latest?.restartCount ?? 0,
    started: false,
    ready: false,
  };
}

function stateOf(
  latest: Instance | undefined,
  waiting: { readonly reason: string; readonly message: string } | undefined,
): ContainerState {
  if (latest && !latest.exit) {
    return { kind: "running", startedAtMs: wholeSecondMs(latest.startedAtMs) };
  }
  if (waiting) return { kind: "waiting", ...waiting };
  if (latest?.exit) return { kind: "terminated", exitCode: latest.exit.code };
  return { kind: "waiting", reason: "ContainerCreating", message: "" };
}

/** The pod's phase (kubelet_pods.go, getPhase). `isWanted` tells whether a container that ended starts again. */
export function phaseOf(
  pod: PodDefinition,
  status: PodStatus,
  isWanted: (container: ContainerDefinition) => boolean,
): Phase {
  const stateOfContainer = ({ name }: ContainerDefinition) => status.containers.get(name)?.state;
  const isOver = (container: ContainerDefinition) =>
    stateOfContainer(container)?.kind === "terminated" && !isWanted(container);
  const exitCodeOf = (container: ContainerDefinition) => {
    const state = stateOfContainer(container);
    return state?.kind === "terminated" ? state.exitCode : 0;
  };
  const ordinary = pod.initContainers.filter(({ role }) => role === "init");
  if (ordinary.some((container) => isOver(container) && exitCodeOf(container) !== 0))
    return "Failed";
  const hasBegun = pod.containers.some(({ name }) => status.containers.get(name)?.containerId);
  if (!hasBegun) return "Pending";
  if (!pod.containers.every(isOver)) return "Running";
  return pod.containers.every((container) => exitCodeOf(container) === 0) ? "Succeeded" : "Failed";
}
