// TLS probes behind `knell-tls init --listen`: each in a child, so that OpenSSL is never in PID 1.

import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Authority, type Certificate } from "./authority.ts";
import { freeze, type Namespace, startNamespace, until } from "./harness.ts";
import { accepts, endpointPort, kubeletRequest, send } from "./health-endpoint.ts";
import { freePort, makeFolder } from "./redis-server.ts";
import { KNELL_TLS, SERVER_NAME } from "./tls-server.ts";

let authority: Authority;
let server: Certificate;
let client: Certificate;
beforeAll(() => {
  authority = new Authority(makeFolder());
  server = authority.issue("server", [SERVER_NAME]);
  client = authority.issue("client", ["client"]);
});

const spaces: Namespace[] = [];
afterAll(async () => {
  for (const space of spaces) await space.stop();
});

interface TlsEndpoint extends Namespace {
  readonly port: number;
  ask(path: string): Promise<{ status: number; body: string }>;
}

async function startTlsEndpoint(flags: string): Promise<TlsEndpoint> {
  const [port, redisPort] = [await endpointPort(), await freePort()];
  const redis = [
    ...["redis-server", "--port", "0", "--tls-port", String(redisPort), "--save", ""],
    ...["--tls-cert-file", server.certificate, "--tls-key-file", server.key],
    ...["--tls-ca-cert-file", authority.certificate, "--tls-auth-clients", "yes"],
  ];
  const probe = `redis --tls -p ${redisPort} ${flags}`;
  const probes = ["--live", `${probe} --live`, "--ready", probe];
  const words = [KNELL_TLS, "init", "--listen", `:${port}`, ...probes, "--", ...redis];
  const space = await startNamespace(words, { cwd: authority.folder });
  spaces.push(space);
  const ask = async (path: string) => {
    const { status, body } = await send(port, kubeletRequest(path));
    return { status, body };
  };
  await until("the endpoint", () => accepts(port));
  await until("Redis", async () => (await ask("/livez")).status === 200);
  return Object.assign(space, { port, ask });
}

const files = () =>
  `--cacert ${authority.certificate} --cert ${client.certificate} --key ${client.key}`;

test("R85: mutual TLS: live and ready, in the words of knell redis", async () => {
  const { ask } = await startTlsEndpoint(files());
  for (const path of ["/livez", "/readyz"]) {
    const { status, body } = await ask(path);
    expect(status).toBe(200);
    expect(body).toMatch(/^pass: PING 127\.0\.0\.1:\d+: PONG in [\d.]+ ms\n$/);
  }
});

test("R62: frozen, every answer is 503 within the deadline; thawed, 200", async () => {
  const { ask, processes } = await startTlsEndpoint(`${files()} -t 0.4`);
  const pid = processes().find(({ name }) => name === "redis-server")?.pid ?? 0;
  await freeze(pid);
  for (let i = 0; i < 3; i++) expect((await ask("/livez")).status).toBe(503);
  process.kill(pid, "SIGCONT");
  expect((await ask("/livez")).status).toBe(200);
});

test("R63, R64: files are read for each probe: a rotated certificate needs no restart", async () => {
  const rotating = {
    certificate: join(authority.folder, "r.crt"),
    key: join(authority.folder, "r.key"),
  };
  const place = ({ certificate, key }: Certificate) => {
    copyFileSync(certificate, rotating.certificate);
    copyFileSync(key, rotating.key);
  };
  place(client);
  const words = `--cacert ${authority.certificate} --cert ${rotating.certificate} --key ${rotating.key}`;
  const { ask } = await startTlsEndpoint(words);
  expect((await ask("/readyz")).status).toBe(200);
  place(authority.issue("expired-client", ["client"], -1));
  expect((await ask("/readyz")).body).toContain("the server says: ");
  expect((await ask("/livez")).status).toBe(200);
  place(authority.issue("new-client", ["client"]));
  expect((await ask("/readyz")).status).toBe(200);
});

test("N2, I64: 100 probes leave no zombie, no descriptor and no memory", async () => {
  const { ask, init, zombies, processes } = await startTlsEndpoint(files());
  const look = () => ({
    memory: /^VmRSS:.*$/m.exec(readFileSync(`/proc/${init}/status`, "utf8"))?.[0],
    descriptors: readdirSync(`/proc/${init}/fd`).length,
    processes: processes().length,
    zombies: zombies().length,
  });
  for (let i = 0; i < 30; i++) await ask("/livez");
  const before = look();
  for (let i = 0; i < 100; i++) expect((await ask("/livez")).status).toBe(200);
  expect(look()).toEqual(before);
}, 60_000);
