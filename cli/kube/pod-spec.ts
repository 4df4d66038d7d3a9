// Pod templates and their containers, wherever an object keeps them. Values of a wrong type read as missing.

import { isRecord, type Place } from "./manifest.ts";
import type { KubernetesObject } from "./object.ts";

export const PROBE_TYPES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
export type ProbeType = (typeof PROBE_TYPES)[number];
export const HOOK_TYPES = ["postStart", "preStop"] as const;
export type HookType = (typeof HOOK_TYPES)[number];
export const HANDLERS = ["exec", "httpGet", "tcpSocket", "grpc"] as const;
export type HandlerName = (typeof HANDLERS)[number];

/** An object that makes pods: every kind with a pod template, and Pod itself. */
export interface Workload {
  readonly object: KubernetesObject;
  /** The template's own metadata; the object's for a Pod. */
  readonly metadata: Place;
  readonly pod: PodSpec;
  /** A Job or CronJob: its containers end. */
  readonly isBatch: boolean;
  /** False for kinds that Kubernetes does not define, whose template may have more fields than a pod's. */
  readonly isBuiltIn: boolean;
}

export interface PodSpec {
  readonly place: Place;
  readonly shareProcessNamespace: boolean;
  readonly hostPID: boolean;
  readonly hostNetwork: boolean;
  readonly restartPolicy: string;
  /** 30 where it is absent. */
  readonly terminationGracePeriodSeconds: number;
  /** Init containers first, each list in order. */
  readonly containers: readonly ContainerSpec[];
  readonly volumes: readonly Place[];
}

export interface ContainerSpec {
  readonly place: Place;
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly EnvVar[];
  readonly hasEnvFrom: boolean;
  readonly ports: readonly ContainerPort[];
  readonly volumeMounts: readonly VolumeMount[];
  readonly probes: readonly ProbeSpec[];
  readonly hooks: readonly HookSpec[];
  /** In `initContainers`. */
  readonly isInit: boolean;
  /** An init container with restartPolicy Always, which runs beside the others and may have probes. */
  readonly isSidecar: boolean;
}

export interface EnvVar {
  readonly place: Place;
  readonly name: string;
  /** undefined with `valueFrom`. */
  readonly value?: string;
  /** "secretKeyRef", "configMapKeyRef", "fieldRef" … */
  readonly valueFrom?: string;
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort?: number;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
}

export interface ProbeSpec {
  readonly type: ProbeType;
  readonly place: Place;
  /** The handlers it names: exactly one in a valid probe. */
  readonly handlers: readonly HandlerName[];
  /** The argv of `exec`. */
  readonly command?: readonly string[];
}

export interface HookSpec {
  readonly type: HookType;
  readonly place: Place;
  readonly command?: readonly string[];
  /** Of a `sleep` action. */
  readonly sleepSeconds?: number;
}

const BUILT_IN_GROUPS = /^(?:v1|(?:apps|batch|extensions)\/.*)$/;

/** The workload in `object`, undefined if it makes no pods. */
export function workloadOf(object: KubernetesObject): Workload | undefined {
  const holder = templateHolder(object);
  const spec = holder.at("spec");
  if (!isRecord(spec.value) || !Array.isArray(spec.at("containers").value)) return undefined;
  return {
    object,
    metadata: holder.at("metadata"),
    pod: podSpecOf(spec),
    isBatch: object.kind === "Job" || object.kind === "CronJob",
    isBuiltIn: BUILT_IN_GROUPS.test(object.apiVersion),
  };
}

function templateHolder({ kind, place }: KubernetesObject): Place {
  if (kind === "Pod") return place;
  if (kind === "PodTemplate") return place.at("template");
  if (kind === "CronJob") return place.at("spec", "jobTemplate", "spec", "template");
  return place.at("spec", "template");
}

function podSpecOf(place: Place): PodSpec {
  const listOf = (field: string, isInit: boolean) =>
    place
      .at(field)
      .items.filter(({ value }) => isRecord(value))
      .map((item) => containerOf(item, isInit));
  return {
    place,
    shareProcessNamespace: place.at("shareProcessNamespace").value === true,
    hostPID: place.at("hostPID").value === true,
    hostNetwork: place.at("hostNetwork").value === true,
    restartPolicy: place.at("restartPolicy").string ?? "Always",
    terminationGracePeriodSeconds: place.at("terminationGracePeriodSeconds").integer ?? 30,
    containers: [...listOf("initContainers", true), ...listOf("containers", false)],
    volumes: place.at("volumes").items,
  };
}

function containerOf(place: Place, isInit: boolean): ContainerSpec {
  return {
    place,
    name: place.at("name").string ?? "",
    image: place.at("image").string ?? "",
    command: place.at("command").strings,
    args: place.at("args").strings,
    env: place.at("env").items.map(envOf),
    hasEnvFrom: place.at("envFrom").items.length > 0,
    ports: place.at("ports").items.map((port) => ({
      name: port.at("name").string,
      containerPort: port.at("containerPort").integer,
    })),
    volumeMounts: place.at("volumeMounts").items.map((mount) => ({
      name: mount.at("name").string ?? "",
      mountPath: mount.at("mountPath").string ?? "",
      subPath: mount.at("subPath").string,
    })),
    probes: PROBE_TYPES.flatMap((type) => probeOf(place.at(type), type)),
    hooks: HOOK_TYPES.flatMap((type) => hookOf(place.at("lifecycle", type), type)),
    isInit,
    isSidecar: isInit && place.at("restartPolicy").value === "Always",
  };
}

function envOf(place: Place): EnvVar {
  const source = place.at("valueFrom").value;
  const { value } = place.at("value");
  return {
    place,
    name: place.at("name").string ?? "",
    value: isRecord(source) ? undefined : String(value ?? ""),
    valueFrom: isRecord(source) ? (Object.keys(source)[0] ?? "") : undefined,
  };
}

function probeOf(place: Place, type: ProbeType): ProbeSpec[] {
  if (!isRecord(place.value)) return [];
  const handlers = HANDLERS.filter((name) => isRecord(place.at(name).value));
  return [{ type, place, handlers, command: place.at("exec", "command").strings }];
}

function hookOf(place: Place, type: HookType): HookSpec[] {
  if (!isRecord(place.value)) return [];
  return [
    {
      type,
      place,
      command: place.at("exec", "command").strings,
      sleepSeconds: place.at("sleep", "seconds").integer,
    },
  ];
}
