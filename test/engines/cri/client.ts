// Speaks the Container Runtime Interface to a containerd (or CRI-O) socket, as a kubelet does.

import { join } from "node:path";
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export type NamespaceMode = "POD" | "CONTAINER" | "NODE";

export interface Namespaces {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
}

export interface PodConfig {
  readonly metadata: { readonly name: string; readonly uid: string; readonly namespace: string };
  readonly hostname?: string;
  readonly logDirectory: string;
  readonly linux: {
    readonly cgroupParent: string;
    readonly securityContext: { readonly namespaceOptions: Namespaces };
  };
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string };
  readonly image: { readonly image: string };
  /** In place of the image's entrypoint. */
  readonly command?: readonly string[];
  /** In place of the image's cmd. */
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly envs?: readonly { readonly key: string; readonly value: string }[];
  readonly mounts?: readonly Mount[];
  /** Below the pod's logDirectory. */
  readonly logPath: string;
  readonly linux: { readonly securityContext: SecurityContext };
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
}

export interface SecurityContext {
  readonly namespaceOptions: Namespaces;
  readonly capabilities?: { readonly dropCapabilities: readonly string[] };
  readonly runAsUser?: { readonly value: number };
  readonly runAsGroup?: { readonly value: number };
  readonly readonlyRootfs?: boolean;
  readonly noNewPrivs?: boolean;
}

export interface ContainerStatus {
  readonly state: "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED";
  readonly exitCode: number;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Every call rejects with the runtime's own words; grpc's `code` tells a deadline (4) from a refusal. */
export interface Cri {
  version(): Promise<{ runtimeName: string; runtimeVersion: string }>;
  hasImage(name: string): Promise<boolean>;
  /** Gives the id. */
  runPodSandbox(config: PodConfig): Promise<string>;
  stopPodSandbox(pod: string): Promise<void>;
  removePodSandbox(pod: string): Promise<void>;
  /** Its address; empty in the machine's network. */
  podAddress(pod: string): Promise<string>;
  /** Gives the id. */
  createContainer(pod: string, config: ContainerConfig, podConfig: PodConfig): Promise<string>;
  startContainer(container: string): Promise<void>;
  containerStatus(container: string): Promise<ContainerStatus>;
  /** TERM, and KILL after `graceSeconds`. */
  stopContainer(container: string, graceSeconds: number): Promise<void>;
  removeContainer(container: string): Promise<void>;
  /** `timeoutSeconds` is the runtime's, 0 for none; `deadlineMs` is when the caller stops waiting for it. */
  execSync(
    container: string,
    command: readonly string[],
    timeoutSeconds: number,
    deadlineMs?: number,
  ): Promise<ExecResult>;
  close(): void;
}

const DEADLINE_MS = 30_000;

type Call = (request: object, deadlineMs?: number) => Promise<Record<string, unknown>>;

/** A client of the socket at `path`. Connects with the first call. */
export function connectCri(path: string): Cri {
  const definition = loadSync(join(import.meta.dirname, "cri.proto"), {
    longs: Number,
    enums: String,
    defaults: true,
  });
  const { runtime } = loadPackageDefinition(definition) as unknown as {
    runtime: { v1: Record<"RuntimeService" | "ImageService", ServiceClientConstructor> };
  };
  const open = (Service: ServiceClientConstructor) =>
    // grpc-go refuses the escaped path that would be the authority otherwise.
    new Service(`unix:${path}`, credentials.createInsecure(), {
      "grpc.default_authority": "localhost",
    });
  const [runtimeService, imageService] = [
    open(runtime.v1.RuntimeService),
    open(runtime.v1.ImageService),
  ];
  const method =
    (service: typeof runtimeService, name: string): Call =>
    (request, deadlineMs = DEADLINE_MS) =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + deadlineMs };
        service[name]?.(request, options, (error: Error | null, response: object) =>
          error ? reject(error) : resolve(response as Record<string, unknown>),
        );
      });
  const call = (name: string, request: object, deadlineMs?: number) =>
    method(runtimeService, name)(request, deadlineMs);

  return {
    version: async () =>
      (await call("Version", {})) as { runtimeName: string; runtimeVersion: string },
    hasImage: async (image) =>
      (await method(imageService, "ImageStatus")({ image: { image } })).image !== null,
    runPodSandbox: async (config) => String((await call("RunPodSandbox", { config })).podSandboxId),
    stopPodSandbox: async (podSandboxId) => void (await call("StopPodSandbox", { podSandboxId })),
    removePodSandbox: async (podSandboxId) =>
      void (await call("RemovePodSandbox", { podSandboxId })),
    podAddress: async (podSandboxId) => {
      const { status } = (await call("PodSandboxStatus", { podSandboxId })) as {
        status: { network: { ip: string } | null };
      };
      return status.network?.ip ?? "";
    },
    createContainer: async (podSandboxId, config, sandboxConfig) =>
      String((await call("CreateContainer", { podSandboxId, config, sandboxConfig })).containerId),
    startContainer: async (containerId) => void (await call("StartContainer", { containerId })),
    containerStatus: async (containerId) =>
      (await call("ContainerStatus", { containerId })).status as ContainerStatus,
    stopContainer: async (containerId, timeout) =>
      void (await call("StopContainer", { containerId, timeout })),
    removeContainer: async (containerId) => void (await call("RemoveContainer", { containerId })),
    execSync: async (containerId, cmd, timeout, deadlineMs) => {
      const response = await call("ExecSync", { containerId, cmd, timeout }, deadlineMs);
      const { stdout, stderr, exitCode } = response as {
        stdout: Buffer;
        stderr: Buffer;
        exitCode: number;
      };
      return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode };
    },
    close: () => {
      runtimeService.close();
      imageService.close();
    },
  };
}
