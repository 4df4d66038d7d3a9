// The five ways to probe a Redis that the matrix compares.

import { run } from "../../binary/harness.ts";
import type { Container } from "../engine.ts";

export type Question = "live" | "ready";

export interface Way {
  readonly title: string;
  readonly image: string;
  /** The probe's command; undefined where nothing is executed. */
  command?(question: Question): readonly string[];
  readonly isKnell: boolean;
}

/** As found: the server is PID 1. */
const PLAIN = "localhost/redis:debian";
/** With knell init as PID 1. */
const KNELL = "localhost/redis-knell:debian";

/** Name → way. What a command cannot tell apart it asks in the same words for both questions. */
export const WAYS = {
  recipe: {
    title: "`tini -s -- redis-cli ping`",
    image: PLAIN,
    command: () => ["tini", "-s", "--", "redis-cli", "ping"],
    isKnell: false,
  },
  shell: {
    title: '`sh -c "redis-cli ping \\| grep PONG"`',
    image: PLAIN,
    command: () => ["sh", "-c", "redis-cli ping | grep PONG"],
    isKnell: false,
  },
  exec: {
    title: "`knell exec -- redis-cli ping`",
    image: KNELL,
    // -e: without it redis-cli leaves with 0 on every error reply.
    command: (question) => [
      ...["/knell", "exec", "--timeout", "900ms", "--", "redis-cli"],
      ...(question === "ready" ? ["-e", "ping"] : ["ping"]),
    ],
    isKnell: true,
  },
  redis: {
    title: "`knell redis`",
    image: KNELL,
    command: (question) => ["/knell", "redis", ...(question === "live" ? ["--live"] : [])],
    isKnell: true,
  },
  listen: { title: "`knell init --listen`", image: KNELL, isKnell: true },
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof WAYS;
export const WAY_NAMES = Object.keys(WAYS) as WayName[];

/** pass, fail, or the engine's refusal to run it at all, on which a kubelet does nothing. */
export type Verdict = "pass" | "fail" | "error";

/** As a kubelet's periodSeconds and timeoutSeconds. */
export const PERIOD_MS = 1_000;
export const TIMEOUT_SECONDS = 1;
/** Where an answer is due: a busy machine is no failure. */
const PATIENT_SECONDS = 10;

/** One attempt, as a kubelet makes it. */
export function attempt(
  way: Way,
  container: Container,
  question: Question,
  timeoutSeconds = PATIENT_SECONDS,
): Promise<Verdict> {
  const command = way.command?.(question);
  return command === undefined
    ? attemptHttp(container, question, timeoutSeconds)
    : attemptExec(container, command, timeoutSeconds);
}

async function attemptExec(
  container: Container,
  command: readonly string[],
  timeoutSeconds: number,
): Promise<Verdict> {
  try {
    const options = { timeoutSeconds, deadlineMs: 120_000 };
    const { exitCode } = await container.exec(command, options);
    return exitCode === 0 ? "pass" : "fail";
  } catch (error) {
    return /timeout|timed out/i.test(String(error)) ? "fail" : "error";
  }
}

/** Asks from outside the container, through its network namespace. */
async function attemptHttp(
  container: Container,
  question: Question,
  timeoutSeconds: number,
): Promise<Verdict> {
  const { status, stdout } = await startGet(container, question, timeoutSeconds);
  return status === 0 && stdout === "200" ? "pass" : "fail";
}

/** curl's status, and on stdout the reply's. */
export function startGet(container: Container, question: Question, limitSeconds: number) {
  const [init] = container.processes();
  const limits = ["--max-time", String(limitSeconds), "--noproxy", "*"];
  return run("nsenter", [
    ...["--target", String(init?.pid), "--net", "curl", "--silent", "--output", "/dev/null"],
    ...["--write-out", "%{http_code}", ...limits, `http://127.0.0.1:8086/${question}z`],
  ]);
}
