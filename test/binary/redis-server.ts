// Real Redis servers for tests, each in a folder of its own on a free port of loopback, and probes of them.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type Finished, KNELL, type RunOptions, run, until } from "./harness.ts";

export interface RedisServer {
  readonly port: number;
  readonly pid: number;
  /** Its working directory. */
  readonly folder: string;
  /** Runs redis-cli on it; gives what it prints. */
  cli(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const folders: string[] = [];
// Registered before the hooks of the test file that imports this, and so run after them.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is removed when the test file is through. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "knell-redis-"));
  folders.push(folder);
  return folder;
}

async function ping(port: number): Promise<string> {
  const { stdout } = await run("redis-cli", ["-p", String(port), "ping"], { deadlineMs: 5_000 });
  return stdout.trim();
}

/** Starts redis-server with `args`, and waits until it answers a PING with anything. */
export async function startRedis(
  args: readonly string[] = [],
  folder = makeFolder(),
): Promise<RedisServer> {
  const port = await freePort();
  const base = ["--port", String(port), "--dir", folder, "--save", "", "--bind", "127.0.0.1"];
  const child = spawn("redis-server", [...args, ...base], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  await until(`redis-server: ${args.join(" ")}`, async () => {
    if (child.exitCode !== null) throw new Error(`redis-server ended: ${log}`);
    return (await ping(port)) !== "";
  });
  return {
    port,
    pid: child.pid!,
    folder,
    cli: async (...words) =>
      (
        await run("redis-cli", ["-p", String(port), ...words], { deadlineMs: 10_000 })
      ).stdout.trim(),
    stop: () => stopRedis(child, folder),
  };
}

async function stopRedis(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** The environment of a probe: nothing that a password could come from. */
export function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { REDISCLI_AUTH: _redis, VALKEYCLI_AUTH: _valkey, ...environment } = process.env;
  return { ...environment, ...more };
}

/** Runs `knell redis` with `args`. */
export function probe(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(KNELL, ["redis", ...args], { env: cleanEnvironment(), ...options });
}

export interface Verdicts {
  readonly live: "pass" | "fail";
  readonly ready: "pass" | "fail";
  /** The two lines, for more to be said about them. */
  readonly lines: string;
}

/** Asks for both verdicts, one after the other. Throws unless each is one line on stdout that goes with its status. */
export async function verdicts(args: readonly string[]): Promise<Verdicts> {
  const live = await probe([...args, "--live"]);
  const ready = await probe(args);
  return {
    live: verdictOf(live),
    ready: verdictOf(ready),
    lines: live.stdout + ready.stdout,
  };
}

/** A busy machine may take this much longer than the deadline of a probe. */
const SLOWNESS = 5;

/** Throws unless the time that a verdict line shows is the deadline, and the probe ended soon after it. */
export function expectDeadline(result: Finished, deadlineMs: number): void {
  const shown = Number(/ in (\d+\.\d) ms/.exec(result.stdout)?.[1]);
  const isLate = Math.max(shown, result.milliseconds) > deadlineMs * SLOWNESS;
  if (!(shown >= deadlineMs) || isLate)
    throw new Error(`deadline ${deadlineMs} ms, took ${result.milliseconds}: ${result.stdout}`);
}

export function verdictOf(result: Finished): "pass" | "fail" {
  const word = result.stdout.slice(0, 4);
  const isOneLine = /^(pass|fail): [ -~]*\n$/.test(result.stdout) && result.stderr === "";
  if (!isOneLine || result.stdout.length > 1024 || result.status !== (word === "pass" ? 0 : 1))
    throw new Error(`no verdict: ${JSON.stringify(result)}`);
  return word as "pass" | "fail";
}
