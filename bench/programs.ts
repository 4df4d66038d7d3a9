// The programs that are measured, and the C programs that measure them.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childrenOf } from "../test/binary/harness.ts";
import { median } from "./row.ts";

const root = join(import.meta.dirname, "..");
export const KNELL = join(root, "dist/knell");

/** Compiles bench/programs/NAME.c to a static binary and gives its path. */
export function compile(name: string): string {
  const folder = join(root, "build/bench");
  mkdirSync(folder, { recursive: true });
  const target = join(folder, name);
  const source = join(import.meta.dirname, `programs/${name}.c`);
  execFileSync("musl-gcc", ["-static", "-Os", "-s", "-Wall", "-Werror", source, "-o", target]);
  return target;
}

/** The lines of numbers a measuring program prints. */
export function numbersFrom(command: readonly string[]): number[][] {
  const [program = "", ...args] = command;
  const text = execFileSync(program, args, { encoding: "utf8", cwd: root });
  return text
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
}

/**
 * RATE for http-paced: one request as soon as the last one is answered, as exec probes are run here. Both then find
 * caches warm and processors awake.
 */
export const AT_ONCE = 1_000_000;

export interface Comparison {
  /** Medians over the rounds of A ÷ B within one round. */
  readonly wallRatio: number;
  readonly cpuRatio: number;
  /** Medians in nanoseconds. */
  readonly wallA: number;
  readonly wallB: number;
  readonly cpuA: number;
  readonly cpuB: number;
}

/** Runs both commands in turn (bench/programs/exec-loop.c): what disturbs one disturbs the other. */
export function compare(
  a: readonly string[],
  b: readonly string[],
  { rounds = 40, laps = 25 } = {},
): Comparison {
  const loop = [compile("exec-loop"), String(rounds), String(laps), "--", ...a, "--then", ...b];
  const lines = numbersFrom(loop);
  const column = (index: number) => median(lines.map((line) => line[index] ?? NaN));
  const ratio = (over: number, under: number) =>
    median(lines.map((line) => (line[over] ?? NaN) / (line[under] ?? NaN)));
  return {
    wallRatio: ratio(0, 2),
    cpuRatio: ratio(1, 3),
    wallA: column(0),
    cpuA: column(1),
    wallB: column(2),
    cpuB: column(3),
  };
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<string> {
  const finder = createServer().listen(0, "127.0.0.1");
  await once(finder, "listening");
  const address = finder.address();
  finder.close();
  return String(typeof address === "object" ? address?.port : 0);
}

export function redisServer(port: string): string[] {
  return ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""];
}

/** Runs `measure` with the port of a redis-server that is up. */
export async function withRedis<T>(measure: (port: string) => T): Promise<T> {
  const port = await freePort();
  return withRunning(redisServer(port), port, () => measure(port));
}

/** Runs `measure` with the pid of `command` once the Redis on `port`, which it starts, is up. */
export async function withRunning<T>(
  [program = "", ...args]: readonly string[],
  port: string,
  measure: (pid: number) => T,
): Promise<Awaited<T>> {
  const server = spawn(program, args, { stdio: "ignore" });
  try {
    execFileSync(KNELL, ["redis", "--startup", "--wait", "10", "-p", port], { stdio: "ignore" });
    return await measure(server.pid ?? 0);
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

/** A Redis under `knell init --listen`, whose /livez asks it. */
export interface Endpoint {
  readonly port: string;
  readonly redisPort: string;
  readonly knell: number;
  readonly redis: number;
}

/** The command line of an endpoint on `port` over a Redis on `redisPort`. */
export function endpointCommand(port: string, redisPort: string, knell = KNELL): string[] {
  const options = ["--listen", `:${port}`, "--live", `redis --live -p ${redisPort}`];
  return [knell, "init", ...options, "--", ...redisServer(redisPort)];
}

/** Runs `measure` with an endpoint that is up. `before` stands before its command line, and becomes it. */
export async function withEndpoint<T>(
  measure: (endpoint: Endpoint) => T,
  before: readonly string[] = [],
): Promise<Awaited<T>> {
  const [port, redisPort] = [await freePort(), await freePort()];
  const command = [...before, ...endpointCommand(port, redisPort)];
  return withRunning(command, redisPort, (knell) =>
    measure({ port, redisPort, knell, redis: childrenOf(knell)[0] ?? 0 }),
  );
}

/** CPU of a process since it was started, by the scheduler's own account of each of its threads. */
export function cpuNanoseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8");
    return Number(text.split(" ")[0]);
  });
  return times.reduce((sum, time) => sum + time, 0);
}

/** Runs `measure` on inits that idle over a sleep, in the order given. */
export async function withIdle<T>(
  inits: readonly (readonly string[])[],
  measure: (pids: number[]) => Promise<T>,
): Promise<T> {
  const running: ChildProcess[] = inits.map(([program = "", ...args]) =>
    spawn(program, [...args, "--", "sleep", "60"], { stdio: "ignore" }),
  );
  try {
    await sleep(500);
    return await measure(running.map((init) => init.pid ?? 0));
  } finally {
    for (const init of running) {
      init.kill();
      await once(init, "exit");
    }
  }
}

/** A number from /proc/PID/status (proc(5)), for instance VmRSS in KiB. */
export function statusField(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? NaN);
}
