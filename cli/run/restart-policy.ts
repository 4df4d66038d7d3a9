// Whether a container that ended starts again (kubelet container/helpers.go; api/v1/pod/util.go from 1.34). Pure.

import type { KubeVersion } from "./kube-version.ts";
import type { ContainerDefinition, PodDefinition } from "./pod-definition.ts";

/** True if `container`, ended with `exitCode`, is to run again in a pod that is not being deleted (P77, P78, P97, P99). */
export function shouldRestart(
  container: ContainerDefinition,
  pod: PodDefinition,
  exitCode: number,
  version: KubeVersion,
): boolean {
  if (container.role === "sidecar") return true;
  // The first rule that fits decides. Its only action played here is Restart.
  if (hasOwnRules(version) && container.restartRules.some((rule) => fits(rule, exitCode))) {
    return true;
  }
  const policy = policyOf(container, pod, version);
  if (policy === "Never") return false;
  // An ordinary init container is done once it was successful.
  return exitCode !== 0 || (policy === "Always" && container.role === "regular");
}

/** True if a probe's kill is followed by a start; rules are not consulted (P69). */
export function restartsAfterKill(
  container: ContainerDefinition,
  pod: PodDefinition,
  version: KubeVersion,
): boolean {
  return container.role === "sidecar" || policyOf(container, pod, version) !== "Never";
}

function policyOf(container: ContainerDefinition, pod: PodDefinition, version: KubeVersion) {
  const own = hasOwnRules(version) ? container.restartPolicy : undefined;
  return own ?? pod.restartPolicy;
}

function hasOwnRules(version: KubeVersion): boolean {
  return version.isAtLeast(35);
}

function fits(rule: ContainerDefinition["restartRules"][number], exitCode: number): boolean {
  return rule.exitCodes.includes(exitCode) === (rule.operator === "In");
}
