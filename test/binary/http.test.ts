// `knell http` against servers that keep to the rules: status, redirects, headers, body, and curl for comparison.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./harness.ts";
import { runProbe, verdictLine } from "./probes.ts";
import { freePort, makeFolder } from "./redis-server.ts";

let server: Server;
let second: Server;
let port: number;
let otherPort: number;
const requests: IncomingMessage[] = [];
const socket = `${makeFolder()}/http.sock`;

/** `/200`: that status; `/302?to=URL`: a redirect; `/loop`, `/chain/N`: redirects of its own; `/body`: chunks. */
const answer: Parameters<typeof createServer>[1] = (request, response) => {
  requests.push(request);
  const url = new URL(request.url ?? "/", "http://h");
  const [, first = "", count] = url.pathname.split("/");
  const to = url.searchParams.get("to");
  response.shouldKeepAlive = false;
  response.statusCode = Number(first) || 200;
  if (to !== null) response.setHeader("Location", to);
  if (first === "loop") response.writeHead(302, { Location: "/loop" });
  if (first === "chain" && count !== "0")
    response.writeHead(307, { Location: String(Number(count) - 1) });
  if (first === "body") {
    response.write("the first chunk, ");
    response.write("and the second");
  }
  response.end();
};

const listen = (one: Server) =>
  new Promise<number>((resolve) => {
    one.listen(0, "127.0.0.1", () => resolve((one.address() as AddressInfo).port));
  });

beforeAll(async () => {
  server = createServer(answer);
  second = createServer(answer);
  port = await listen(server);
  otherPort = await listen(second);
});
afterAll(() => {
  server.close();
  second.close();
});

const at = (path: string) => `http://127.0.0.1:${port}${path}`;
const http = (...words: string[]) => verdictLine("http", words);
/** The last request that a server got: names as sent. */
const last = () => requests.at(-1)!;

test("the verdict line", async () => {
  expect(await http(at("/200"))).toMatch(/^pass: GET 127\.0\.0\.1:\d+: 200 in \d+\.\d ms$/);
  expect(await http(at("/503"))).toMatch(
    /^fail: GET 127\.0\.0\.1:\d+: 503 in \d+\.\d ms; wanted 200 to 399$/,
  );
});

test("one request with the kubelet's headers over a connection of its own", async () => {
  const before = requests.length;
  await http(at("/a?b=c#d"));
  expect(requests.length).toBe(before + 1);
  expect([last().method, last().url, last().httpVersion]).toEqual(["GET", "/a?b=c", "1.1"]);
  expect(last().rawHeaders).toEqual([
    "Host",
    `127.0.0.1:${port}`,
    "User-Agent",
    "knell/0.1.0",
    "Accept",
    "*/*",
    "Connection",
    "close",
  ]);
});

test.each([
  ...[200, 201, 204, 299, 300, 304, 399].map((status) => [status, "pass"] as const),
  ...[400, 401, 404, 500, 503, 599].map((status) => [status, "fail"] as const),
])("status %i: %s, as for the kubelet", async (status, verdict) => {
  expect(await http(at(`/${status}`))).toMatch(new RegExp(`^${verdict}: GET .*: ${status} in `));
});

test.each<[string, string, RegExp]>([
  ["404", "/404", /^pass: GET .*: 404 in/],
  ["200-299,404", "/503", /^fail: .*: 503 in .*; wanted 200-299,404$/],
  ["500-599", "/200", /^fail: .*: 200 in .*; wanted 500-599$/],
  ["302", "/302?to=/404", /^pass: GET .*: 302 in/],
  ["200", "/302?to=/200", /^pass: GET .*: 200 after 1 redirect in/],
  ["200", "/302?to=http://other/", /^fail: .*: 302 in .*; wanted 200; note: .*not followed$/],
])("--status %s with %s", async (list, path, line) => {
  expect(await http("--status", list, at(path))).toMatch(line);
});

