// N3: slow, rude and hostile clients cost only their own connections: never an honest client, a signal or a reaping.

import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { start, until } from "./harness.ts";
import { type Endpoint, kubeletRequest, send, startEndpoint } from "./health-endpoint.ts";
import { startRedisEndpoint } from "./health-redis.ts";
import { signal } from "./launch.ts";
import { program } from "./programs.ts";
import { startPeer } from "./redis-peer.ts";
import { SLACK } from "./timing.ts";

const PASS = "exec -- true";
const LIMIT_MS = 50 * SLACK;

const descriptors = (endpoint: Endpoint) => readdirSync(`/proc/${endpoint.init}/fd`).length;

/** When the recorder took the signal `number`, on the clock of process.hrtime, in milliseconds. */
function takenAt(endpoint: Endpoint, number: number): number | undefined {
  const line = endpoint
    .stdout()
    .split("\n")
    .find((each) => each.startsWith(`${number} `));
  return line === undefined ? undefined : Number(line.split(" ")[4]) / 1e6;
}

const clock = () => Number(process.hrtime.bigint()) / 1e6;

/** A connection that stays until the end of the test, or until knell closes it. */
async function hold(endpoint: Endpoint, text = ""): Promise<Socket> {
  const socket = connect(endpoint.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  await new Promise((resolve) => socket.once("connect", resolve));
  if (text !== "") socket.write(Buffer.from(text, "latin1"));
  return socket;
}

test("N3, I32, I35: under 1000 slow clients an honest one is answered, TERM is forwarded and 10 000 orphans are reaped", {
  timeout: 60_000,
}, async () => {
  const endpoint = await startEndpoint({
    live: "redis -p 1 --live -t 0.1",
    main: [program("recorder")],
  });
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  expect(await endpoint.status("/livez")).toBe(503);
  const before = descriptors(endpoint);
  const slow = start(program("http-slow"), [String(endpoint.port), "1000"], { deadlineMs: 60_000 });
  await until("1000 slow clients", () => slow.stdout() === "connected\n", 20_000);
  const orphans = endpoint.startExec([program("orphans"), "10000", "300"], { deadlineMs: 60_000 });
  const times: number[] = [];
  while (orphans.stdout() === "" || times.length < 100) {
    const answer = await endpoint.get("/livez");
    expect(answer).toMatchObject({ status: 503, wasReset: false });
    times.push(answer.milliseconds);
  }
  expect(orphans.stdout()).toBe("made\n");
  // The specified 50 ms are for one event; each of these is many: connect, request, probe, answer.
  expect(Math.max(...times)).toBeLessThan(LIMIT_MS);
  const sentAt = clock();
  signal(endpoint.init, "SIGTERM");
  const at = await until("TERM", () => takenAt(endpoint, 15));
  expect(at - sentAt).toBeLessThan(LIMIT_MS);
  // knell, the recorder, and the one that made the orphans
  await until("the orphans to be reaped", () => endpoint.processes().length === 3, 20_000);
  expect(endpoint.zombies()).toEqual([]);
  expect(await endpoint.status("/livez")).toBe(503);
  signal(slow.pid, "SIGKILL");
  await until("the descriptors", () => descriptors(endpoint) === before);
  expect(endpoint.stderr()).toBe("");
  signal(orphans.pid, "SIGKILL");
});

test("N3: every way to hold a connection, 50 of each, and an honest client all the while", async () => {
  const endpoint = await startRedisEndpoint();
  const before = descriptors(endpoint);
  const holding: Socket[] = [];
  for (const text of [
    "",
    "GET /livez HTTP/1.1\r\n",
    "\r\n\r\n",
    "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
    kubeletRequest("/nope"),
    kubeletRequest("/livez").repeat(20),
    "\0\xff\x16\x03".repeat(500),
    `GET /${"a".repeat(8000)}`,
  ]) {
    for (let count = 0; count < 50; count++) holding.push(await hold(endpoint, text));
    const answer = await endpoint.get("/livez");
    expect(answer).toMatchObject({ status: 200, wasReset: false });
    expect(answer.milliseconds).toBeLessThan(LIMIT_MS);
  }
  // Half of them go with a reset, half stay: those knell gives up itself.
  for (const socket of holding.filter((_, index) => index % 2 === 0)) socket.resetAndDestroy();
  expect(await endpoint.status("/livez")).toBe(200);
  await until("the descriptors", () => descriptors(endpoint) === before, 8_000 * SLACK);
  for (const socket of holding) socket.destroy();
  expect(endpoint.stderr()).toBe("");
});

test("N3: more clients that wait for a probe than there are places, and signals and reaping go on", async () => {
  const peer = await startPeer(() => {});
  const endpoint = await startEndpoint({
    live: `redis -p ${peer.port} --live -t 0.3`,
    main: [program("recorder")],
  });
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  const before = descriptors(endpoint);
  const asking = Array.from({ length: 60 }, () => endpoint.get("/livez"));
  await until("the probe", () => peer.received() !== "");
  const sentAt = clock();
  signal(endpoint.init, "SIGUSR1");
  expect((await until("USR1", () => takenAt(endpoint, 10))) - sentAt).toBeLessThan(LIMIT_MS);
  await endpoint.exec(["sh", "-c", "(true &)"]);
  await until("no zombie", () => endpoint.zombies().length === 0);
  for (const answer of await Promise.all(asking)) expect(answer.status).toBe(503);
  await until("the descriptors", () => descriptors(endpoint) === before);
  await peer.stop();
});

test("N3: a client that takes no answer is given up after 2 s", async () => {
  const endpoint = await startEndpoint({ live: PASS });
  const before = descriptors(endpoint);
  // A window of a few hundred bytes: /metrics does not fit.
  const script = `import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
s.connect(("127.0.0.1", ${endpoint.port}))
s.send(b"GET /metrics HTTP/1.0\\r\\n\\r\\n" * 1)
print("sent", flush=True)
sys.stdin.read()`;
  const lazy = Array.from({ length: 4 }, () =>
    start("python3", ["-c", script], { keepStdin: true }),
  );
  for (const each of lazy) await until("the request", () => each.stdout() === "sent\n");
  expect(await endpoint.status("/livez")).toBe(200);
  await until("the descriptors", () => descriptors(endpoint) === before, 4_000 * SLACK);
  for (const each of lazy) each.process.stdin?.end();
});

test.each([
  ["pipelined requests: one answer, then the end", kubeletRequest("/livez").repeat(100), 200],
  ["a request and then garbage", `${kubeletRequest("/livez")}${"\0".repeat(100_000)}`, 200],
  ["empty lines without end", "\r\n".repeat(3000), 400],
  ["a line without end", "a".repeat(1 << 20), 431],
  ["1 MiB of headers", `GET /livez HTTP/1.1\r\n${"X: y\r\n".repeat(174_763)}\r\n`, 431],
  ["a version from the future", "GET /livez HTTP/9.9\r\n\r\n", 505],
  ["nothing but a half-close", "", 0],
  ["half a request and a half-close", "GET /livez HTTP/1.1\r\nHo", 0],
] as const)("N3: %s", async (_, request, status) => {
  const endpoint = await startEndpoint({ live: PASS });
  const before = descriptors(endpoint);
  const answer = await send(endpoint.port, request, { isHalfClosed: true });
  // Who sends more than is read may lose the answer to a reset, as HTTP has it (RFC 9112 section 9.6).
  if (!answer.wasReset || answer.text !== "") expect(answer.status).toBe(status);
  if (request.length < 200_000) expect(answer.status).toBe(status);
  expect(answer.text.split(/HTTP\/1\.1 \d/).length).toBeLessThanOrEqual(2);
  expect(await endpoint.status("/livez")).toBe(200);
  await until("the descriptors", () => descriptors(endpoint) === before);
  expect(endpoint.stderr()).toBe("");
});

test("N3: clients that go away while their probe runs leave nothing, and cost no probe", async () => {
  const endpoint = await startEndpoint({ live: "exec --timeout 5s -- sleep 0.3" });
  const before = descriptors(endpoint);
  for (let count = 0; count < 30; count++) {
    const socket = await hold(endpoint, kubeletRequest("/livez"));
    if (count % 2) socket.resetAndDestroy();
    else socket.end();
  }
  const answer = await endpoint.get("/livez");
  expect(answer.status).toBe(200);
  await until("the descriptors", () => descriptors(endpoint) === before);
});

test("N3: a flood of connections and 2000 signals at once: none is lost that differs", async () => {
  const endpoint = await startEndpoint({ live: PASS, main: [program("recorder")] });
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  const flood = start(program("http-load"), [String(endpoint.port), "/metrics", "30000", "64"]);
  const numbers = [1, 2, 10, 12, 28, 34, 40, 64];
  for (let round = 0; round < 250; round++)
    for (const number of numbers) signal(endpoint.init, number);
  for (const number of numbers) await until(`signal ${number}`, () => takenAt(endpoint, number));
  expect((await flood.finished).stdout).toBe("200=30000 other=0 broken=0\n");
});
