// `knell healthcheck` against stand-ins for the endpoint of `knell init --listen`.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KNELL, run } from "./harness.ts";
import { refusal, runProbe, verdictLine } from "./probes.ts";
import { says, saysAndCloses, startPeer } from "./redis-peer.ts";
import { freePort, makeFolder } from "./redis-server.ts";

const socket = `${makeFolder()}/health.sock`;
const servers: Server[] = [];
let port: number;
let asked: { url: string | undefined; host: string | undefined };

function serve(on: object): Promise<Server> {
  const server = createServer((request, response) => {
    asked = { url: request.url, host: request.headers.host };
    if (request.url === "/readyz") response.writeHead(503).end("fail: PING x: LOADING\nmore\n");
    else if (request.url === "/moved") response.writeHead(302, { Location: "/livez" }).end();
    else if (request.url === "/empty") response.writeHead(204).end();
    else response.end("pass: PING 127.0.0.1:6379: PONG in 0.3 ms\r\nsecond\n");
  });
  servers.push(server);
  return new Promise((resolve) => server.listen(on, () => resolve(server)));
}

beforeAll(async () => {
  const server = await serve({ port: 0, host: "127.0.0.1" });
  port = (server.address() as AddressInfo).port;
  await serve({ path: socket });
});
afterAll(() => {
  for (const server of servers) server.close();
});

const check = (...words: string[]) =>
  verdictLine("healthcheck", ["--listen", `:${port}`, ...words]);

test("passes on 200 with the first line of the body", async () => {
  expect(await check()).toMatch(
    /^pass: GET 127\.0\.0\.1:\d+: 200 pass: PING 127\.0\.0\.1:6379: PONG in 0\.3 ms in [\d.]+ ms$/,
  );
  expect(asked).toEqual({ url: "/livez", host: `localhost:${port}` });
});

test("fails on any other status, and shows the line too", async () => {
  expect(await check("/readyz")).toMatch(
    /^fail: GET .*: 503 fail: PING x: LOADING in [\d.]+ ms; wanted 200$/,
  );
  expect(await check("/moved")).toMatch(/^fail: .*: 302 in .*; wanted 200$/);
  expect(await check("/empty")).toMatch(/^fail: .*: 204 in .*; wanted 200$/);
});

test.each([
  ["PORT", (one: number) => `${one}`],
  ["*:PORT", (one: number) => `*:${one}`],
  ["[::]:PORT", (one: number) => `[::]:${one}`],
  ["0.0.0.0:PORT", (one: number) => `0.0.0.0:${one}`],
  ["127.0.0.1:PORT", (one: number) => `127.0.0.1:${one}`],
  ["localhost:PORT", (one: number) => `localhost:${one}`],
])("reaches --listen %s", async (_, address) => {
  expect(await verdictLine("healthcheck", ["--listen", address(port), "/x?y"])).toMatch(
    /^pass: GET 127/,
  );
  expect(asked.url).toBe("/x?y");
});

test("reaches a unix socket, and [::1]", async () => {
  expect(await verdictLine("healthcheck", ["--listen", `unix:${socket}`])).toMatch(
    /^pass: GET \/.*sock: 200 /,
  );
  expect(asked.host).toBe("localhost");
  const six = await serve({ port: 0, host: "::1" });
  const address = `[::1]:${(six.address() as AddressInfo).port}`;
  expect(await verdictLine("healthcheck", ["--listen", address])).toContain(
    `pass: GET ${address}: 200`,
  );
});

