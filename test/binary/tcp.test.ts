// `knell tcp`: what counts as a connection, and its command line.

import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { KNELL, type Running, run, start, until } from "./harness.ts";
import { refusal, runProbe, verdictLine } from "./probes.ts";
import { type Peer, startPeer } from "./redis-peer.ts";
import { expectDeadline, freePort, makeFolder } from "./redis-server.ts";

const folder = makeFolder();
const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function startOne(...args: Parameters<typeof startPeer>): Promise<Peer> {
  const peer = await startPeer(...args);
  started.push(peer);
  return peer;
}

/** A Python listener that never accepts, with room for one in its queue; prints its port. */
async function startDeaf(family: string, address: string): Promise<string> {
  const python = `import socket, time
s = socket.socket(socket.${family}); s.bind(${address}); s.listen(0)
print(s.getsockname()[1] if s.family == socket.AF_INET else 0, flush=True); time.sleep(60)`;
  const running: Running = start("python3", ["-c", python], { deadlineMs: 70_000 });
  started.push({
    stop: async () => {
      running.process.kill("SIGKILL");
      await running.finished.catch(() => {});
    },
  });
  return until("the listener", () => running.stdout().trim());
}

test("passes when connected, and sends nothing", async () => {
  const peer = await startOne(() => {});
  const line = await verdictLine("tcp", [`127.0.0.1:${peer.port}`]);
  expect(line).toMatch(/^pass: connect 127\.0\.0\.1:\d+: connected in \d+\.\d ms$/);
  await until("the connection", () => peer.connections() === 1);
  expect(peer.received()).toBe("");
});

test("passes when the peer closes or resets at once: the connection was made", async () => {
  const closing = await startOne((socket) => socket.end(), { eager: true });
  const resetting = await startOne((socket) => socket.resetAndDestroy(), { eager: true });
  for (const { port } of [closing, resetting])
    for (let i = 0; i < 20; i++)
      expect(await verdictLine("tcp", [`127.0.0.1:${port}`])).toMatch(/^pass/);
});

test("refused fails at once, on IPv4 and IPv6", async () => {
  const port = await freePort();
  const line = await verdictLine("tcp", ["-t", "5", `127.0.0.1:${port}`]);
  expect(line).toMatch(/^fail: connect .*: connection refused \(ECONNREFUSED\) in \d\.\d ms$/);
  expect(await verdictLine("tcp", [`[::1]:${port}`])).toMatch(/^fail: connect \[::1\]:\d+: /);
});

test("a full accept queue, which drops, fails at the deadline", async () => {
  const port = await startDeaf("AF_INET", '("127.0.0.1", 0)');
  const fillers = Array.from({ length: 4 }, () =>
    connect(Number(port), "127.0.0.1").on("error", () => {}),
  );
  await until("a full queue", async () =>
    (await verdictLine("tcp", ["-t", "0.2", `127.0.0.1:${port}`])).startsWith("fail"),
  );
  const result = await runProbe("tcp", ["-w", "0.4", "127.0.0.1", port]);
  expect(result.stdout).toMatch(/^fail: connect .*: no connection in/);
  expectDeadline(result, 400);
  for (const filler of fillers) filler.destroy();
});

test("a hung program passes while the kernel accepts for it, as with the kubelet", async () => {
  const port = await startDeaf("AF_INET", '("127.0.0.1", 0)');
  expect(await verdictLine("tcp", [`127.0.0.1:${port}`])).toMatch(/^pass/);
});

test("unix sockets: there, absent, stale, no socket, full", async () => {
  await startOne(() => {}, { listenOn: { path: `${folder}/up` } });
  expect(await verdictLine("tcp", [`unix:${folder}/up`])).toMatch(/^pass: connect \/.*: connected/);
  expect(await verdictLine("tcp", [`unix:${folder}/absent`])).toContain("ENOENT");
  await run("python3", ["-c", `import socket; socket.socket(1).bind("${folder}/stale")`]);
  expect(await verdictLine("tcp", [`unix:${folder}/stale`])).toContain("ECONNREFUSED");
  expect(await verdictLine("tcp", ["unix:/dev/null"])).toContain("ECONNREFUSED");
  await startDeaf("AF_UNIX", `"${folder}/full"`);
  const fillers = Array.from({ length: 3 }, () => connect(`${folder}/full`).on("error", () => {}));
  await until("a full queue", async () =>
    (await verdictLine("tcp", ["-t", "0.1", `unix:${folder}/full`])).startsWith("fail"),
  );
  for (const filler of fillers) filler.destroy();
});

test("in a network without loopback or route: unreachable", async () => {
  const result = await run("unshare", ["-n", KNELL, "tcp", "10.9.0.2:80", "-t", "5"]);
  expect([result.status, result.stdout]).toEqual([1, expect.stringContaining("ENETUNREACH")]);
});

