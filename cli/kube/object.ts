// The Kubernetes objects of a manifest.

import { isRecord, type Manifest, type ManifestDocument, type Place } from "./manifest.ts";

/** An object with apiVersion and kind: a document, or an item of a List. */
export interface KubernetesObject {
  readonly document: ManifestDocument;
  readonly place: Place;
  readonly apiVersion: string;
  readonly kind: string;
  /** "" if it has none (generateName). */
  readonly name: string;
  /** "default" if it names none. */
  readonly namespace: string;
  /** The file that Helm's "# Source:" comment or kustomize's origin annotation names. */
  readonly origin?: string;
}

/** Every object of `manifest`, in the order they stand in. */
export function objectsOf(manifest: Manifest): KubernetesObject[] {
  return manifest.documents.flatMap(({ root }) => expand(root));
}

function expand(place: Place): KubernetesObject[] {
  const { value, document } = place;
  if (!isRecord(value)) return [];
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return [];
  if (kind.endsWith("List") && Array.isArray(value.items)) {
    return place.at("items").items.flatMap(expand);
  }
  const metadata = place.at("metadata");
  return [
    {
      document,
      place,
      apiVersion,
      kind,
      name: metadata.at("name").string ?? metadata.at("generateName").string ?? "",
      namespace: metadata.at("namespace").string ?? "default",
      origin: document.source ?? originOf(metadata),
    },
  ];
}

/** The path in kustomize's annotation, itself a YAML text: "path: ../base/redis.yaml\n". */
function originOf(metadata: Place): string | undefined {
  const origin = metadata.at("annotations", "config.kubernetes.io/origin").string;
  return /^(?:path|configuredIn): *(\S.*?)\s*$/m.exec(origin ?? "")?.[1];
}
