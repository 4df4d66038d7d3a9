// One probe, started and ended as containerd's ExecSync does it.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type Container, killAsRuntime } from "./container.ts";

/** timeoutSeconds of a Kubernetes probe, by default. */
export const TIMEOUT_MS = 1000;
/** The kubelet gives up on an exec this long after the probe's own timeout, and discards the result. */
const GIVE_UP_MS = TIMEOUT_MS + 120_000;

export type Verdict = "pass" | "fail" | "timeout" | "hang";

export interface Result {
  readonly verdict: Verdict;
  readonly milliseconds: number;
  /** The first line it wrote, stdout or stderr. */
  readonly line: string;
}

export class Attempt {
  /** Settles when the output has ended, which is what ExecSync waits for, or with "hang" when the caller gives up. */
  readonly ended: Promise<Result>;
  readonly #startedAtMs = performance.now();
  readonly #exec: ChildProcess;
  #output = "";
  #isKilled = false;

  constructor(container: Container, words: readonly string[]) {
    this.#exec = container.exec(words);
    for (const stream of [this.#exec.stdout, this.#exec.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        // The kubelet reads 10 KiB; the first line is enough here.
        if (this.#output.length < 10_240) this.#output += text;
      });
    }
    this.ended = this.#run();
  }

  /** What there is to say while it has not ended. */
  soFar(): Result {
    return this.#result("hang");
  }

  /** Lets go of the pipes and of what is still running. */
  abandon(): void {
    killAsRuntime(this.#exec);
    this.#exec.stdout?.destroy();
    this.#exec.stderr?.destroy();
  }

  async #run(): Promise<Result> {
    const kill = setTimeout(() => {
      this.#isKilled = true;
      killAsRuntime(this.#exec);
    }, TIMEOUT_MS);
    let hasGivenUp = false;
    const giveUp = setTimeout(() => {
      hasGivenUp = true;
      this.abandon();
    }, GIVE_UP_MS);
    const [code] = await once(this.#exec, "close");
    clearTimeout(kill);
    clearTimeout(giveUp);
    if (hasGivenUp) return this.#result("hang");
    if (this.#isKilled) return this.#result("timeout");
    return this.#result(code === 0 ? "pass" : "fail");
  }

  #result(verdict: Verdict): Result {
    const [line = ""] = this.#output.trim().split("\n", 1);
    return { verdict, milliseconds: performance.now() - this.#startedAtMs, line };
  }
}
