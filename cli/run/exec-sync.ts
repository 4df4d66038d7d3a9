// Running a command in a container until it is done, as each container runtime does it (P42–P48).

import { type Clock, sleep } from "./clock.ts";
import { type ContainerProcess, type ExecPurpose, ExecRefusedError } from "./engine.ts";

export const RUNTIMES = ["containerd", "cri-o", "docker"] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** The kubelet waits this long beyond the probe's own timeout (P42). */
const CALL_MARGIN_MS = 120_000;

/** For what is already in the pipe when the process ends. */
const PIPE_MS = 100;

export type ExecResult =
  | { readonly kind: "exited"; readonly code: number; readonly output: Buffer }
  | { readonly kind: "timed-out" }
  /** The runtime would not or could not: nothing is known of the container. */
  | { readonly kind: "refused"; readonly message: string };

export interface ExecSettings {
  readonly clock: Clock;
  readonly runtime: Runtime;
  /** containerd's drain_exec_sync_io_timeout; undefined: it waits for ever. */
  readonly drainTimeoutMs: number | undefined;
}

/** Runs `command` to its end. `timeoutMs` undefined: without a deadline, as hooks are run (P101). */
export async function execSync(
  container: ContainerProcess,
  command: readonly string[],
  purpose: ExecPurpose,
  timeoutMs: number | undefined,
  settings: ExecSettings,
): Promise<ExecResult> {
  try {
    return await new ExecCall(container, settings, timeoutMs).run(command, purpose);
  } catch (error) {
    if (error instanceof ExecRefusedError) return refused(error.message, settings.runtime);
    throw error;
  }
}

/** Docker makes an exit code of what the others refuse (P46). */
function refused(message: string, runtime: Runtime): ExecResult {
  if (runtime !== "docker") return { kind: "refused", message };
  const code = message.includes("permission denied") ? 126 : 127;
  return { kind: "exited", code, output: Buffer.from(message) };
}

class ExecCall {
  readonly #container: ContainerProcess;
  readonly #settings: ExecSettings;
  readonly #timeoutMs: number | undefined;
  readonly #startedAtMs: number;
  /** Fires when the call is over, to cancel every timer. */
  readonly #over = new AbortController();

  constructor(container: ContainerProcess, settings: ExecSettings, timeoutMs: number | undefined) {
    this.#container = container;
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
    this.#startedAtMs = settings.clock.nowMs();
  }

  async run(command: readonly string[], purpose: ExecPurpose): Promise<ExecResult> {
    const process = await this.#container.exec(command, purpose);
    const output = () => {
      const { stdout, stderr } = process.output();
      return Buffer.concat([stdout, stderr]);
    };
    try {
      const code = await Promise.race([process.exited, this.#after(this.#timeoutMs)]);
      if (code !== undefined) return await this.#exited(code, process.outputEnded, output);
      return await this.#timedOut(process);
    } finally {
      this.#over.abort();
      process.abandon();
    }
  }

  /** containerd waits for the end of the output, which a child may hold open (P48). */
  async #exited(
    code: number,
    outputEnded: Promise<void>,
    output: () => Buffer,
  ): Promise<ExecResult> {
    const { runtime, drainTimeoutMs } = this.#settings;
    if (runtime !== "containerd") {
      // What is in the pipe already still belongs to it.
      await Promise.race([outputEnded, this.#after(PIPE_MS)]);
      return { kind: "exited", code, output: output() };
    }
    const ended = await Promise.race([
      outputEnded.then(() => "drained" as const),
      this.#after(drainTimeoutMs).then(() => "cut" as const),
      this.#callEnd().then(() => "timed-out" as const),
    ]);
    if (ended === "drained") return { kind: "exited", code, output: output() };
    if (ended === "timed-out") return { kind: "timed-out" };
    const message = `failed to drain exec process IO: timed out after ${drainTimeoutMs} ms`;
    return { kind: "refused", message };
  }

  /** Who is killed, and whether anybody is waited for (P45, P47, P48). */
  async #timedOut(process: {
    readonly outputEnded: Promise<void>;
    kill(): void;
    killGroup(): void;
  }): Promise<ExecResult> {
    const { runtime, drainTimeoutMs } = this.#settings;
    if (runtime === "cri-o") {
      process.killGroup();
      return { kind: "exited", code: -1, output: Buffer.from("command timed out") };
    }
    if (runtime === "containerd") {
      process.kill();
      const bounds = [process.outputEnded, this.#after(drainTimeoutMs), this.#callEnd()];
      await Promise.race(bounds);
    }
    return { kind: "timed-out" };
  }

  /** When the kubelet gives up on the call. */
  #callEnd(): Promise<undefined> {
    if (this.#timeoutMs === undefined) return this.#after(undefined);
    const endMs = this.#startedAtMs + this.#timeoutMs + CALL_MARGIN_MS;
    return this.#after(endMs - this.#settings.clock.nowMs());
  }

  /** undefined after `delayMs`; never if that is undefined. */
  async #after(delayMs: number | undefined): Promise<undefined> {
    if (delayMs === undefined) return new Promise(() => {});
    await sleep(this.#settings.clock, delayMs, this.#over.signal);
  }
}
