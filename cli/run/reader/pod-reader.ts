// From files to the pods in them.

import { randomUUID } from "node:crypto";
import { type Manifest, type Place, parseManifest } from "../../kube/manifest.ts";
import { type KubernetesObject, objectsOf } from "../../kube/object.ts";
import { type Workload, workloadOf } from "../../kube/pod-spec.ts";
import { type PodDefinition, RESTART_POLICIES } from "../pod-definition.ts";
import { ConfigObjects } from "./config-objects.ts";
import { type PodContext, readContainer } from "./container-reader.ts";
import {
  checkFields,
  Findings,
  type InputFault,
  readBoolean,
  readChoice,
  readInteger,
  readList,
} from "./fields.ts";
import { readVolumes } from "./volume-reader.ts";

export interface InputFile {
  readonly name: string;
  readonly text: string;
}

export interface PodInput {
  readonly pods: readonly PodDefinition[];
  readonly faults: readonly InputFault[];
  /** What is not played, each once. */
  readonly notes: readonly string[];
}

const POD_FIELDS = {
  played: [
    ..."containers initContainers restartPolicy terminationGracePeriodSeconds shareProcessNamespace".split(
      " ",
    ),
    ..."hostNetwork volumes securityContext".split(" "),
  ],
  known: [
    ..."activeDeadlineSeconds affinity automountServiceAccountToken dnsConfig dnsPolicy".split(" "),
    ..."enableServiceLinks ephemeralContainers hostAliases hostIPC hostPID hostUsers hostname".split(
      " ",
    ),
    ..."hostnameOverride imagePullSecrets nodeName nodeSelector os overhead preemptionPolicy".split(
      " ",
    ),
    ..."priority priorityClassName readinessGates resourceClaims resources runtimeClassName".split(
      " ",
    ),
    ..."schedulerName schedulingGates serviceAccount serviceAccountName setHostnameAsFQDN".split(
      " ",
    ),
    ..."subdomain tolerations topologySpreadConstraints".split(" "),
  ],
};
const POD_SECURITY_FIELDS = {
  played: ["runAsUser", "runAsGroup"],
  known: [
    ..."appArmorProfile fsGroup fsGroupChangePolicy runAsNonRoot seLinuxChangePolicy".split(" "),
    ..."seLinuxOptions seccompProfile supplementalGroups supplementalGroupsPolicy sysctls".split(
      " ",
    ),
    "windowsOptions",
  ],
};
/** Kinds that go with pods and have no part in probing. */
const CONFIG_KINDS = ["ConfigMap", "Secret"];

/** Every pod in `files`. What the API would reject is a fault; the pod it stands in is left out. */
export function readPods(files: readonly InputFile[]): PodInput {
  const findings = new Findings();
  const objects: KubernetesObject[] = [];
  for (const { name, text } of files) objects.push(...parseFile(name, text, findings));
  const configs = new ConfigObjects(objects, findings);
  const pods: PodDefinition[] = [];
  for (const object of objects) {
    const workload = workloadOf(object);
    if (workload) pods.push(readPod(workload, configs, findings));
    else if (object.kind === "Pod") {
      findings.reject(object.place.at("spec", "containers"), "spec.containers: a list is needed");
    } else if (!CONFIG_KINDS.includes(object.kind)) {
      findings.notes.add(`${object.kind}: not played here`);
    }
  }
  return { pods, faults: findings.faults, notes: [...findings.notes] };
}

function parseFile(name: string, text: string, findings: Findings): KubernetesObject[] {
  const manifest: Manifest = parseManifest(text);
  findings.name(manifest, name);
  for (const { span, message } of manifest.faults) {
    const { line, column } = span.start;
    findings.faults.push({ file: name, line, column, message });
  }
  return objectsOf(manifest);
}

function readPod(workload: Workload, configs: ConfigObjects, findings: Findings): PodDefinition {
  const { object, metadata, pod } = workload;
  const spec = pod.place;
  checkFields(spec, "spec", POD_FIELDS, findings);
  const security = spec.at("securityContext");
  checkFields(security, "spec.securityContext", POD_SECURITY_FIELDS, findings);
  const name = object.name || metadata.at("name").string || object.kind.toLowerCase();
  const uid = randomUUID();
  const replicas = object.place.at("spec", "replicas").integer ?? 1;
  if (replicas > 1) findings.skip(`spec.replicas ${replicas}`, "one pod is played");
  const { namespace } = object;
  const volumes = readVolumes(spec.at("volumes"), { findings, configs, namespace });
  const context: PodContext = {
    findings,
    configs,
    namespace,
    fieldRefs: fieldRefsOf(metadata, name, namespace, uid),
    volumes: new Set(volumes.map((volume) => volume.name)),
    runAsUser: readInteger(security.at("runAsUser"), findings),
    runAsGroup: readInteger(security.at("runAsGroup"), findings),
  };
  const readAll = (field: string, isInit: boolean) =>
    readList(spec.at(field), findings).flatMap(
      (place) => readContainer(place, isInit, context) ?? [],
    );
  const initContainers = readAll("initContainers", true);
  const containers = readAll("containers", false);
  if (containers.length === 0) findings.reject(spec, "spec.containers: at least one is needed");
  rejectDuplicates(
    [...initContainers, ...containers].map((one) => one.name),
    spec,
    findings,
  );
  return {
    name,
    namespace,
    uid,
    restartPolicy: readChoice(spec.at("restartPolicy"), RESTART_POLICIES, findings) ?? "Always",
    terminationGracePeriodSeconds:
      readInteger(spec.at("terminationGracePeriodSeconds"), findings) ?? 30,
    shareProcessNamespace: readBoolean(spec.at("shareProcessNamespace"), findings),
    hostNetwork: readBoolean(spec.at("hostNetwork"), findings),
    initContainers,
    containers,
    volumes,
  };
}

function rejectDuplicates(names: readonly string[], spec: Place, findings: Findings): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) findings.reject(spec, `two containers are called "${twice}"`);
}

function fieldRefsOf(metadata: Place, name: string, namespace: string, uid: string) {
  const refs = new Map([
    ["metadata.name", name],
    ["metadata.namespace", namespace],
    ["metadata.uid", uid],
  ]);
  for (const field of ["labels", "annotations"]) {
    for (const item of metadata.at(field).items) {
      refs.set(`metadata.${field}['${String(item.path.at(-1))}']`, String(item.value ?? ""));
    }
  }
  return refs;
}
