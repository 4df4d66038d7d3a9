// One probe: a command, started and ended as containerd's ExecSync does it, or a request, as the kubelet makes it.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
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

export interface Attempt {
  /** Settles when there is a result. */
  readonly ended: Promise<Result>;
  /** What there is to say while it has not ended. */
  soFar(): Result;
  /** Lets go of everything. */
  abandon(): void;
}

export class ExecAttempt implements Attempt {
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
    return {
      verdict,
      milliseconds: performance.now() - this.#startedAtMs,
      line: firstLine(this.#output),
    };
  }
}

/** GET, with a new connection and the default timeout (kubelet, pkg/probe/http). */
export class HttpAttempt implements Attempt {
  readonly ended: Promise<Result>;
  readonly #startedAtMs = performance.now();
  readonly #stop = new AbortController();

  constructor(port: number, path: string) {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    this.ended = new Promise((resolve) => {
      const options = { port, path, host: "127.0.0.1", agent: false, signal };
      const request = get(options, async (response) => {
        let body = "";
        response.setEncoding("utf8").on("error", () => {});
        for await (const part of response) body += part;
        const { statusCode = 0 } = response;
        const verdict = statusCode >= 200 && statusCode < 400 ? "pass" : "fail";
        resolve(this.#result(verdict, firstLine(body)));
      });
      request.on("error", (error) => {
        const isLate = performance.now() - this.#startedAtMs >= TIMEOUT_MS;
        resolve(this.#result(isLate ? "timeout" : "fail", error.message));
      });
    });
  }

  soFar(): Result {
    return this.#result("hang", "");
  }

  abandon(): void {
    this.#stop.abort();
  }

  #result(verdict: Verdict, line: string): Result {
    return { verdict, milliseconds: performance.now() - this.#startedAtMs, line };
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
