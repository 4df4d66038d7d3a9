// What the endpoint answers to whom: by path, method and header, and to the clients that there are.

import { beforeAll, describe, expect, test } from "vitest";
import { run, until } from "./harness.ts";
import { type Endpoint, kubeletRequest, send, startEndpoint } from "./health-endpoint.ts";
import "./launch.ts";

const PASS = 'exec -- sh -c "echo fine"';
const FAIL = `exec -- sh -c 'echo "say \\"why\\""; exit 3'`;
const PASSED = /^pass: exec "sh": exit status 0: "fine" in \d+\.\d ms\n$/;
const FAILED = /^fail: exec "sh": exit status 3: "say .*why.*" in \d+\.\d ms\n$/;

const HEADERS = {
  "cache-control": "no-store",
  connection: "close",
  "x-content-type-options": "nosniff",
};

test("N2: each path has its own probe, and /healthz is /livez", async () => {
  const endpoint = await startEndpoint({ live: PASS, ready: FAIL, startup: PASS });
  const text = { ...HEADERS, "content-type": "text/plain; charset=utf-8" };
  for (const [path, status, body] of [
    ["/livez", 200, PASSED],
    ["/healthz", 200, PASSED],
    ["/readyz", 503, FAILED],
    ["/startupz", 200, PASSED],
  ] as const) {
    const answer = await endpoint.get(path);
    expect(answer, path).toMatchObject({ status, headers: text, wasReset: false });
    expect(answer.body).toMatch(body);
    expect(answer.headers["content-length"]).toBe(String(answer.body.length));
  }
  expect(endpoint.stderr()).toBe("");
});

test("N2: a path whose probe is not configured is 404 and says what to add", async () => {
  const endpoint = await startEndpoint({ live: PASS });
  for (const [path, option] of [
    ["/readyz", "--ready"],
    ["/startupz", "--startup"],
  ] as const) {
    const answer = await endpoint.get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).toBe(`no probe for this path; start knell init with ${option} PROBE\n`);
  }
  expect((await endpoint.get("/livez")).status).toBe(200);
  expect((await endpoint.get("/")).body).toContain("use /livez, /readyz, /startupz");
});

test("N2: HEAD is GET without a body, of the same length", async () => {
  const endpoint = await startEndpoint({ live: PASS, ready: FAIL });
  for (const path of ["/livez", "/readyz", "/startupz", "/metrics", "/nope"]) {
    const head = await send(endpoint.port, kubeletRequest(path, "HEAD"));
    const get = await endpoint.get(path);
    expect([path, head.status, head.body]).toEqual([path, get.status, ""]);
    expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(10);
  }
});

test("N2: ?verbose shows the phases, JSON what a program reads, for any order of Accept", async () => {
  const endpoint = await startEndpoint({ live: PASS, ready: FAIL });
  const verbose = await endpoint.get("/livez?verbose");
  expect(verbose.body).toMatch(/^command \d+\.\d ms\npass: exec "sh": /);
  const accept = (path: string, value: string) =>
    send(endpoint.port, kubeletRequest(path).replace("*/*", value));
  for (const [path, status, verdict] of [
    ["/livez", 200, "pass"],
    ["/readyz", 503, "fail"],
    ["/startupz", 404, "fail"],
  ] as const) {
    const answer = await accept(path, "text/html;q=0.3, application/json");
    expect(answer).toMatchObject({ status, headers: { "content-type": "application/json" } });
    const probe = path.slice(1, -1);
    expect(JSON.parse(answer.body)).toMatchObject({ probe, verdict, detail: expect.any(String) });
  }
  expect(JSON.parse((await accept("/readyz", "application/json")).body).detail).toContain("why");
  expect((await accept("/livez", "text/plain, application/json;q=0.9")).body).toMatch(PASSED);
});

