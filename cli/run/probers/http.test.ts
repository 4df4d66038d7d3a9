// P51–P60 against real servers.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { KubeVersion } from "../kube-version.ts";
import type { HttpGetAction } from "../pod-definition.ts";
import { probeHttp } from "./http.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const serve = (handler: RequestListener) => listen(createServer(handler));

function get(port: number, action: Partial<HttpGetAction> = {}, version = 36, timeoutMs = 5000) {
  const full: HttpGetAction = {
    kind: "httpGet",
    path: "/",
    port,
    scheme: "HTTP",
    host: undefined,
    headers: [],
    ...action,
  };
  const target = { action: full, port, podIp: "127.0.0.1", timeoutMs };
  return probeHttp(target, new KubeVersion(version));
}

/** What the server got. */
async function requestOf(action: Partial<HttpGetAction>, version?: number) {
  let got: IncomingMessage | undefined;
  const port = await serve((request, response) => {
    got = request;
    response.end();
  });
  await get(port, action, version);
  return { got: got as unknown as IncomingMessage, port };
}

test.each([
  ["/healthz?a=b", "/healthz?a=b"],
  ["healthz", "/healthz"],
])("P51: the path %j is asked as %j", async (path, url) => {
  expect((await requestOf({ path })).got.url).toBe(url);
});

test("P52: User-Agent and Accept are added, no Accept-Encoding, and Host is the address", async () => {
  const { got, port } = await requestOf({}, 30);
  expect(got.headers).toEqual({
    host: `127.0.0.1:${port}`,
    "user-agent": "kube-probe/1.30",
    accept: "*/*",
    connection: "close",
  });
});

test("P52: headers as given, repeats kept; Host sets the host; an empty value removes", async () => {
  const headers = [
    { name: "Host", value: "app.example" },
    { name: "X-A", value: "1" },
    { name: "X-A", value: "2" },
    { name: "Accept", value: "" },
    { name: "user-agent", value: "mine" },
  ];
  const { got } = await requestOf({ headers });
  expect(got.headers).toMatchObject({ host: "app.example", "x-a": "1, 2", "user-agent": "mine" });
  expect(got.headers.accept).toBeUndefined();
});

test("P52: up to 1.23 a lower-case name does not replace the kubelet's own", async () => {
  const { got } = await requestOf({ headers: [{ name: "user-agent", value: "mine" }] }, 23);
  expect(got.rawHeaders.filter((text) => /^(?:kube-probe|mine)/.test(text))).toEqual([
    "kube-probe/1.23",
    "mine",
  ]);
});

test("P53: a new connection for each attempt, and no proxy", async () => {
  const ports = new Set<number>();
  const port = await serve(({ socket }, response) => {
    ports.add(socket.remotePort ?? 0);
    response.end();
  });
  process.env.http_proxy = "http://127.0.0.1:1";
  try {
    for (let count = 0; count < 3; count++) expect((await get(port)).result).toBe("success");
  } finally {
    delete process.env.http_proxy;
  }
  expect(ports.size).toBe(3);
});

test("P53: a certificate nobody signed is accepted", async () => {
  const port = await listen(createTlsServer(selfSigned(), (_, response) => response.end("ok")));
  expect(await get(port, { scheme: "HTTPS" })).toEqual({ result: "success", output: "ok" });
});

function selfSigned(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "knell-cert-"));
  try {
    const [key, cert] = [join(folder, "key"), join(folder, "cert")];
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x -keyout ${key} -out ${cert}`;
    const made = spawnSync("openssl", words.split(" "));
    expect(made.status).toBe(0);
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("P54: one deadline covers redirects, too", async () => {
  const port = await serve((_, response) => {
    setTimeout(() => response.writeHead(302, { location: "/again" }).end(), 60);
  });
  const outcome = await get(port, {}, 36, 150);
  expect(outcome).toMatchObject({ result: "failure", isTimeout: true });
});

test.each([
  [200, "success", "body"],
  [204, "success", ""],
  [299, "success", "body"],
  [304, "warning", "Probe terminated redirects, Response body: "],
  [300, "warning", "Probe terminated redirects, Response body: body"],
  [400, "failure", "HTTP probe failed with statuscode: 400"],
  [404, "failure", "HTTP probe failed with statuscode: 404"],
  [503, "failure", "HTTP probe failed with statuscode: 503"],
])("P55, P57: status %d is a %s", async (status, result, output) => {
  const port = await serve((_, response) => response.writeHead(status).end("body"));
  expect(await get(port)).toEqual({ result, output });
});

test("P56: a redirect to the same host is followed, also to another port", async () => {
  const second = await serve((_, response) => response.end("arrived"));
  const first = await serve((_, response) =>
    response.writeHead(301, { location: `http://127.0.0.1:${second}/x` }).end(),
  );
  expect(await get(first)).toEqual({ result: "success", output: "arrived" });
});

test.each([
  [36, "Probe terminated redirects, Response body: moved"],
  [20, "moved"],
])("P56, P57: one to another host is a warning on 1.%d", async (version, output) => {
  const port = await serve((_, response) =>
    response.writeHead(302, { location: "http://elsewhere.example/" }).end("moved"),
  );
  expect(await get(port, {}, version)).toEqual({ result: "warning", output });
});

test("P56: ten requests in all, one redirect more is a failure", async () => {
  let count = 0;
  const port = await serve((_, response) => {
    count++;
    response.writeHead(302, { location: "/" }).end();
  });
  const outcome = await get(port);
  expect(outcome.result).toBe("failure");
  expect(outcome.output).toMatch(/stopped after 10 redirects$/);
  expect(count).toBe(10);
});

test("P58: a body beyond 10 KiB is no failure, and is not read to its end", async () => {
  const port = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  });
  const outcome = await get(port);
  expect(outcome.result).toBe("success");
  expect(outcome.output).toHaveLength(10_240);
});

/** A server that does something other than HTTP with each connection. */
const raw = (onData: (write: (text: string) => void, close: () => void) => void) =>
  listen(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () =>
        onData(
          (text) => socket.write(text),
          () => socket.end(),
        ),
      );
    }),
  );

test("P59: nobody listens: a failure with Go's words", async () => {
  const port = await listen(createTcpServer());
  servers.splice(0).forEach((server) => {
    server.close();
  });
  expect(await get(port, { path: "/healthz" })).toEqual({
    result: "failure",
    output: `Get "http://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});

test("P59: no headers in time, an early end, HTTP for HTTPS", async () => {
  const silent = await raw(() => {});
  expect(await get(silent, {}, 36, 100)).toEqual({
    result: "failure",
    isTimeout: true,
    output: `Get "http://127.0.0.1:${silent}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  });
  const early = await raw((_, close) => close());
  expect((await get(early)).output).toBe(`Get "http://127.0.0.1:${early}/": EOF`);
  const plain = await serve((_, response: ServerResponse) => response.end());
  expect((await get(plain, { scheme: "HTTPS" })).output).toBe(
    `Get "https://127.0.0.1:${plain}/": http: server gave HTTP response to HTTPS client`,
  );
});

test("P60: a timeout or an end in the middle of the body is an error", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
  const stalls = await raw((write) => write(head));
  expect(await get(stalls, {}, 36, 150)).toMatchObject({ result: "error", resultsIn: "failure" });
  const breaks = await raw((write, close) => {
    write(head);
    close();
  });
  expect(await get(breaks)).toMatchObject({ result: "error", output: "unexpected EOF" });
});
