// The ConfigMaps and Secrets among the input.

import { isRecord, type Place } from "../../kube/manifest.ts";
import type { KubernetesObject } from "../../kube/object.ts";
import { describe, type Findings } from "./fields.ts";

export type ConfigKind = "ConfigMap" | "Secret";

/** What each ConfigMap and Secret holds, by kind, namespace and name. */
export class ConfigObjects {
  readonly #values = new Map<string, ReadonlyMap<string, Buffer>>();

  constructor(objects: readonly KubernetesObject[], findings: Findings) {
    for (const { kind, namespace, name, place } of objects) {
      if (kind !== "ConfigMap" && kind !== "Secret") continue;
      const values = new Map<string, Buffer>();
      const isSecret = kind === "Secret";
      take(place.at("data"), isSecret ? "base64" : "utf8", values, findings);
      take(place.at("binaryData"), "base64", values, findings);
      if (isSecret) take(place.at("stringData"), "utf8", values, findings);
      this.#values.set(`${kind}/${namespace}/${name}`, values);
    }
  }

  /** undefined if there is no such object. */
  find(kind: ConfigKind, namespace: string, name: string): ReadonlyMap<string, Buffer> | undefined {
    return this.#values.get(`${kind}/${namespace}/${name}`);
  }
}

/** A key becomes the name of a file, so it has to be one (ValidateConfigMap, IsConfigMapKey). */
function isKey(key: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== "." && !key.startsWith("..");
}

function take(
  place: Place,
  encoding: BufferEncoding,
  values: Map<string, Buffer>,
  findings: Findings,
): void {
  if (!isRecord(place.value)) return;
  for (const [key, value] of Object.entries(place.value)) {
    if (isKey(key)) values.set(key, Buffer.from(String(value), encoding));
    else findings.reject(place.at(key), `data: ${describe(key)} is no valid key`);
  }
}
