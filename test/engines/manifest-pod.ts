// Runs the pod of a manifest on containerd as a kubelet would, and asks its probes as a kubelet would.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, until } from "../binary/harness.ts";
import type { Containerd } from "./containerd.ts";
import type { Pod } from "./cri-pod.ts";
import type { Container, ContainerSettings, HostMount } from "./engine.ts";
import {
  type ContainerSpec,
  type KubernetesObject,
  type PodSpec,
  type Probe,
  type ProbeKind,
  podOf,
  type Variable,
  type Volume,
} from "./manifest.ts";

export interface RunOptions {
  /** Image in the manifest → its stand-in. */
  readonly images: Readonly<Record<string, string>>;
  /** For volumes; the caller's to remove. */
  readonly folder: string;
  /** Name → address: what the cluster's DNS would say. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** What stands in for a part of the image. */
  readonly mounts?: readonly HostMount[];
}

export interface ManifestPod {
  readonly address: string;
  readonly container: Container;
  /** One attempt of the main container's probe, within its timeoutSeconds. */
  probe(kind: ProbeKind): Promise<ProbeResult>;
  remove(): Promise<void>;
}

export interface ProbeResult {
  readonly result: "pass" | "fail";
  readonly output: string;
}

/** Starts the workload among `objects`: init containers to their end, then the one container. */
export async function runManifest(
  engine: Containerd,
  objects: readonly KubernetesObject[],
  options: RunOptions,
): Promise<ManifestPod> {
  const spec = podOf(objects);
  const [main, second] = spec.containers;
  if (main === undefined || second !== undefined) throw new Error("the tests run one container");
  const hasSharedProcesses = spec.shareProcessNamespace ?? false;
  const pod = await engine.startPod({ hasOwnNetwork: true, hasSharedProcesses });
  const volumes = makeVolumes(spec, objects, options.folder);
  const start = (container: ContainerSpec) => startSpec(pod, container, objects, volumes, options);
  for (const container of spec.initContainers ?? []) await runToEnd(await start(container));
  const container = await start(main);
  return {
    address: pod.address,
    container,
    probe: (kind) => askProbe(main, main[kind], container, pod.address),
    remove: pod.remove,
  };
}

async function runToEnd(container: Container): Promise<void> {
  const { code } = await until("the init container to end", async () => {
    const status = await container.exitCode();
    return status !== undefined && { code: status };
  });
  if (code !== 0) throw new Error(`init container: exit ${code}: ${await container.log()}`);
}

/** Volume → its folder on this machine. */
function makeVolumes(
  { volumes = [] }: PodSpec,
  objects: readonly KubernetesObject[],
  folder: string,
): Record<string, string> {
  return Object.fromEntries(
    volumes.map((volume) => {
      const path = join(folder, volume.name);
      mkdirSync(path, { recursive: true });
      // As the kubelet makes an emptyDir.
      chmodSync(path, 0o777);
      for (const [name, text] of Object.entries(contentOf(volume, objects)))
        writeFileSync(join(path, name), text);
      return [volume.name, path];
    }),
  );
}

function contentOf(volume: Volume, objects: readonly KubernetesObject[]): Record<string, string> {
  if (volume.configMap) return { ...find(objects, "ConfigMap", volume.configMap.name).data };
  if (volume.secret) return { ...find(objects, "Secret", volume.secret.secretName).stringData };
  if (volume.emptyDir) return {};
  throw new Error(`volume ${volume.name}: the tests do not make such a one`);
}

function find(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`${kind} "${name}" is not in the manifest`);
  return found;
}

function startSpec(
  pod: Pod,
  spec: ContainerSpec,
  objects: readonly KubernetesObject[],
  volumes: Readonly<Record<string, string>>,
  { images, folder, hosts, mounts: more = [] }: RunOptions,
): Promise<Container> {
  const image = images[spec.image];
  if (image === undefined) throw new Error(`image "${spec.image}" has no stand-in`);
  const environment = environmentOf(spec.env ?? [], objects);
  const mounts: HostMount[] = (spec.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    source: volumes[name] ?? "",
    target: mountPath,
    isReadOnly: readOnly ?? false,
  }));
  mounts.push(...more);
  if (hosts) mounts.push({ source: writeHosts(folder, hosts), target: "/etc/hosts" });
  const expand = (words: readonly string[] | undefined) =>
    words?.map((word) => word.replaceAll(/\$\((\w+)\)/g, (all, name) => environment[name] ?? all));
  const args = expand(spec.args);
  const settings: ContainerSettings = {
    environment,
    mounts,
    ...securityOf(spec),
    ...(args ? { args } : {}),
  };
  return pod.start(spec.name, { name: image }, expand(spec.command), settings);
}

function environmentOf(
  variables: readonly Variable[],
  objects: readonly KubernetesObject[],
): Record<string, string> {
  return Object.fromEntries(
    variables.map(({ name, value = "", valueFrom }) => {
      if (!valueFrom) return [name, value];
      const { name: secret, key } = valueFrom.secretKeyRef;
      return [name, find(objects, "Secret", secret).stringData?.[key] ?? ""];
    }),
  );
}

function securityOf({ securityContext = {} }: ContainerSpec): ContainerSettings {
  const { runAsUser, runAsGroup, readOnlyRootFilesystem, capabilities } = securityContext;
  return {
    ...(runAsUser === undefined ? {} : { user: runAsUser }),
    ...(runAsGroup === undefined ? {} : { group: runAsGroup }),
    isRootReadOnly: readOnlyRootFilesystem ?? false,
    hasNoCapabilities: capabilities?.drop.includes("ALL") ?? false,
  };
}

function writeHosts(folder: string, hosts: Readonly<Record<string, string>>): string {
  const path = join(folder, "hosts");
  const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}`);
  writeFileSync(path, `127.0.0.1 localhost\n${lines.join("\n")}\n`);
  return path;
}

async function askProbe(
  { name, ports = [] }: ContainerSpec,
  probe: Probe | undefined,
  container: Container,
  address: string,
): Promise<ProbeResult> {
  const timeoutSeconds = probe?.timeoutSeconds ?? 1;
  if (probe?.exec) {
    const { exitCode, stdout } = await container.exec(probe.exec.command, { timeoutSeconds });
    return { result: exitCode === 0 ? "pass" : "fail", output: stdout };
  }
  if (probe?.httpGet === undefined) throw new Error(`container ${name} has no such probe`);
  const { path, port } = probe.httpGet;
  const number = typeof port === "number" ? port : portNamed(ports, port);
  return get(`http://${address}:${number}${path}`, timeoutSeconds);
}

function portNamed(ports: ContainerSpec["ports"], name: string): number {
  const found = ports?.find((port) => port.name === name);
  if (found === undefined) throw new Error(`no port is called "${name}"`);
  return found.containerPort;
}

/** As a kubelet judges httpGet: 200 to 399 in time passes. */
export async function get(url: string, timeoutSeconds: number): Promise<ProbeResult> {
  const limits = ["--max-time", String(timeoutSeconds), "--noproxy", "*"];
  const { status, stdout } = await run("curl", [
    ...["--silent", "--show-error", "--write-out", "%{http_code}", ...limits],
    url,
  ]);
  const code = Number(stdout.slice(-3));
  const result = status === 0 && code >= 200 && code < 400 ? "pass" : "fail";
  return { result, output: stdout.slice(0, -3) };
}
