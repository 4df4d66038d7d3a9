// Runs `knell init --listen` on the fake kernel: a Redis that follows a script, and clients that ask.

import { expect } from "vitest";
import { MILLISECOND } from "./fake/clock.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Client, ClientScript, Connection, Peer } from "./fake/network.ts";
import { Socket } from "./fake/sockets.ts";
import type { Observe } from "./fake-host.ts";
import { type InitOptions, InitRun } from "./init-run.ts";

export const ADDRESS = "127.0.0.1:8086";
/** Errors that a verdict shows by their code; with `LIVE` they fail. */
export const DOWN: readonly string[] = Array.from({ length: 14 }, (_, index) => `DOWN${index}`);
export const LIVE = `redis --live --fail ${DOWN.join(",")} -h 127.0.0.1 -p 6379`;
/** Another port than that of `LIVE`, so that the exchanges of both can be told apart. */
export const READY = "redis -h 127.0.0.1 -p 6380";
export const PONG = "+PONG\r\n";
/** What a probe may take, and what the answer may be later than that. */
export const TIMEOUT_MS = 900;
export const SLICE_MS = 5;
const PING_SIZE = "*1\r\n$4\r\nPING\r\n".length;

export type Path = "/livez" | "/readyz" | "/startupz" | "/healthz" | "/metrics";

export function requestFor(path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
}

export interface RedisScript {
  /** What Redis says to a PING at `ms` after the start; null for nothing at all. */
  readonly replyAt?: (ms: number) => string | null;
  /** How long it takes to say so, for the first PING, the second … */
  readonly latencyMs?: (index: number) => number;
  /** What else it does to a connection, after the reply to PING number `index`. */
  readonly afterReply?: (connection: Connection, index: number) => void;
  readonly connect?: Peer["connect"];
}

/** A Redis that looks at its state when it replies, not when it is asked. */
export class FakeRedis implements Peer {
  readonly connect: Peer["connect"];
  /** When each PING came, in milliseconds since the start. */
  readonly asked: number[] = [];
  connections = 0;
  mostAtOnce = 0;
  readonly #kernel: Kernel;
  readonly #script: RedisScript;
  readonly #startedAt: number;
  readonly #unread = new Map<Connection, number>();
  readonly #asking = new Set<Connection>();

  constructor(kernel: Kernel, address: string, script: RedisScript = {}) {
    this.#kernel = kernel;
    this.#script = script;
    this.#startedAt = kernel.clock.now;
    this.connect = script.connect;
    kernel.network.peers.set(address, this);
  }

  onOpen(): void {
    this.connections++;
  }

  onData(bytes: Uint8Array, connection: Connection): void {
    const unread = (this.#unread.get(connection) ?? 0) + bytes.length;
    this.#unread.set(connection, unread % PING_SIZE);
    if (unread < PING_SIZE) return;
    const { clock } = this.#kernel;
    const index = this.asked.push((clock.now - this.#startedAt) / MILLISECOND) - 1;
    this.#asking.add(connection);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#asking.size);
    clock.after((this.#script.latencyMs?.(index) ?? 0) * MILLISECOND, () => {
      const ms = (clock.now - this.#startedAt) / MILLISECOND;
      const reply = this.#script.replyAt === undefined ? PONG : this.#script.replyAt(ms);
      if (reply === null || !this.#asking.delete(connection)) return;
      connection.send(reply);
      this.#script.afterReply?.(connection, index);
    });
  }

  onEnd(connection: Connection): void {
    this.#asking.delete(connection);
    connection.close();
  }
}

export interface HealthOptions extends Omit<InitOptions, "kernel"> {
  readonly live?: RedisScript;
  readonly ready?: RedisScript;
  /** Instead of the probes of Redis. */
  readonly probes?: readonly string[];
  readonly callNs?: number;
  /** Where knell is started. */
  readonly directory?: string;
}

export class HealthRun extends InitRun {
  /** Filled by `ask` and `dial`, in order. */
  readonly clients: Client[];
  readonly live: FakeRedis;
  readonly ready: FakeRedis;
  /** The most connections of clients that were open while knell waited. */
  readonly mostClients: number;

  constructor(given: HealthOptions) {
    const kernel = new Kernel();
    kernel.callNs = given.callNs ?? 0;
    kernel.directory = given.directory ?? kernel.directory;
    kernel.tree.set("/bin/check", { mode: 0o100_755 });
    const live = new FakeRedis(kernel, "127.0.0.1:6379", given.live);
    const ready = new FakeRedis(kernel, "127.0.0.1:6380", given.ready);
    const probes = given.probes ?? ["--live", LIVE, "--ready", READY];
    const options = ["--listen", ":8086", ...probes, ...(given.options ?? [])];
    let mostClients = 0;
    const observe: Observe = (name, result, args) => {
      if (name === "ppoll") mostClients = Math.max(mostClients, acceptedOf(kernel).length);
      given.observe?.(name, result, args);
    };
    super({ ...given, kernel, options, observe });
    this.live = live;
    this.ready = ready;
    this.clients = kernel.network.clients;
    this.mostClients = mostClients;
  }

  /** Milliseconds from the first byte of the request to the answer. */
  tookMs(client: Client): number {
    return (client.received[0]!.time - client.sentAt) / MILLISECOND;
  }

  /** Everything of clients is closed, and of the probes at most the one connection that is kept. */
  expectClean(): void {
    expect(acceptedOf(this.kernel)).toEqual([]);
    expect(this.clients.filter((client) => client.openedAt >= 0 && client.overAt < 0)).toEqual([]);
    const { files } = this.kernel.program;
    const sockets = new Set(files!.numbers.map((fd) => files!.get(fd)));
    const others = [...sockets].filter((file) => file instanceof Socket && !file.isListening);
    expect(others.length).toBeLessThanOrEqual(1);
    expect([...sockets].filter((file) => file?.name === "pipe (read end)")).toEqual([]);
  }
}

export function acceptedOf(kernel: Kernel): Socket[] {
  const files = kernel.program.files!;
  return files.numbers
    .map((fd) => files.get(fd))
    .filter((file): file is Socket => file instanceof Socket && file.isAccepted);
}

/** Runs the endpoint and then `check`, whose failure ends with the trace. */
export function checkHealth(options: HealthOptions, check: (run: HealthRun) => void): void {
  const run = new HealthRun(options);
  run.host.check(() => check(run));
}

/** An event: a client connects and asks at once. */
export function ask(path: string, script?: ClientScript): (run: InitRun) => void {
  return (run) => run.kernel.network.dial(ADDRESS, script).send(requestFor(path));
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The one answer that a client got, whole and with nothing behind it. */
export function answerOf(client: Client): Answer {
  const { text } = client;
  const end = text.indexOf("\r\n\r\n");
  const [line = "", ...fields] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const body = text.slice(end + 4);
  const length = fields.find((field) => /^content-length:/i.test(field))?.slice(15);
  expect(line).toMatch(/^HTTP\/1\.1 \d{3} /);
  expect(fields).toContain("Connection: close");
  expect(Number(length)).toBe(body.length);
  expect(client.resetAt).toBe(-1);
  expect(client.endedAt).toBeGreaterThanOrEqual(0);
  return { status: Number(line.slice(9, 12)), body };
}
