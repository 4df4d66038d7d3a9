// Kubernetes manifests as the tests run them: the objects of a file, and the pod of a workload. Refuses what it would
// otherwise leave out without a word.

import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

export interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: { readonly path: string; readonly port: number | string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

export type ProbeKind = "livenessProbe" | "readinessProbe" | "startupProbe";

export interface ContainerSpec extends Partial<Record<ProbeKind, Probe>> {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly Variable[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly securityContext?: {
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop: readonly string[] };
  };
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

export interface PodSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly shareProcessNamespace?: boolean;
  readonly volumes?: readonly Volume[];
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}

/** The objects of a file of one or more documents. Throws on the first syntax error. */
export function readManifest(path: string): KubernetesObject[] {
  return parseManifest(readFileSync(path, "utf8"));
}

export function parseManifest(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as KubernetesObject;
  });
}

/** The pod of the only Deployment, StatefulSet or Pod among `objects`; claims become empty volumes. */
export function podOf(objects: readonly KubernetesObject[]): PodSpec {
  const workloads = objects.filter(({ kind }) => WORKLOADS.includes(kind));
  if (workloads.length !== 1) throw new Error(`${workloads.length} workloads; one is needed`);
  const [{ kind, spec } = { kind: "", spec: {} }] = workloads;
  const workload = spec as {
    template: { spec: PodSpec };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
  const pod = kind === "Pod" ? (spec as PodSpec) : workload.template.spec;
  refuseUnknown("pod", pod, POD_FIELDS);
  for (const container of [...(pod.initContainers ?? []), ...pod.containers])
    refuseUnknown(`container ${container.name}`, container, CONTAINER_FIELDS);
  const claims = kind === "StatefulSet" ? (workload.volumeClaimTemplates ?? []) : [];
  const volumes = claims.map(({ metadata }) => ({ name: metadata.name, emptyDir: {} }));
  return { ...pod, volumes: [...(pod.volumes ?? []), ...volumes] };
}

const WORKLOADS = ["Deployment", "StatefulSet", "Pod"];
const POD_FIELDS = ["containers", "initContainers", "shareProcessNamespace", "volumes"];
/** fsGroup: the tests' volumes are everybody's to write. */
POD_FIELDS.push("securityContext");
const CONTAINER_FIELDS = ["name", "image", "imagePullPolicy", "command", "args", "env", "ports"];
CONTAINER_FIELDS.push("securityContext", "volumeMounts");
CONTAINER_FIELDS.push("livenessProbe", "readinessProbe", "startupProbe");

function refuseUnknown(where: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`${where}: the tests do not run ${unknown.join(", ")}`);
}
