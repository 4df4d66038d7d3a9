// A knell with its endpoint as PID 1 of a namespace, and clients that send what a test wants, byte by byte.

import { connect, createServer } from "node:net";
import { KNELL, type Namespace, type RunOptions, startNamespace, until } from "./harness.ts";

export interface EndpointOptions extends RunOptions {
  readonly live?: string;
  readonly ready?: string;
  readonly startup?: string;
  /** More options of knell init. */
  readonly options?: readonly string[];
  readonly main?: readonly string[];
  readonly binary?: string;
  /** What stands before knell and becomes it. */
  readonly before?: readonly string[];
}

export interface Endpoint extends Namespace {
  readonly port: number;
  get(path: string): Promise<Answer>;
  /** The status that GET gives. */
  status(path: string): Promise<number>;
}

export interface Answer {
  /** 0 if there was none before the end of the connection. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything that came, each byte one character. */
  readonly text: string;
  readonly wasReset: boolean;
  readonly milliseconds: number;
}

/**
 * A port of loopback that is free and stays so: below those that the kernel gives to clients, of which these tests
 * have many.
 */
export async function endpointPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

/** True if something accepts a connection at `port`. */
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

/** True if knell answers at `port`; it has let go of the connection by then. */
async function answers(port: number): Promise<boolean> {
  const answer = await send(port, kubeletRequest("/metrics")).catch(() => undefined);
  return answer?.status === 200;
}

/** Starts `main` under knell init with an endpoint, and waits until that listens. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { live, ready, startup, options: more = [], main = ["sleep", "60"], ...rest } = options;
  const { binary = KNELL, before = [], ...runOptions } = rest;
  const port = await endpointPort();
  const probes = Object.entries({ "--live": live, "--ready": ready, "--startup": startup });
  const given = probes.flatMap(([name, text]) => (text === undefined ? [] : [name, text]));
  const words = [...before, binary, "init", "--listen", `:${port}`, ...given, ...more, "--"];
  const space = await startNamespace([...words, ...main], runOptions);
  await until(`the endpoint; ${space.stderr()}`, () => answers(port));
  return {
    ...space,
    port,
    get: (path) => send(port, kubeletRequest(path)),
    status: async (path) => (await send(port, kubeletRequest(path))).status,
  };
}

/** The request of a kubelet (P51–P53): a connection of its own, no other headers. */
export function kubeletRequest(path: string, method = "GET"): string {
  const headers = [
    "Host: 10.244.1.7:8086",
    "User-Agent: kube-probe/1.32",
    "Accept: */*",
    "Connection: close",
  ];
  return [`${method} ${path} HTTP/1.1`, ...headers, "", ""].join("\r\n");
}

export interface SendOptions {
  /** Closes its own side right behind the request. */
  readonly isHalfClosed?: boolean;
  readonly deadlineMs?: number;
}

/** Sends `text` (each character one byte) and reads to the end of the connection. Throws if nobody listens. */
export function send(port: number, text: string, options: SendOptions = {}): Promise<Answer> {
  const { isHalfClosed = false, deadlineMs = 10_000 } = options;
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let received = "";
    let isConnected = false;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const finish = (wasReset: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answerOf(received, wasReset, performance.now() - startedAt));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${deadlineMs} ms; so far: ${JSON.stringify(received)}`));
    }, deadlineMs);
    socket.once("connect", () => {
      isConnected = true;
      if (text !== "") socket.write(Buffer.from(text, "latin1"));
      if (isHalfClosed) socket.end();
    });
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
    });
    socket.once("end", () => finish(false));
    socket.once("error", (error) => {
      if (isConnected) finish(true);
      else {
        clearTimeout(timer);
        reject(error);
      }
    });
  });
}

function answerOf(text: string, wasReset: boolean, milliseconds: number): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [line = "", ...fields] = head.split("\r\n");
  const headers = fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: rest.join("\r\n\r\n"),
    text,
    wasReset,
    milliseconds,
  };
}
