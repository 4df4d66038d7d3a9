// A probe's port, by number or by name (kubelet, probe/util.go ResolveContainerPort).

import type { KubeVersion } from "../kube-version.ts";
import type { ContainerDefinition } from "../pod-definition.ts";

/** The number, or the error that a name nobody declares leads to (P37). */
export function resolvePort(
  port: number | string,
  container: ContainerDefinition,
  version: KubeVersion,
): number | { readonly error: string } {
  if (typeof port === "number") return port;
  const named = container.ports.find(({ name }) => name === port);
  if (named) return named.containerPort;
  if (version.isAtLeast(37)) return { error: `port "${port}" not found` };
  return { error: `strconv.Atoi: parsing "${port}": invalid syntax` };
}
