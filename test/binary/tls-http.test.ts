// https:// with knell-tls: as the kubelet, any certificate unless --verify is given (P53).

import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Authority } from "./authority.ts";
import { run } from "./harness.ts";
import { makeFolder, verdictOf } from "./redis-server.ts";
import { KNELL_TLS, SERVER_NAME } from "./tls-server.ts";

let authority: Authority;
let server: Server;
let port: number;
let asked: { url: string | undefined; host: string | undefined; name: string | false | null };

beforeAll(async () => {
  authority = new Authority(makeFolder());
  const { certificate, key } = authority.issue("server", [SERVER_NAME, "localhost"]);
  const files = { cert: readFileSync(certificate), key: readFileSync(key) };
  server = createServer(files, (request, response) => {
    const { servername } = request.socket as TLSSocket & { servername?: string };
    asked = { url: request.url, host: request.headers.host, name: servername ?? null };
    if (request.url === "/busy") response.writeHead(503).end();
    else if (request.url === "/moved") response.writeHead(302, { Location: "/" }).end();
    else response.end("well\n".repeat(20_000));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

async function ask(...words: string[]) {
  const result = await run(KNELL_TLS, ["http", ...words]);
  return { verdict: verdictOf(result), line: result.stdout };
}

test("any certificate will do, and SNI names the host, as the kubelet (P53)", async () => {
  expect(await ask(`https://localhost:${port}/x?y=1`)).toMatchObject({ verdict: "pass" });
  expect(asked).toEqual({ url: "/x?y=1", host: `localhost:${port}`, name: "localhost" });
});

test("SNI has no address, as the kubelet (P53)", async () => {
  expect(await ask(`https://127.0.0.1:${port}/`)).toMatchObject({ verdict: "pass" });
  expect(asked.name).not.toBe("127.0.0.1");
});

test("a status, and a redirect within https, as the kubelet (P55)", async () => {
  expect((await ask(`https://localhost:${port}/busy`)).line).toMatch(/^fail: GET .*: 503 in /);
  expect((await ask(`https://localhost:${port}/moved`)).line).toMatch(/: 200 after 1 redirect in /);
});

test("a redirect from http to https of the same host is followed, as the kubelet (P56)", async () => {
  const plain = createPlainServer((_, response) =>
    response.writeHead(301, { Location: `https://localhost:${port}/there` }).end(),
  );
  await new Promise<void>((resolve) => plain.listen(0, resolve));
  const from = (plain.address() as AddressInfo).port;
  expect((await ask(`http://localhost:${from}/`)).line).toMatch(/^pass: .*: 200 after 1 redirect/);
  expect(asked.url).toBe("/there");
  plain.close();
});

test("--body is looked for over many TLS records", async () => {
  expect(await ask("--body", "well", `https://localhost:${port}/`)).toMatchObject({
    verdict: "pass",
  });
});

test("--verify wants a good certificate that names the host", async () => {
  const url = (host: string) => `https://${host}:${port}/`;
  const unknown = await ask("--verify", url("localhost"));
  expect(unknown).toMatchObject({ verdict: "fail" });
  expect(unknown.line).toContain("the server's certificate: ");
  const trusted = ["--verify", "--cacert", authority.certificate];
  expect(await ask(...trusted, url("localhost"))).toMatchObject({ verdict: "pass" });
  const other = await ask(...trusted, url("127.0.0.1"));
  expect(other.verdict).toBe("fail");
  expect(other.line).toContain("mismatch");
});

test("a port without TLS fails, as the kubelet (P59)", async () => {
  const plain = createPlainServer((_, response) => response.end());
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  const { line } = await ask(`https://127.0.0.1:${(plain.address() as AddressInfo).port}/`);
  expect(line).toMatch(/^fail: TLS 127\.0\.0\.1:\d+: /);
  plain.close();
});
