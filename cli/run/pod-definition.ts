// A pod as the kubelet gets it: every default filled in, everything the API would reject already rejected.

export const PROBE_TYPES = ["startup", "readiness", "liveness"] as const;
export type ProbeType = (typeof PROBE_TYPES)[number];

export interface ExecAction {
  readonly kind: "exec";
  readonly command: readonly string[];
}
export interface HttpGetAction {
  readonly kind: "httpGet";
  readonly path: string;
  readonly port: number | string;
  readonly scheme: "HTTP" | "HTTPS";
  /** undefined: the pod's address. */
  readonly host: string | undefined;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
export interface TcpSocketAction {
  readonly kind: "tcpSocket";
  readonly port: number | string;
  readonly host: string | undefined;
}
export interface GrpcAction {
  readonly kind: "grpc";
  readonly port: number;
  readonly service: string;
}
export interface SleepAction {
  readonly kind: "sleep";
  readonly seconds: number;
}
export type ProbeAction = ExecAction | HttpGetAction | TcpSocketAction | GrpcAction;
export type HookAction = ExecAction | HttpGetAction | TcpSocketAction | SleepAction;

export interface ProbeDefinition {
  readonly type: ProbeType;
  readonly action: ProbeAction;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly terminationGracePeriodSeconds: number | undefined;
}

export const RESTART_POLICIES = ["Always", "OnFailure", "Never"] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/** One rule of a container's restartPolicyRules: exit codes that lead to "Restart". */
export interface RestartRule {
  readonly operator: "In" | "NotIn";
  readonly exitCodes: readonly number[];
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  /** False if it came with valueFrom: probes' $(NAME) sees such a variable as empty (P38). */
  readonly isLiteral: boolean;
}

export interface VolumeMount {
  readonly volume: string;
  readonly mountPath: string;
  readonly subPath: string;
  readonly isReadOnly: boolean;
}

/** init: runs to its end before the next. sidecar: an init container with restartPolicy Always. */
export type ContainerRole = "init" | "sidecar" | "regular";

export interface ContainerDefinition {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  readonly env: readonly EnvironmentVariable[];
  readonly ports: readonly { readonly name: string | undefined; readonly containerPort: number }[];
  readonly volumeMounts: readonly VolumeMount[];
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly probes: readonly ProbeDefinition[];
  readonly postStart: HookAction | undefined;
  readonly preStop: HookAction | undefined;
  /** The container's own (from 1.34), undefined: the pod's. */
  readonly restartPolicy: RestartPolicy | undefined;
  readonly restartRules: readonly RestartRule[];
}

export interface FileEntry {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

export type Volume =
  | { readonly name: string; readonly kind: "emptyDir"; readonly isMemory: boolean }
  | { readonly name: string; readonly kind: "files"; readonly files: readonly FileEntry[] }
  | { readonly name: string; readonly kind: "hostPath"; readonly path: string };

export interface PodDefinition {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriodSeconds: number;
  readonly shareProcessNamespace: boolean;
  readonly hostNetwork: boolean;
  /** Init containers and sidecars in their order. */
  readonly initContainers: readonly ContainerDefinition[];
  readonly containers: readonly ContainerDefinition[];
  readonly volumes: readonly Volume[];
}

/** "NAME_NAMESPACE(UID)", as the kubelet writes a pod in messages. */
export function formatPod(pod: PodDefinition): string {
  return `${pod.name}_${pod.namespace}(${pod.uid})`;
}

export function probeOf(
  container: ContainerDefinition,
  type: ProbeType,
): ProbeDefinition | undefined {
  return container.probes.find((probe) => probe.type === type);
}
