// Containers and their environment, checked as the API server does.

import { isRecord, type Place } from "../../kube/manifest.ts";
import {
  type ContainerDefinition,
  type ContainerRole,
  type EnvironmentVariable,
  PROBE_TYPES,
  RESTART_POLICIES,
  type RestartRule,
  type VolumeMount,
} from "../pod-definition.ts";
import type { ConfigKind, ConfigObjects } from "./config-objects.ts";
import {
  checkFields,
  describe,
  type Findings,
  readBoolean,
  readChoice,
  readInteger,
  readList,
  readString,
  readStrings,
} from "./fields.ts";
import { readHook, readProbe } from "./probe-reader.ts";

const FIELDS = {
  played: [
    ..."name image command args workingDir env envFrom ports volumeMounts lifecycle restartPolicy".split(
      " ",
    ),
    ..."restartPolicyRules securityContext livenessProbe readinessProbe startupProbe".split(" "),
    // Say what an image or a scheduler does; nothing here depends on them.
    ..."imagePullPolicy resources terminationMessagePath terminationMessagePolicy".split(" "),
  ],
  known: "stdin stdinOnce tty volumeDevices resizePolicy".split(" "),
};
const SECURITY_FIELDS = {
  played: ["runAsUser", "runAsGroup"],
  known: [
    ..."allowPrivilegeEscalation appArmorProfile capabilities privileged procMount".split(" "),
    ..."readOnlyRootFilesystem runAsNonRoot seLinuxOptions seccompProfile windowsOptions".split(
      " ",
    ),
  ],
};

/** What containers of one pod are read with. */
export interface PodContext {
  readonly findings: Findings;
  readonly configs: ConfigObjects;
  readonly namespace: string;
  /** "metadata.name" → its value. */
  readonly fieldRefs: ReadonlyMap<string, string>;
  readonly volumes: ReadonlySet<string>;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
}

export function readContainer(
  place: Place,
  isInit: boolean,
  context: PodContext,
): ContainerDefinition | undefined {
  const { findings } = context;
  const path = isInit ? "initContainers[]" : "containers[]";
  if (!checkFields(place, path, FIELDS, findings)) return undefined;
  const name = readString(place.at("name"), findings) ?? "";
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    findings.reject(place.at("name"), `${path}.name: ${describe(name)} is no DNS label`);
  }
  const restartPolicy = readChoice(place.at("restartPolicy"), RESTART_POLICIES, findings);
  const role: ContainerRole = !isInit ? "regular" : restartPolicy === "Always" ? "sidecar" : "init";
  if (role === "init") rejectProbes(place, path, findings);
  const env = readEnvironment(place, context);
  const security = place.at("securityContext");
  checkFields(security, `${path}.securityContext`, SECURITY_FIELDS, findings);
  const expand = (word: string) => expandAll(word, env);
  return {
    name,
    role,
    image: readString(place.at("image"), findings) ?? "",
    command: readStrings(place.at("command"), findings).map(expand),
    args: readStrings(place.at("args"), findings).map(expand),
    workingDir: readString(place.at("workingDir"), findings),
    env,
    ports: readPorts(place.at("ports"), findings),
    volumeMounts: readMounts(place.at("volumeMounts"), context),
    runAsUser: readInteger(security.at("runAsUser"), findings) ?? context.runAsUser,
    runAsGroup: readInteger(security.at("runAsGroup"), findings) ?? context.runAsGroup,
    probes: PROBE_TYPES.flatMap(
      (type) => readProbe(place.at(`${type}Probe`), type, findings) ?? [],
    ),
    postStart: readHook(place.at("lifecycle", "postStart"), findings),
    preStop: readHook(place.at("lifecycle", "preStop"), findings),
    restartPolicy,
    restartRules: readRestartRules(place.at("restartPolicyRules"), findings),
  };
}

/** Only what goes on running may be probed (P5). */
function rejectProbes(place: Place, path: string, findings: Findings): void {
  for (const field of [...PROBE_TYPES.map((type) => `${type}Probe`), "lifecycle"]) {
    if (!place.at(field).exists) continue;
    findings.reject(place.at(field), `${path}: ${field} needs restartPolicy: Always`);
  }
}

function readPorts(place: Place, findings: Findings): ContainerDefinition["ports"] {
  return readList(place, findings).map((port) => ({
    name: readString(port.at("name"), findings),
    containerPort: readInteger(port.at("containerPort"), findings, 1, 65_535) ?? 0,
  }));
}

