// What one sync of a pod has to do (kubelet, kuberuntime_manager.go computePodActions, computeInitContainerActions). Pure.

import { type Instance, isRunning, latestOf } from "./instances.ts";
import type { KubeVersion } from "./kube-version.ts";
import {
  type ContainerDefinition,
  type PodDefinition,
  type ProbeType,
  probeOf,
} from "./pod-definition.ts";
import { restartsAfterKill, shouldRestart } from "./restart-policy.ts";
import type { Verdict } from "./results.ts";

export interface Kill {
  readonly container: ContainerDefinition;
  readonly message: string;
  /** The probe that failed, whose own grace period counts (P73). */
  readonly failed: ProbeType;
}

export interface PodActions {
  /** True if the pod has nothing left to do: everything still running is stopped (P70). */
  readonly isPodOver: boolean;
  readonly kills: readonly Kill[];
  readonly starts: readonly ContainerDefinition[];
}

export interface PodSituation {
  readonly pod: PodDefinition;
  readonly version: KubeVersion;
  instancesOf(container: ContainerDefinition): readonly Instance[];
  verdict(probe: ProbeType, containerId: string): Verdict | undefined;
}

const OVER: PodActions = { isPodOver: true, kills: [], starts: [] };

export function computeActions(situation: PodSituation): PodActions {
  const init = computeInitActions(situation);
  if (init.isFailed) return OVER;
  if (!init.isDone) return { isPodOver: false, kills: init.kills, starts: init.starts };
  const main = computeMainActions(situation);
  if (main.isPodOver) return OVER;
  return {
    isPodOver: false,
    kills: [...init.kills, ...main.kills],
    starts: [...init.starts, ...main.starts],
  };
}

function computeMainActions(situation: PodSituation): PodActions {
  const { pod, version } = situation;
  const kills: Kill[] = [];
  const starts: ContainerDefinition[] = [];
  let keptCount = 0;
  for (const container of pod.containers) {
    const instances = situation.instancesOf(container);
    const latest = latestOf(instances);
    if (!latest || latest.exit) {
      const isWanted = !latest?.exit || shouldRestart(container, pod, latest.exit.code, version);
      if (isWanted) starts.push(container);
      continue;
    }
    const failed = failedProbe(situation, latest.id);
    if (!failed) {
      keptCount++;
      continue;
    }
    // The restart is decided now, before anybody knows the exit code (P79).
    const isRestarted = restartsAfterKill(container, pod, version);
    const message = `Container ${container.name} failed ${failed} probe`;
    kills.push({
      container,
      failed,
      message: `${message}${isRestarted ? ", will be restarted" : ""}`,
    });
    if (isRestarted) starts.push(container);
  }
  return { isPodOver: keptCount === 0 && starts.length === 0, kills, starts };
}

/** The probe whose stored verdict condemns the container, liveness first (P68). */
function failedProbe(situation: PodSituation, containerId: string): ProbeType | undefined {
  const types: readonly ProbeType[] = ["liveness", "startup"];
  return types.find((type) => situation.verdict(type, containerId) === "failure");
}

interface InitActions {
  /** True if the regular containers may run. */
  isDone: boolean;
  /** True if an init container failed for good. */
  isFailed: boolean;
  readonly kills: Kill[];
  readonly starts: ContainerDefinition[];
}

/** Goes through the init containers in order and stops at the first that has to be waited for. */
function computeInitActions(situation: PodSituation): InitActions {
  const { pod, version } = situation;
  const actions: InitActions = { isDone: false, isFailed: false, kills: [], starts: [] };
  // Once a regular container has run, the ordinary init containers are history.
  const isInitialized = pod.containers.some(
    (container) => situation.instancesOf(container).length > 0,
  );
  for (const container of pod.initContainers) {
    const latest = latestOf(situation.instancesOf(container));
    if (container.role === "sidecar") {
      const isUp = tendSidecar(situation, container, latest, actions);
      if (!isUp && !isInitialized) return actions;
    } else if (!isInitialized) {
      if (latest?.exit?.code === 0) continue;
      const isFailed = latest?.exit && !shouldRestart(container, pod, latest.exit.code, version);
      if (isFailed) actions.isFailed = true;
      else if (!latest || latest.exit) actions.starts.push(container);
      return actions;
    }
  }
  actions.isDone = true;
  return actions;
}

/** Starts or kills a sidecar. True if what comes after it may go on: it runs and its startup probe passed (P98, P99). */
function tendSidecar(
  situation: PodSituation,
  container: ContainerDefinition,
  latest: Instance | undefined,
  actions: InitActions,
): boolean {
  if (!latest || latest.exit) {
    actions.starts.push(container);
    return false;
  }
  const failed = failedProbe(situation, latest.id);
  if (failed) {
    const message = `Init container ${container.name} failed ${failed} probe`;
    actions.kills.push({ container, failed, message });
    actions.starts.push(container);
    return false;
  }
  const isAwaited = probeOf(container, "startup") !== undefined;
  return !isAwaited || situation.verdict("startup", latest.id) === "success";
}

/** Containers that run now, in the order of the pod. */
export function runningContainers(situation: PodSituation): ContainerDefinition[] {
  return [...situation.pod.initContainers, ...situation.pod.containers].filter((container) =>
    isRunning(situation.instancesOf(container)),
  );
}
