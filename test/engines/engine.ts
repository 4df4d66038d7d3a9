// What every engine under test can do: run a pod of one container, and processes in it as a probe is run.

import type { ProcessEntry } from "../binary/harness.ts";
import type { ExecResult } from "./cri/client.ts";

/** All that a container needs to be known by. */
export interface NamedImage {
  readonly name: string;
}

export interface Engine {
  /** With its version, for the results. */
  readonly name: string;
  /** A pod with one container that runs `command`, argv[0] included; without one, what the image says. */
  startContainer(
    image: NamedImage,
    command?: readonly string[],
    settings?: ContainerSettings,
  ): Promise<Container>;
  /** CPU of the engine, its helpers and every container since it was started, ended processes included. */
  cpuNanoseconds(): number;
  /** Ends every process of it and removes what it made. */
  stop(): void;
}

export interface ContainerSettings {
  /** In place of the image's cmd, behind its entrypoint. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Network namespace of its own, with loopback at least; otherwise the machine's. */
  readonly hasOwnNetwork?: boolean;
  readonly user?: number;
  readonly group?: number;
  readonly workingDir?: string;
  readonly isRootReadOnly?: boolean;
  readonly hasNoCapabilities?: boolean;
  readonly mounts?: readonly HostMount[];
  /** Of tasks in the pod. */
  readonly pidsLimit?: number;
}

export interface HostMount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly?: boolean;
}

export interface Container {
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Every process inside that is no zombie, by the pid of this machine. */
  processes(): ProcessEntry[];
  /** The zombies that processes inside have to wait for. */
  zombies(): ProcessEntry[];
  /** The status it left with; undefined while it runs. */
  exitCode(): Promise<number | undefined>;
  /** What it wrote. */
  log(): Promise<string>;
  /** TERM, and KILL after `graceSeconds`; the container stays to be asked. */
  end(graceSeconds: number): Promise<void>;
  remove(): Promise<void>;
}

export interface ExecOptions {
  /** The engine's own limit, as a probe's timeoutSeconds; 0 or nothing for none. */
  readonly timeoutSeconds?: number;
  /** When the caller stops waiting for the engine. */
  readonly deadlineMs?: number;
}
