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
  readonly logDirectory: string;
  readonly linux: {
    readonly cgroupParent: string;
    readonly securityContext: { readonly namespaceOptions: Namespaces };
  };
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string };
  readonly image: { readonly image: string };
  readonly command: readonly string[];
  /** Below the pod's logDirectory. */
  readonly logPath: string;
  readonly linux: { readonly securityContext: { readonly namespaceOptions: Namespaces } };
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
  /** Gives the id. */
  createContainer(pod: string, config: ContainerConfig, podConfig: PodConfig): Promise<string>;
  startContainer(container: string): Promise<void>;
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
    createContainer: async (podSandboxId, config, sandboxConfig) =>
      String((await call("CreateContainer", { podSandboxId, config, sandboxConfig })).containerId),
    startContainer: async (containerId) => void (await call("StartContainer", { containerId })),
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