describe("redirects", () => {
  test.each<[string, string, RegExp]>([
    ["to a good path", "/302?to=/200", /^pass: .*: 200 after 1 redirect in/],
    ["to a bad path", "/301?to=/500", /^fail: .*: 500 after 1 redirect in .*; wanted 200 to 399$/],
    ["relative", "/308?to=404", /^fail: .*: 404 after/],
    ["nine", "/chain/9", /^pass: .*: 200 after 9 redirects in/],
    ["ten", "/chain/10", /^fail: .*: 307 after 9 redirects, no more are followed in/],
    ["a loop", "/loop", /^fail: .*check for a loop$/],
    [
      "to another host",
      "/302?to=http://localhost/x",
      /^pass: .*: 302 in .*; note: the redirect to another host/,
    ],
    [
      "to https",
      "/301?to=https://127.0.0.1/",
      /^pass: .*: 301 in .*; note: the redirect to https .*no TLS$/,
    ],
    ["without Location", "/302", /^pass: .*: 302 in [\d.]+ ms$/],
    ["with an empty Location", "/302?to=", /^pass: .*: 302 in [\d.]+ ms$/],
    [
      "with a broken Location",
      "/302?to=http://127.0.0.1:x/",
      /^fail: .*302 with a malformed Location/,
    ],
    ["300 is none", "/300?to=/404", /^pass: .*: 300 in/],
    ["304 is none", "/304?to=/404", /^pass: .*: 304 in/],
  ])("%s", async (_, path, line) => {
    expect(await http(at(path))).toMatch(line);
  });

  test("to another port of the same host", async () => {
    const to = encodeURIComponent(`http://127.0.0.1:${otherPort}/404`);
    expect(await http(at(`/302?to=${to}`))).toMatch(
      new RegExp(`^fail: GET 127\\.0\\.0\\.1:${otherPort}: 404 after 1 redirect`),
    );
    const closed = encodeURIComponent(`http://127.0.0.1:${await freePort()}/`);
    expect(await http(at(`/302?to=${closed}`))).toMatch(/^fail: connect .*ECONNREFUSED/);
  });

  test("--no-follow takes the redirect as the answer", async () => {
    expect(await http("--no-follow", at("/302?to=/404"))).toMatch(/^pass: .*: 302 in/);
  });

  test("a Host header goes along to a path, and not to a named host", async () => {
    await http("-H", "Host: x.test", at("/302?to=/200"));
    expect(last().headers.host).toBe("x.test");
    await http("-H", "Host: x.test", at(`/302?to=${encodeURIComponent(at("/200"))}`));
    expect(last().headers.host).toBe(`127.0.0.1:${port}`);
  });

  test("POST becomes GET after 302 and stays after 307", async () => {
    await http("-X", "POST", at("/302?to=/200"));
    expect(last().method).toBe("GET");
    await http("-X", "POST", at("/307?to=/200"));
    expect([last().method, last().headers["content-length"]]).toEqual(["POST", "0"]);
    await http("-I", at("/302?to=/200"));
    expect(last().method).toBe("HEAD");
  });

  test("the next attempt of --wait begins at the URL again", async () => {
    const before = requests.length;
    await http("--wait", "0.5", at("/302?to=/404"));
    const urls = requests.slice(before).map((request) => request.url);
    expect(urls.length).toBeGreaterThanOrEqual(4);
    expect(urls.filter((_, i) => i % 2 === 0).every((url) => url === "/302?to=/404")).toBe(true);
  });
});

describe("headers and methods", () => {
  const names = () => last().rawHeaders.filter((_, i) => i % 2 === 0);

  test("-H adds, replaces, removes, and sends an empty one, as curl does", async () => {
    await http(
      "-H",
      "X-A:  b c ",
      "-H",
      "x-a: d",
      "--header=User-Agent: me",
      "-H",
      "Accept:",
      "-HEmpty;",
      at("/"),
    );
    expect(last().rawHeaders.slice(2)).toEqual([
      "Connection",
      "close",
      "X-A",
      "b c",
      "x-a",
      "d",
      "User-Agent",
      "me",
      "Empty",
      "",
    ]);
    await http("-H", "accept: text/plain", "-H", "Host: h.test:1", "-H", "Unset:", at("/"));
    expect(names()).toEqual(["Host", "User-Agent", "Connection", "accept"]);
    expect(last().headers.host).toBe("h.test:1");
  });

  test("-I, -X", async () => {
    expect(await http("-I", at("/"))).toMatch(/^pass: HEAD /);
    expect(await http("-XPOST", at("/"))).toMatch(/^pass: POST /);
    expect(await http("--request", "OPTIONS", at("/"))).toMatch(/^pass: OPTIONS /);
    expect(await http("--head", at("/404"))).toMatch(/^fail: HEAD .*: 404/);
  });

  test("bytes above ASCII in a path are sent as %XX", async () => {
    await http(at("/\u00e4?\u00f6"));
    expect(last().url).toBe("/%C3%A4?%C3%B6");
  });

  test("a header's value is not in the verdict", async () => {
    const result = await runProbe("http", ["-H", "Authorization: Basic c2VjcmV0", at("/404")]);
    expect(result.stdout + result.stderr).not.toContain("c2VjcmV0");
    expect(last().headers.authorization).toBe("Basic c2VjcmV0");
  });
});