describe("N3: what is no request for a probe", () => {
  const long = (count: number) => `X: ${"a".repeat(count)}\r\n`;
  test.each<[string, string, number, Record<string, string>?]>([
    ["POST", "POST /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405, { allow: "GET, HEAD" }],
    ["POST with a body", "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405],
    ["OPTIONS, HAProxy's default check", "OPTIONS / HTTP/1.0\r\n\r\n", 405, { allow: "GET, HEAD" }],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["a method in lower case", "get /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["HEAD / HTTP/1.0", "HEAD / HTTP/1.0\r\n\r\n", 404],
    ["another path", "GET /livez/ HTTP/1.1\r\nHost: a\r\n\r\n", 404],
    ["an encoded path", "GET /%6civez HTTP/1.1\r\nHost: a\r\n\r\n", 404],
    ["no Host", "GET /livez HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400],
    ["HTTP/0.9", "GET /livez\r\n\r\n", 400],
    ["a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400],
    ["a Redis client", "*1\r\n$4\r\nPING\r\n", 400],
    ["a NUL in the path", "GET /livez\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a NUL in a header", "GET /livez HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400],
    ["a folded header", "GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400],
    ["a space before the colon", "GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", 400],
    [
      "two lengths",
      "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a body", "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413],
    [
      "a chunked body",
      "GET /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      413,
    ],
    ["a head of 5 KiB", `GET /livez HTTP/1.1\r\nHost: a\r\n${long(5000)}\r\n`, 431],
    ["a path of 5 KiB", `GET /${"a".repeat(5000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ["a header of 1 MiB", `GET /livez HTTP/1.1\r\nHost: a\r\n${long(1 << 20)}\r\n`, 431],
    ["HTTP/2.0", "GET /livez HTTP/2.0\r\nHost: a\r\n\r\n", 505],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ])("N3: %s", async (_, request, status, headers = {}) => {
    const endpoint = await startEndpoint({ live: PASS });
    const answer = await send(endpoint.port, request);
    // A megabyte may still be on its way when the connection is given up.
    if (request.length < 100_000 || answer.text !== "")
      expect(answer).toMatchObject({ status, headers: { ...HEADERS, ...headers } });
    if (!request.startsWith("HEAD") && answer.text !== "")
      expect(answer.body).toMatch(new RegExp(`^${status}: [ -~]*; [ -~]*\n$`));
    expect(await endpoint.status("/livez")).toBe(200);
    expect(endpoint.stderr()).toBe("");
  });
});

test("N3: a head that does not come is 408 after 2 s", async () => {
  const endpoint = await startEndpoint({ live: PASS });
  const [half, none] = await Promise.all([
    send(endpoint.port, "GET /livez HTTP/1.1\r\nHost: a\r\n"),
    send(endpoint.port, ""),
  ]);
  for (const answer of [half, none]) {
    expect(answer.status).toBe(408);
    expect(answer.milliseconds).toBeGreaterThan(1_900);
  }
});

describe("N2: clients", () => {
  const PATHS = ["/livez", "/readyz", "/startupz", "/metrics"] as const;
  let endpoint: Endpoint;
  const url = (path: string) => `http://127.0.0.1:${endpoint.port}${path}`;

  test("N2: curl, with its status and body, and -f for the verdict alone", async () => {
    endpoint = await startEndpoint({ live: PASS, ready: FAIL });
    const ask = async (path: string, ...more: string[]) => {
      const answer = await run("curl", ["-sS", "-w", "%{http_code}", ...more, url(path)]);
      return [answer.status, answer.stdout.slice(-3), answer.stderr];
    };
    expect(await Promise.all(PATHS.map((path) => ask(path)))).toEqual([
      [0, "200", ""],
      [0, "503", ""],
      [0, "404", ""],
      [0, "200", ""],
    ]);
    expect(await ask("/livez", "-f", "-I")).toEqual([0, "200", ""]);
    expect((await ask("/readyz", "-f"))[0]).toBe(22);
    expect(await ask("/livez", "-d", "body")).toEqual([0, "405", ""]);
    expect(await ask("/livez", "-X", "GET", "-d", "body")).toEqual([0, "413", ""]);
    expect((await ask("/livez", "-H", "Expect: 100-continue", "-T", "/proc/self/stat"))[1]).toBe(
      "405",
    );
    expect(await ask("/livez", "--http1.0")).toEqual([0, "200", ""]);
  });

  test.each([
    ["GNU wget", ["wget"]],
    ["BusyBox wget", ["busybox", "wget"]],
  ])("N2: %s", async (_, [command = "", ...first]) => {
    endpoint = await startEndpoint({ live: PASS, ready: FAIL });
    const ask = (...more: string[]) => run(command, [...first, "-q", ...more], { env: {} });
    const passed = await ask("-O", "-", url("/livez"));
    expect(passed.status).toBe(0);
    expect(passed.stdout).toMatch(PASSED);
    expect((await ask("-O", "-", url("/readyz"))).status).not.toBe(0);
    expect((await ask("--spider", url("/livez"))).status).toBe(0);
    expect((await ask("--spider", url("/readyz"))).status).not.toBe(0);
  });

  test("N2: fetch of Node, which would keep the connection", async () => {
    endpoint = await startEndpoint({ live: PASS, ready: FAIL });
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(url(path), init);
      return { status: response.status, text: await response.text() };
    };
    for (let time = 0; time < 20; time++) {
      expect(await ask("/livez")).toMatchObject({
        status: 200,
        text: expect.stringMatching(PASSED),
      });
    }
    expect(await ask("/readyz")).toMatchObject({ status: 503 });
    expect(await ask("/livez", { method: "HEAD" })).toEqual({ status: 200, text: "" });
    const json = await ask("/livez", { headers: { accept: "application/json" } });
    expect(JSON.parse(json.text)).toMatchObject({ verdict: "pass" });
    expect(await ask("/livez", { method: "POST", body: "x" })).toMatchObject({ status: 405 });
  });

  test.each([
    ["a kubelet", kubeletRequest("/livez")],
    ["a kubelet with an IPv6 pod", kubeletRequest("/livez").replace("10.244.1.7", "[fd00::7]")],
    ["a kubelet with a query", kubeletRequest("/livez?a=b&verbose=1")],
    ["a kubelet without User-Agent", kubeletRequest("/livez").replace(/User-Agent.*\r\n/, "")],
    ["HAProxy with option httpchk GET", "GET /livez HTTP/1.0\r\n\r\n"],
    ["HAProxy with a Host", "GET /livez HTTP/1.1\r\nhost: redis\r\nconnection: close\r\n\r\n"],
    ["a proxy, by absolute URI", "GET http://10.0.0.1:8086/livez HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a person with nc: LF alone", "GET /livez HTTP/1.0\n\n"],
  ])("N2: %s", async (_, request) => {
    endpoint = await startEndpoint({ live: PASS });
    for (const isHalfClosed of [false, true]) {
      const answer = await send(endpoint.port, request, { isHalfClosed });
      expect(answer).toMatchObject({ status: 200, wasReset: false });
      expect(answer.body).toContain("pass: ");
    }
  });

  test("N2: a request that comes byte by byte", async () => {
    endpoint = await startEndpoint({ live: PASS });
    const script = `import socket, sys
s = socket.create_connection(("127.0.0.1", ${endpoint.port}))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in b"GET /livez HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n": s.send(bytes([byte]))
print(s.makefile().read())`;
    expect((await run("python3", ["-c", script])).stdout).toContain("HTTP/1.1 200 OK");
  });
});

describe("/metrics", () => {
  let before = "";
  let after = "";
  beforeAll(async () => {
    const endpoint = await startEndpoint({ live: PASS, ready: FAIL });
    before = (await endpoint.get("/metrics")).body;
    for (const path of ["/livez", "/livez", "/readyz", "/startupz", "/nope"])
      await endpoint.get(path);
    await endpoint.exec(["sh", "-c", "(true &); exec true"]);
    process.kill(endpoint.init, "SIGWINCH");
    // What comes at the same instant may be answered before the signal is passed on.
    const forwarded = "knell_signals_forwarded_total 1\n";
    after = await until("the signal to be counted", async () => {
      const { body } = await endpoint.get("/metrics");
      return body.includes(forwarded) && body;
    });
    await endpoint.stop();
  });

  test("N2: counts probes, answers and what PID 1 does", () => {
    for (const line of [
      'knell_probe_results_total{probe="live",result="pass"} 2',
      'knell_probe_results_total{probe="ready",result="fail"} 1',
      'knell_probe_duration_seconds_bucket{probe="live",le="+Inf"} 2',
      'knell_probe_duration_seconds_count{probe="ready"} 1',
      'knell_http_requests_total{code="503"} 1',
      'knell_http_requests_total{code="404"} 2',
      "knell_signals_forwarded_total 1",
    ])
      expect(after).toContain(`\n${line}\n`);
    // Those to /metrics are among them.
    expect(after).toMatch(/^knell_http_requests_total\{code="200"\} [3-9]$/m);
    expect(before).not.toContain("startup");
  });

  test("N2: every line is one of Prometheus' text format, each series once", () => {
    const lines = after.trimEnd().split("\n");
    const series = lines.filter((line) => !line.startsWith("#"));
    for (const line of series) expect(line).toMatch(/^[a-z_]+(\{[^}]*\})? \d+(\.\d+)?$/);
    expect(new Set(series.map((line) => line.split(" ")[0])).size).toBe(series.length);
  });

  test("N5: says whether the main child is there, and since when", () => {
    expect(after).toContain("knell_main_child_up 1\n");
    expect(Number(/^knell_uptime_seconds (.*)$/m.exec(after)?.[1])).toBeGreaterThan(0);
  });
});