test("takes KNELL_LISTEN, unless --listen is given; the default is :8086", async () => {
  const env = { ...process.env, KNELL_LISTEN: `127.0.0.1:${port}` };
  expect(await verdictLine("healthcheck", [], { env })).toMatch(/^pass: /);
  const closed = await freePort();
  expect(await verdictLine("healthcheck", ["--listen", `${closed}`], { env })).toContain(
    `127.0.0.1:${closed}`,
  );
  const result = await runProbe("healthcheck", [], { env: { ...process.env, KNELL_LISTEN: "" } });
  expect([0, 1]).toContain(result.status);
  expect(result.stdout).toContain(" 127.0.0.1:8086: ");
  const bad = { ...process.env, KNELL_LISTEN: "nowhere" };
  expect(await refusal("healthcheck", [], { env: bad })).toContain('KNELL_LISTEN "nowhere"; use');
  expect(await verdictLine("healthcheck", ["--listen", `${port}`], { env: bad })).toMatch(
    /^pass: /,
  );
});

test.each([
  ["nothing listens", undefined, /^fail: connect .*ECONNREFUSED/],
  ["no reply", () => {}, /^fail: GET .*: no reply in/],
  ["closed", saysAndCloses(""), /^fail: GET .*connection closed before a reply/],
  ["a body that never comes", says("HTTP/1.1 200 OK\r\n\r\n"), /^fail: GET .*only part of a body/],
  [
    "a body without line end",
    saysAndCloses("HTTP/1.1 200 OK\r\n\r\nok"),
    /^pass: GET .*: 200 ok in/,
  ],
  ["no body", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), /^pass: GET .*: 200 in/],
  [
    "control bytes in the body",
    says("HTTP/1.1 200 OK\r\n\r\n\x1b[2J\xff\n"),
    /^pass: .*: 200 \\x1b\[2J\\xff in/,
  ],
  ["a long line", says(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(9_999)}`), /^pass: .*: 200 x{400} in/],
  [
    "a long line of control bytes",
    says(`HTTP/1.1 200 OK\r\n\r\n${"\x01".repeat(9_999)}`),
    /^pass: .*: 200 (\\x01)+/,
  ],
] as const)("%s", async (_, script, line) => {
  const peer = script === undefined ? undefined : await startPeer(script);
  const at = String(peer?.port ?? (await freePort()));
  expect(await verdictLine("healthcheck", ["-t", "0.4", "--listen", at])).toMatch(line);
  await peer?.stop();
});

test.each<[string, string[], string]>([
  ["a path without slash", ["livez"], '"livez"'],
  ["an empty path", [""], '""'],
  ["a path with a space", ["/a b"], '"/a b"'],
  ["a path with a line end", ["/a\r\nX: y"], "\\x0d"],
  ["a huge path", [`/${"x".repeat(20_000)}`], '"/xxx'],
  ["two paths", ["/a", "/b"], '"/b"'],
  ["--listen without value", ["--listen"], "--listen"],
  ["--listen empty", ["--listen", ""], '""'],
  ["--listen without port", ["--listen", "127.0.0.1"], "use [ADDRESS]:PORT"],
  ["--listen with a name", ["--listen", "example.com:80"], '"example.com:80"'],
  ["--listen with a huge port", ["--listen", "9".repeat(999)], '"--listen"'],
  ["--listen that is not UTF-8", ["--listen", "\u00ff:80"], "\\xc3"],
  ["--listen with a relative path", ["--listen", "unix:x"], '"unix:x"'],
  ["-t 0", ["-t", "0"], '"0"'],
  ["-t negative", ["-t", "-1"], '"-1"'],
  ["an unknown option", ["--listn", "1"], '"--listen"'],
  ["a flag with a value", ["--help=1"], '"--help"'],
])("refused: %s", async (_, words, named) => {
  expect(await refusal("healthcheck", words)).toContain(named);
});

test("--help and help healthcheck", async () => {
  const help = await runProbe("healthcheck", ["--help"]);
  expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(/^Usage: knell healthc/)]);
  expect((await run(KNELL, ["help", "healthcheck"])).stdout).toBe(help.stdout);
});

test("says what to check when nobody listens", async () => {
  const line = await verdictLine("healthcheck", ["--listen", `:${await freePort()}`]);
  expect(line).toMatch(/ECONNREFUSED\) in [\d.]+ ms; is PID 1 `knell init --listen`\?$/);
});
