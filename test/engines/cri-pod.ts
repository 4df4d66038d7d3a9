// Pods and their containers through CRI, as a kubelet makes them.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf, type ProcessEntry, processEntry } from "../binary/harness.ts";
import type { ControlGroup } from "./control-group.ts";
import type { Cri, Namespaces, PodConfig, SecurityContext } from "./cri/client.ts";
import type { Container, ContainerSettings, NamedImage } from "./engine.ts";

export interface Pod {
  /** Empty in the machine's network. */
  readonly address: string;
  /** Starts `command`, or what the image says, in the container `name`. */
  start(
    name: string,
    image: NamedImage,
    command?: readonly string[],
    settings?: ContainerSettings,
  ): Promise<Container>;
  /** Ends all containers and removes them. */
  remove(): Promise<void>;
}

export interface PodSettings {
  readonly hasOwnNetwork?: boolean;
  /** shareProcessNamespace. */
  readonly hasSharedProcesses?: boolean;
}

/** Where the pods of one engine are. */
export interface PodHost {
  readonly cri: Cri;
  readonly group: ControlGroup;
  readonly folder: string;
}

/** Starts the sandbox of the pod `name`. Rejects with the runtime's own words. */
export async function startPod(
  host: PodHost,
  name: string,
  { hasOwnNetwork = false, hasSharedProcesses = false }: PodSettings = {},
): Promise<Pod> {
  const namespaces: Namespaces = {
    network: hasOwnNetwork ? "POD" : "NODE",
    pid: hasSharedProcesses ? "POD" : "CONTAINER",
    ipc: "POD",
  };
  const config: PodConfig = {
    metadata: { name, uid: name, namespace: "default" },
    ...(hasOwnNetwork ? { hostname: name } : {}),
    logDirectory: join(host.folder, "logs", name),
    linux: {
      cgroupParent: host.group.podParent(name),
      securityContext: { namespaceOptions: namespaces },
    },
  };
  mkdirSync(config.logDirectory, { recursive: true });
  const id = await host.cri.runPodSandbox(config);
  const containers: string[] = [];
  return {
    address: await host.cri.podAddress(id),
    start: async (container, image, command, settings = {}) => {
      const started = { container, image, command, settings, namespaces };
      const containerId = await startContainer(host, id, config, started);
      containers.push(containerId);
      if (settings.pidsLimit !== undefined) host.group.limitPids(name, settings.pidsLimit);
      return handleOf(host, config, container, containerId);
    },
    remove: async () => {
      await host.cri.stopPodSandbox(id);
      for (const container of containers) await host.cri.removeContainer(container);
      await host.cri.removePodSandbox(id);
    },
  };
}

interface Start {
  readonly container: string;
  readonly image: NamedImage;
  readonly command: readonly string[] | undefined;
  readonly settings: ContainerSettings;
  readonly namespaces: Namespaces;
}

async function startContainer({ cri }: PodHost, pod: string, podConfig: PodConfig, start: Start) {
  const { settings } = start;
  const config = {
    metadata: { name: start.container },
    image: { image: start.image.name },
    ...(start.command ? { command: start.command } : {}),
    ...(settings.args ? { args: settings.args } : {}),
    ...(settings.workingDir ? { workingDir: settings.workingDir } : {}),
    envs: Object.entries(settings.environment ?? {}).map(([key, value]) => ({ key, value })),
    mounts: (settings.mounts ?? []).map(({ source, target, isReadOnly = false }) => ({
      hostPath: source,
      containerPath: target,
      readonly: isReadOnly,
    })),
    logPath: logName(start.container),
    linux: { securityContext: securityContextOf(settings, start.namespaces) },
  };
  const id = await cri.createContainer(pod, config, podConfig);
  await cri.startContainer(id);
  return id;
}

function securityContextOf(
  settings: ContainerSettings,
  namespaceOptions: Namespaces,
): SecurityContext {
  return {
    namespaceOptions,
    ...(settings.user === undefined ? {} : { runAsUser: { value: settings.user } }),
    ...(settings.group === undefined ? {} : { runAsGroup: { value: settings.group } }),
    readonlyRootfs: settings.isRootReadOnly ?? false,
    ...(settings.hasNoCapabilities
      ? { capabilities: { dropCapabilities: ["ALL"] }, noNewPrivs: true }
      : {}),
  };
}

const logName = (container: string) => `${container}.log`;

function handleOf(
  { cri, group }: PodHost,
  { metadata: { name: pod }, logDirectory }: PodConfig,
  name: string,
  id: string,
): Container {
  return {
    exec: (words, { timeoutSeconds = 0, deadlineMs } = {}) =>
      cri.execSync(id, words, timeoutSeconds, deadlineMs),
    processes: () => entriesOf(group.processesOf(pod, id)),
    // In a shared namespace it is the sandbox's process that has to wait.
    zombies: () => zombiesBelow(group.processesOf(pod)),
    exitCode: async () => {
      const { state, exitCode } = await cri.containerStatus(id);
      return state === "CONTAINER_EXITED" ? exitCode : undefined;
    },
    log: async () => {
      const lines = readFileSync(join(logDirectory, logName(name)), "utf8").split("\n");
      // Time, stream and tag stand in front (KEP "CRI log format").
      return lines.map((line) => line.split(" ").slice(3).join(" ")).join("\n");
    },
    end: (graceSeconds) => cri.stopContainer(id, graceSeconds),
    remove: () => cri.removeContainer(id),
  };
}

/** The zombies that `pids` have to wait for. */
export function zombiesBelow(pids: readonly number[]): ProcessEntry[] {
  return entriesOf(pids.flatMap((pid) => childrenOf(pid))).filter(({ state }) => state === "Z");
}

/** Those that are still there. */
export function entriesOf(pids: readonly number[]): ProcessEntry[] {
  return pids.flatMap((pid) => {
    try {
      return [processEntry(pid)];
    } catch {
      return [];
    }
  });
}