test("--wait passes once somebody listens, and fails in one line when the time is over", async () => {
  const port = await freePort();
  const waiting = verdictLine("tcp", ["--wait", "10", `127.0.0.1:${port}`]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const python = `import socket, time; s = socket.create_server(("127.0.0.1", ${port})); time.sleep(30)`;
  const server = start("python3", ["-c", python], { deadlineMs: 40_000 });
  expect(await waiting).toMatch(/^pass: .*; attempt \d+ after \d+\.\d ms$/);
  server.process.kill("SIGKILL");
  await server.finished;
  expect(await verdictLine("tcp", ["--wait", "0.5", `127.0.0.1:${port}`])).toMatch(
    /^fail: .*attempt [23] /,
  );
});

test.each<[string, (port: string) => string[]]>([
  ["HOST:PORT", (port) => [`127.0.0.1:${port}`]],
  ["HOST PORT", (port) => ["127.0.0.1", port]],
  ["nc -z", (port) => ["-z", "127.0.0.1", port]],
  ["nc -zvw1", (port) => ["-zvw1", "127.0.0.1", port]],
  ["nc -w 1 behind the words", (port) => ["127.0.0.1", port, "-w", "1"]],
  ["a name, -4", (port) => ["-4", `localhost:${port}`]],
  ["--timeout=", (port) => ["--timeout=900ms", `localhost:${port}`]],
  ["the longest time", (port) => ["-t", "24h", `127.0.0.1:${port}`]],
  ["behind --", (port) => ["--", `127.0.0.1:${port}`]],
])("accepted: %s", async (_, words) => {
  const peer = await startOne(() => {});
  expect(await verdictLine("tcp", words(String(peer.port)))).toMatch(/^pass: connect /);
});

test("IPv6: [::1]:PORT, [::1] PORT and ::1 PORT", async () => {
  const peer = await startOne(() => {}, { listenOn: "::1" });
  const port = String(peer.port);
  for (const words of [[`[::1]:${port}`], ["[::1]", port], ["::1", port], ["-6", `[::1]:${port}`]])
    expect(await verdictLine("tcp", words)).toMatch(/^pass: connect \[::1\]:/);
  expect(await verdictLine("tcp", ["-4", `[::1]:${port}`])).toContain("no address of the family");
});

const huge = "9".repeat(20_000);
test.each<[string, string[], string]>([
  ["nothing", [], "HOST:PORT"],
  ["no port", ["localhost"], "port is missing"],
  ["no port for IPv6", ["[::1]"], "port is missing"],
  ["IPv6 without brackets and port", ["::1:80"], "port is missing"],
  ["an empty word", [""], '""'],
  ["an empty host", [":80"], '":80"'],
  ["an empty port", ["h:"], '"h:"'],
  ["an empty second word", ["h", ""], '""'],
  ["port 0", ["h:0"], '"h:0"'],
  ["port 65536", ["h:65536"], '"h:65536"'],
  ["a negative port", ["h:-1"], '"h:-1"'],
  ["a port by name", ["h:http"], '"h:http"'],
  ["a huge port", [`h:${huge}`], '"h:999'],
  ["a host over 256 bytes", [`${"h".repeat(257)}:80`], '"hhh'],
  ["two ports", ["h:80", "81"], '"81"'],
  ["three words", ["h", "80", "81"], '"81"'],
  ["brackets that do not close", ["[::1:80"], '"[::1:80"'],
  ["empty brackets", ["[]:80"], '"[]:80"'],
  ["text behind brackets", ["[::1]80"], '"[::1]80"'],
  ["unix: alone", ["unix:"], '"unix:"'],
  ["unix: relative", ["unix:run/x"], '"unix:run/x"'],
  ["unix: over 107 bytes", [`unix:/${"s".repeat(107)}`], '"unix:/s'],
  ["unix: and a port", ["unix:/x", "80"], '"80"'],
  ["bytes that are not ASCII", ["h:8\u00e4"], "\\xc3"],
  ["-4 and -6", ["-4", "-6", "h:80"], "-4 and -6"],
  ["-t without value", ["-t"], '"-t"'],
  ["-t empty", ["-t", "", "h:80"], '""'],
  ["-t 0", ["-t", "0", "h:80"], '"0"'],
  ["-t negative", ["-t", "-1", "h:80"], '"-1"'],
  ["-w huge", ["-w", huge, "h:80"], '"-w"'],
  ["-w not a number", ["-w\u00e4", "h:80"], '"-w"'],
  ["--wait 0", ["--wait", "0", "h:80"], '"0"'],
  ["--wait without value", ["--wait"], "--wait"],
  ["an unknown option", ["--timeot", "1", "h:80"], '"--timeout"'],
  ["an unknown letter", ["-u", "h:80"], '"-u"'],
  ["a flag with a value", ["--help=x"], '"--help"'],
])("refused: %s", async (_, words, named) => {
  expect(await refusal("tcp", words)).toContain(named);
});

test("--help and help tcp", async () => {
  const help = await runProbe("tcp", ["--help"]);
  expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(/^Usage: knell tcp /)]);
  expect((await run(KNELL, ["help", "tcp"])).stdout).toBe(help.stdout);
});
