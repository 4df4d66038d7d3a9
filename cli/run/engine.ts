// What a pod needs of the thing its containers live in. Engines do as they are told and decide nothing.

import type { ContainerDefinition, PodDefinition, ProbeType } from "./pod-definition.ts";

/** How a container's main process ended. */
export interface ExitState {
  /** 128 + n after signal n. */
  readonly code: number;
  readonly reason: "Completed" | "Error" | "StartError" | "OOMKilled";
  readonly finishedAtMs: number;
}

/** What this machine or user cannot do; the message says what is missing. */
export class EngineError extends Error {}

/** A command the runtime will not start; the message is the runtime's. */
export class ExecRefusedError extends Error {}

/** A container that could not be created or started; the message is the runtime's. */
export class StartFailedError extends Error {
  /** True if the runtime keeps an exited instance with code 128 (containerd, P96). */
  readonly leavesInstance: boolean;

  constructor(message: string, leavesInstance: boolean) {
    super(message);
    this.leavesInstance = leavesInstance;
  }
}

/** A command started inside a container by something outside it. */
export interface ExecProcess {
  /** Its exit code, 128 + n after signal n. */
  readonly exited: Promise<number>;
  /** Settles when nobody holds stdout or stderr any more. */
  readonly outputEnded: Promise<void>;
  /** What it wrote so far: the first bytes of each stream, as many as anybody reports. */
  output(): { readonly stdout: Buffer; readonly stderr: Buffer };
  /** SIGKILL to the process itself and to nothing below it. */
  kill(): void;
  /** SIGKILL to its process group. */
  killGroup(): void;
  /** Stops listening; whatever runs goes on. */
  abandon(): void;
}

/** What an exec is for; CPU time is counted apart for each. */
export type ExecPurpose = ProbeType | "hook";

export interface ContainerProcess {
  readonly exited: Promise<ExitState>;
  /** Rejects with an ExecRefusedError. */
  exec(command: readonly string[], purpose: ExecPurpose): Promise<ExecProcess>;
  /** A signal to the main process only. */
  signal(name: NodeJS.Signals): void;
  /** What lives in it now. */
  observe(): ContainerView;
}

/** One process of a container, numbered as the container sees it. */
export interface ProcessView {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** The letter of proc(5): R, S, D, T, Z … */
  readonly state: string;
}

export interface ContainerView {
  readonly processes: readonly ProcessView[];
  readonly zombies: number;
  /** CPU time spent on each purpose since the pod began; absent where nothing counts it. */
  readonly cpuMs: Readonly<Partial<Record<ExecPurpose, number>>>;
}

/** The line of a container's output that somebody may want to see. */
export type OutputListener = (line: string) => void;

/** The place of one pod. */
export interface Sandbox {
  /** Where probes over the network go. */
  readonly podIp: string;
  /** Rejects with a StartFailedError. */
  start(
    container: ContainerDefinition,
    instanceId: string,
    onOutput: OutputListener,
  ): Promise<ContainerProcess>;
  /** Ends everything in it and removes what it put on the machine. */
  remove(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** Rejects with an EngineError. */
  createSandbox(pod: PodDefinition): Promise<Sandbox>;
}
