// postStart and preStop (kubelet, lifecycle/handlers.go).

import type { HookRunner } from "./container.ts";
import type { Instance } from "./instances.ts";
import type { KubeVersion } from "./kube-version.ts";
import type { ContainerDefinition, ExecAction, HttpGetAction } from "./pod-definition.ts";

/** How hooks reach the container. Each gives what went wrong, undefined if nothing did. */
export interface Hooks {
  exec(instance: Instance, action: ExecAction): Promise<string | undefined>;
  httpGet(
    container: ContainerDefinition,
    action: HttpGetAction,
    podIp: string,
  ): Promise<string | undefined>;
  sleep(milliseconds: number): Promise<void>;
}

/** Sleep hooks are part of every kubelet from here on (P104). */
const FIRST_WITH_SLEEP = 30;

export function hookRunner(hooks: Hooks, podIp: string, version: KubeVersion): HookRunner {
  return async (container, instance, action) => {
    switch (action.kind) {
      case "exec":
        return hooks.exec(instance, action);
      case "httpGet":
        return hooks.httpGet(container, action, podIp);
      case "sleep":
        if (!version.isAtLeast(FIRST_WITH_SLEEP)) return `invalid handler: sleep`;
        await hooks.sleep(action.seconds * 1000);
        return undefined;
      case "tcpSocket":
        // The API takes it, the kubelet does not know it.
        return `invalid handler: tcpSocket`;
    }
  };
}