function readMounts(place: Place, { findings, volumes }: PodContext): VolumeMount[] {
  return readList(place, findings).map((mount) => {
    const volume = readString(mount.at("name"), findings) ?? "";
    if (!volumes.has(volume)) {
      findings.reject(mount.at("name"), `volumeMounts: the pod has no volume ${describe(volume)}`);
    }
    const mountPath = readString(mount.at("mountPath"), findings) ?? "";
    const subPath = readString(mount.at("subPath"), findings) ?? "";
    if (!mountPath.startsWith("/") || mountPath.includes(":") || hasDots(mountPath)) {
      findings.reject(
        mount.at("mountPath"),
        `mountPath: ${describe(mountPath)} is no absolute path`,
      );
    }
    if (subPath.startsWith("/") || hasDots(subPath)) {
      findings.reject(mount.at("subPath"), `subPath: ${describe(subPath)} leads out of the volume`);
    }
    return { volume, mountPath, subPath, isReadOnly: readBoolean(mount.at("readOnly"), findings) };
  });
}

function hasDots(path: string): boolean {
  return path.split("/").includes("..");
}

function readRestartRules(place: Place, findings: Findings): RestartRule[] {
  return readList(place, findings).flatMap((rule) => {
    const action = readString(rule.at("action"), findings);
    if (action !== "Restart") {
      findings.skip(`restartPolicyRules[].action ${describe(action)}`);
      return [];
    }
    const codes = rule.at("exitCodes");
    const operator = readChoice(codes.at("operator"), ["In", "NotIn"], findings) ?? "In";
    const exitCodes = readList(codes.at("values"), findings).map(({ integer }) => integer ?? 0);
    return [{ operator, exitCodes }];
  });
}

/** envFrom first, then env, whose later entries win; values may name what stands before them. */
function readEnvironment(place: Place, context: PodContext): EnvironmentVariable[] {
  const { findings } = context;
  const variables: EnvironmentVariable[] = [];
  for (const source of readList(place.at("envFrom"), findings)) {
    const prefix = readString(source.at("prefix"), findings) ?? "";
    for (const [key, value] of readSource(source, context)) {
      variables.push({ name: prefix + key, value: value.toString("utf8"), isLiteral: false });
    }
  }
  for (const item of readList(place.at("env"), findings)) {
    const name = readString(item.at("name"), findings);
    if (name === undefined) findings.reject(item, "env: an entry without a name");
    else if (isRecord(item.at("valueFrom").value)) {
      const value = readValueFrom(item.at("valueFrom"), context);
      if (value !== undefined) variables.push({ name, value, isLiteral: false });
    } else {
      const value = readString(item.at("value"), findings) ?? "";
      variables.push({ name, value: expandAll(value, variables), isLiteral: true });
    }
  }
  return variables;
}

const REFERENCES: readonly [field: string, kind: ConfigKind][] = [
  ["configMapRef", "ConfigMap"],
  ["secretRef", "Secret"],
];

function readSource(source: Place, context: PodContext): ReadonlyMap<string, Buffer> {
  for (const [field, kind] of REFERENCES) {
    if (source.at(field).exists) return findConfig(source.at(field), kind, context) ?? new Map();
  }
  return new Map();
}

/** What a ConfigMap or Secret holds; a fault if it is not in the input and not optional. */
export function findConfig(
  reference: Place,
  kind: ConfigKind,
  { findings, configs, namespace }: Pick<PodContext, "findings" | "configs" | "namespace">,
  nameField = "name",
): ReadonlyMap<string, Buffer> | undefined {
  const name = readString(reference.at(nameField), findings) ?? "";
  const found = configs.find(kind, namespace, name);
  if (found || reference.at("optional").value === true) return found;
  return findings.reject(reference, `${kind} ${describe(name)} is not in the input; add its file`);
}

function readValueFrom(place: Place, context: PodContext): string | undefined {
  const { findings, fieldRefs } = context;
  const keyRefs = [
    ["configMapKeyRef", "ConfigMap"],
    ["secretKeyRef", "Secret"],
  ] as const;
  for (const [field, kind] of keyRefs) {
    const reference = place.at(field);
    if (!reference.exists) continue;
    const config = findConfig(reference, kind, context);
    const key = readString(reference.at("key"), findings) ?? "";
    const value = config?.get(key)?.toString("utf8");
    if (config && value === undefined && reference.at("optional").value !== true) {
      findings.reject(reference.at("key"), `${kind}: no key ${describe(key)}`);
    }
    return value;
  }
  const fieldPath = place.at("fieldRef", "fieldPath").string;
  if (fieldPath === undefined) {
    findings.skip(`env[].valueFrom.${Object.keys(place.value as object)[0]}`);
    return "";
  }
  const value = fieldRefs.get(fieldPath);
  if (value === undefined) findings.skip(`env[].valueFrom.fieldRef ${fieldPath}`);
  return value ?? "";
}

/** $(NAME) from any variable, as in a container's own command; what is not there stays as it stands. */
function expandAll(word: string, env: readonly EnvironmentVariable[]): string {
  return word.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (found, name?: string) => {
    if (name === undefined) return "$";
    return env.findLast((variable) => variable.name === name)?.value ?? found;
  });
}
