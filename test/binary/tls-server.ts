// Redis servers that speak TLS, and what stands between them and a client.

import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Authority, Certificate } from "./authority.ts";
import { ROOT, run, until } from "./harness.ts";
import { cleanEnvironment, freePort } from "./redis-server.ts";

export const KNELL_TLS = join(ROOT, "dist/knell-tls");
/** What the server certificates name. */
export const SERVER_NAME = "redis.test";

export interface TlsRedis {
  readonly port: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** redis-server on a TLS port alone. */
export async function startTlsRedis(
  authority: Authority,
  { certificate, key }: Certificate,
  args: readonly string[] = [],
): Promise<TlsRedis> {
  const port = String(await freePort());
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key];
  const words = ["--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--save", ""];
  const trust = ["--tls-ca-cert-file", authority.certificate];
  const child = spawn("redis-server", [...words, ...files, ...trust, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: authority.folder,
  });
  await until("redis-server over TLS", () => accepts(Number(port)));
  return { port, pid: child.pid ?? 0, stop: () => ended(child) };
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** `knell-tls redis --tls` with `args`: its status and its one line. */
export async function askTls(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const words = ["redis", "--tls", ...args];
  const env = cleanEnvironment(environment);
  const { status, stdout, stderr } = await run(KNELL_TLS, words, { env });
  return { status, line: (stdout + stderr).trimEnd() };
}

export interface Relay {
  readonly port: string;
  stop(): Promise<void>;
}

/** Passes on everything to `target`, but of what comes back only `limit` bytes; then it keeps still, or closes. */
export async function startRelay(
  target: string,
  limit: number,
  then: "stalls" | "closes",
): Promise<Relay> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target), "127.0.0.1");
    let left = limit;
    sockets.add(client).add(upstream);
    client.on("error", () => {}).on("data", (bytes) => upstream.write(bytes));
    upstream
      .on("error", () => {})
      .on("data", (bytes) => {
        client.write(bytes.subarray(0, left));
        left = Math.max(0, left - bytes.length);
        if (left === 0 && then === "closes") client.end();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: String((server.address() as AddressInfo).port),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
