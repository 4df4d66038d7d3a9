// One command started in a container from outside, as a runtime's exec: its parent is not in the container.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type ExecProcess, ExecRefusedError } from "../engine.ts";
import { childrenOf, signalProcess } from "./processes.ts";

/** Nobody reports more (P41); what comes after is read and dropped, so that the command does not block. */
const MOST_OUTPUT_BYTES = 10_240;

/** For what is in the pipe already. */
const PIPE_MS = 50;

export class NamespaceExec implements ExecProcess {
  readonly exited: Promise<number>;
  readonly outputEnded: Promise<void>;
  readonly #child: ChildProcess;
  readonly #stdout: KeptOutput;
  readonly #stderr: KeptOutput;

  constructor(words: readonly string[], env: Readonly<Record<string, string>>) {
    const [program = "", ...args] = words;
    // A group of its own, for runtimes that kill the whole group.
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
    this.#child = child;
    this.#stdout = new KeptOutput(child.stdout as NodeJS.ReadableStream);
    this.#stderr = new KeptOutput(child.stderr as NodeJS.ReadableStream);
    this.outputEnded = Promise.all([this.#stdout.ended, this.#stderr.ended]).then(() => {});
    this.exited = exitCodeOf(child).then((code) => this.#checkEntered(code));
  }

  output() {
    return { stdout: this.#stdout.bytes, stderr: this.#stderr.bytes };
  }

  /** nsenter may fail where the command never began: no pid left, or the container just ended. That is no exit code. */
  async #checkEntered(code: number): Promise<number> {
    if (code !== 1) return code;
    // Nothing of the command holds the pipe if there was none.
    await Promise.race([this.outputEnded, sleep(PIPE_MS, undefined, { ref: false })]);
    const said = this.#stderr.bytes.toString("utf8");
    if (!/^(?:nsenter: |sh: \d+: Cannot fork)/.test(said)) return code;
    throw new ExecRefusedError(
      `rpc error: code = Unknown desc = failed to exec in container: ${said.trim()}`,
    );
  }

  /** nsenter is the parent outside; the command is its only child. */
  kill(): void {
    const pid = this.#child.pid ?? 0;
    if (this.#child.exitCode === null) signalProcess(childrenOf(pid)[0] ?? pid, "SIGKILL");
  }

  killGroup(): void {
    signalProcess(-(this.#child.pid ?? 0), "SIGKILL");
  }

  abandon(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#child.unref();
  }
}

/** The first bytes of a stream. */
class KeptOutput {
  readonly ended: Promise<unknown>;
  readonly #parts: Buffer[] = [];
  #size = 0;

  constructor(stream: NodeJS.ReadableStream) {
    this.ended = once(stream, "close");
    stream.on("data", (part: Buffer) => {
      const room = MOST_OUTPUT_BYTES - this.#size;
      if (room <= 0) return;
      this.#parts.push(part.subarray(0, room));
      this.#size += Math.min(part.length, room);
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** The exit code of a child, 128 + n after signal n. */
export async function exitCodeOf(child: ChildProcess): Promise<number> {
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}