describe("where to", () => {
  test("--host connects elsewhere and keeps the Host header", async () => {
    expect(await http("--host", "127.0.0.1", `http://name.test:${port}/`)).toMatch(
      /^pass: GET 127/,
    );
    expect(last().headers.host).toBe(`name.test:${port}`);
    const line = await http(
      "--host",
      "127.0.0.1",
      `http://name.test:${port}/302?to=http://127.0.0.1/`,
    );
    expect(line).toContain("another host");
  });

  test("--unix-socket", async () => {
    const local = createServer(answer);
    await new Promise<void>((resolve) => local.listen(socket, resolve));
    expect(await http("--unix-socket", socket, "http://name.test/302?to=/200")).toMatch(
      /^pass: GET \/.*: 200 after/,
    );
    expect(last().headers.host).toBe("name.test");
    expect(await http("--unix-socket", `${socket}.no`, "http://h/")).toContain("ENOENT");
    local.close();
  });

  test("names, -4 and -6, an IPv6 address", async () => {
    expect(await http(`localhost:${port}`)).toMatch(/^pass: GET localhost:/);
    expect(await http("-4", `localhost:${port}/`)).toMatch(/^pass/);
    expect(await http("-6", at("/"))).toContain("no address of the family");
    const six = createServer(answer);
    await new Promise<void>((resolve) => six.listen(0, "::1", resolve));
    const { port: sixPort } = six.address() as AddressInfo;
    expect(await http(`http://[::1]:${sixPort}/`)).toMatch(/^pass: GET \[::1\]:/);
    expect(last().headers.host).toBe(`[::1]:${sixPort}`);
    six.close();
  });

  test("nobody there", async () => {
    expect(await http(`127.0.0.1:${await freePort()}`)).toMatch(/^fail: connect .*ECONNREFUSED/);
  });
});

test("--body looks for a text in the first 10 KiB, across chunks", async () => {
  expect(await http("--body", "chunk, and", at("/body"))).toMatch(/^pass: .*: 200 in/);
  expect(await http("--body", "third", at("/body"))).toMatch(
    /^fail: .*200 without the text of --body in [\d.]+ ms$/,
  );
  expect(await http("--body", "x", at("/204"))).toMatch(/^fail: .*204 without/);
  expect(await http("--body", "x", at("/503"))).toMatch(/^fail: .*503 in .*wanted/);
  expect(await http("--body", "first", at("/302?to=/body"))).toMatch(/^pass: .*200 after 1/);
});

test("curl -f -L agrees about statuses and redirects", async () => {
  if ((await run("sh", ["-c", "command -v curl"])).status !== 0) return;
  const paths = [
    "/200",
    "/204",
    "/304",
    "/400",
    "/404",
    "/503",
    "/302?to=/200",
    "/301?to=/404",
    "/308?to=200",
    "/chain/9",
    "/302",
  ];
  for (const path of paths) {
    const words = ["-fsSL", "-o", "/dev/null", "-m", "5", "--max-time=5", "-H", "X: y", at(path)];
    const curl = await run(
      "curl",
      words.filter((word) => !word.includes("=5")),
    );
    const knell = await runProbe("http", words);
    expect([path, knell.status === 0]).toEqual([path, curl.status === 0]);
  }
});
