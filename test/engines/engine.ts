// What every engine under test can do: run a pod of one container, and processes in it as a probe is run.

import type { ProcessEntry } from "../binary/harness.ts";
import type { ExecResult } from "./cri/client.ts";
import type { Image } from "./image.ts";

export interface Engine {
  /** With its version, for the results. */
  readonly name: string;
  addImage(image: Image): Promise<void>;
  /** A pod in the machine's own network with one container that runs `command`, argv[0] included. */
  startContainer(image: Image, command: readonly string[]): Promise<Container>;
  /** CPU of the engine, its helpers and every container since it was started, ended processes included. */
  cpuNanoseconds(): number;
  /** Ends every process of it and removes what it made. */
  stop(): void;
}

export interface Container {
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Every process inside that is no zombie, by the pid of this machine. */
  processes(): ProcessEntry[];
  /** The zombies that processes inside have to wait for. */
  zombies(): ProcessEntry[];
  remove(): Promise<void>;
}

export interface ExecOptions {
  /** The engine's own limit, as a probe's timeoutSeconds; 0 or nothing for none. */
  readonly timeoutSeconds?: number;
  /** When the caller stops waiting for the engine. */
  readonly deadlineMs?: number;
}
