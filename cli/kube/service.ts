// Services and the pods they lead to.

import type { Place } from "./manifest.ts";
import type { KubernetesObject } from "./object.ts";
import type { Workload } from "./pod-spec.ts";

/** True if `service` selects the pods of `workload` by their labels. */
export function selectsPodsOf(service: KubernetesObject, { object, metadata }: Workload): boolean {
  const selector = service.place.at("spec", "selector").items;
  if (service.namespace !== object.namespace || selector.length === 0) return false;
  const labels = metadata.at("labels");
  return selector.every((item: Place) => labels.at(item.path.at(-1)!).value === item.value);
}

/** True if `host` is a DNS name of `service`, as a pod of `namespace` writes it. */
export function isNameOf(service: KubernetesObject, host: string, namespace: string): boolean {
  const [name, ...rest] = host.replace(/\.$/, "").split(".");
  if (name !== service.name) return false;
  const [inNamespace = namespace, svc = "svc"] = rest;
  return inNamespace === service.namespace && svc === "svc";
}
