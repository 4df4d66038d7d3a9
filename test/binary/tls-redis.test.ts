// R60 to R65, R85 and R121 with knell-tls: a real redis-server over TLS, and peers that spoil the handshake.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Authority, type Certificate } from "./authority.ts";
import { KNELL, run } from "./harness.ts";
import { says, startPeer } from "./redis-peer.ts";
import { cleanEnvironment, freePort, makeFolder, startRedis } from "./redis-server.ts";
import {
  accepts,
  askTls,
  ended,
  KNELL_TLS,
  SERVER_NAME,
  startRelay,
  startTlsRedis,
  type TlsRedis,
} from "./tls-server.ts";

let authority: Authority;
let server: Certificate;
let client: Certificate;
let redis: TlsRedis;
let trusted: string[];

beforeAll(async () => {
  authority = new Authority(makeFolder());
  server = authority.issue("server", [SERVER_NAME]);
  client = authority.issue("client", ["client"]);
  redis = await startTlsRedis(authority, server, ["--tls-auth-clients", "optional"]);
  trusted = ["--cacert", authority.certificate];
});
afterAll(() => redis?.stop());

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}

const at = (port: string | number = redis.port) => ["-p", String(port)];

describe("a server that is well", () => {
  test.each(["TLSv1.2", "TLSv1.3"])("R85: PONG over %s", async (version) => {
    const only = await startTlsRedis(authority, server, [
      ...["--tls-auth-clients", "no", "--tls-protocols", version],
    ]);
    keep(only);
    expect(await askTls([...trusted, ...at(only.port)])).toEqual({
      status: 0,
      line: expect.stringMatching(/^pass: PING 127\.0\.0\.1:\d+: PONG in [\d.]+ ms$/),
    });
  });

  test("R85: --cacertdir takes a folder of hashed names", async () => {
    const folder = join(authority.folder, "hashed");
    await run("sh", ["-c", `mkdir ${folder} && cp ${authority.certificate} ${folder}/ca.crt`]);
    expect((await run("openssl", ["rehash", folder])).status).toBe(0);
    expect(await askTls(["--cacertdir", folder, ...at()])).toMatchObject({ status: 0 });
  });

  test.each(["SSL_CERT_FILE", "SSL_CERT_DIR"])("R85: %s is where authorities are", async (name) => {
    const folder = join(authority.folder, `variable-${name}`);
    await run("sh", ["-c", `mkdir ${folder} && cp ${authority.certificate} ${folder}/ca.crt`]);
    await run("openssl", ["rehash", folder]);
    const value = name === "SSL_CERT_FILE" ? authority.certificate : folder;
    expect(await askTls(at(), { [name]: value })).toMatchObject({ status: 0 });
  });

  test("R85: a client certificate, which the server demands", async () => {
    const strict = keep(await startTlsRedis(authority, server, ["--tls-auth-clients", "yes"]));
    const files = ["--cert", client.certificate, "--key", client.key];
    expect(await askTls([...trusted, ...files, ...at(strict.port)])).toMatchObject({ status: 0 });
  });

  test.each([
    ["--insecure", ["--insecure"]],
    ["--tls-ciphersuites", ["--insecure", "--tls-ciphersuites", "TLS_AES_128_GCM_SHA256"]],
    ["--tls-ciphers", ["--insecure", "--tls-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"]],
    ["--sni", ["--insecure", "--sni", SERVER_NAME]],
  ])("R85: %s", async (_, words) => {
    expect(await askTls([...words, ...at()])).toMatchObject({ status: 0 });
  });

  test.each(["rediss", "REDISS", "valkeys"])("R121: %s:// is TLS", async (scheme) => {
    const words = ["redis", "-u", `${scheme}://127.0.0.1:${redis.port}`, ...trusted];
    const result = await run(KNELL_TLS, words, { env: cleanEnvironment() });
    expect(result).toMatchObject({ status: 0, stderr: "" });
  });

  test("a reply of many TLS records is read to its end, and a long request is written to its end", async () => {
    const files = { cert: readFileSync(server.certificate), key: readFileSync(server.key) };
    let received = 0;
    let isTaken = false;
    const talker = createServer(files, (socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        received += bytes.length;
        if (bytes.toString("latin1").endsWith("PING\r\n"))
          socket.write(`-ERR no AUTH\r\n-ERR ${"x".repeat(60_000)}\r\n`, () => {
            isTaken = true;
          });
      });
    });
    await new Promise<void>((resolve) => talker.listen(0, "127.0.0.1", resolve));
    keep({ stop: () => new Promise((resolve) => talker.close(() => resolve())) });
    const { port } = talker.address() as AddressInfo;
    const long = ["--user", "u".repeat(1_000), "-a", "p".repeat(16_000)];
    const { status, line } = await askTls([...trusted, "--live", ...long, ...at(port)]);
    expect(status).toBe(0);
    expect(line).toMatch(/^pass: PING .*: ERR in /);
    expect(received).toBeGreaterThan(17_000);
    expect(isTaken).toBe(true);
  });
});

describe("R85: what cannot be", () => {
  test.each([["--cert"], ["--key"]])("%s alone is a usage error", async (option) => {
    expect(await askTls([option, client.certificate])).toEqual({
      status: 64,
      line: "knell redis: --cert and --key go together; give both",
    });
  });

  test("without --tls the options have no effect, and a note says so", async () => {
    const plain = keep(await startRedis());
    const words = ["redis", "--cacert", "/nowhere", ...at(plain.port)];
    const { status, stdout } = await run(KNELL_TLS, words, { env: cleanEnvironment() });
    expect(status).toBe(0);
    expect(stdout).toContain("; note: TLS options without --tls have no effect");
  });

  test("R64: a list of ciphers that has none fails and names it", async () => {
    const { status, line } = await askTls(["--tls-ciphers", "NONE-OF-THEM", ...at()]);
    expect(status).toBe(1);
    expect(line).toMatch(/^fail: TLS .*: cannot use the list of ciphers "NONE-OF-THEM": /);
  });

  test("knell without TLS names the file to use", async () => {
    for (const words of [
      ["redis", "--tls"],
      ["redis", "-u", "rediss://h"],
      ["http", "https://h"],
    ]) {
      const { status, stdout, stderr } = await run(KNELL, words, { env: cleanEnvironment() });
      expect([status, stdout]).toEqual([64, ""]);
      expect(stderr).toMatch(/this build has no TLS; use knell-tls, /);
    }
    expect((await run(KNELL_TLS, ["--version"])).stdout).toMatch(/^knell [\d.]+ with TLS\n$/);
    expect((await run(KNELL, ["--version"])).stdout).toMatch(/^knell [\d.]+\n$/);
  });
});

describe("transport", () => {
  test("R60: PING to a TLS port fails, and --tls is the hint", async () => {
    for (const live of [[], ["--live"]]) {
      const words = ["redis", ...live, ...at()];
      const { status, stdout } = await run(KNELL_TLS, words, { env: cleanEnvironment() });
      expect(status).toBe(1);
      expect(stdout).toContain("a TLS port? add --tls");
    }
  });

  test.each([[[]], [["--live"]]])("R61: TLS to a plain Redis: the deadline, %j", async (live) => {
    const plain = keep(await startRedis());
    const { status, line } = await askTls([...live, "-t", "0.3", ...at(plain.port)]);
    expect(status).toBe(1);
    expect(line).toMatch(/^fail: TLS .*: no answer to the handshake in [\d.]+ ms; no TLS there\?/);
  });

  test.each([[[]], [["--live"]]])("R62: TLS to a silent peer: the deadline, %j", async (live) => {
    const silent = keep(await startPeer(() => {}));
    const { status, line } = await askTls([...live, "-t", "0.3", ...at(silent.port)]);
    expect(status).toBe(1);
    expect(line).toContain("no answer to the handshake");
  });

  test.each([
    ["plain text", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["random bytes", randomBytes(4096).toString("latin1")],
    ["a record that is too long", `\x16\x03\x03\xff\xff${"x".repeat(70_000)}`],
    ["an empty handshake record", "\x16\x03\x03\x00\x00".repeat(1000)],
    ["an alert of one byte", "\x15\x03\x03\x00\x01\x02"],
  ])("R62: garbage in place of a handshake fails at once, also --live: %s", async (_, text) => {
    const peer = keep(await startPeer(says(text)));
    for (const live of [[], ["--live"]]) {
      const { status, line } = await askTls([...live, "-t", "5", ...at(peer.port)]);
      expect(status).toBe(1);
      expect(line).toMatch(/^fail: TLS [ -~]*$/);
      expect(line).not.toContain("no answer");
    }
  });

  // The hello of the server, its certificate and what follows, the tickets behind the handshake, the reply.
  test.each([0, 1, 5, 60, 127, 200, 700])(
    "R62: a server that stops after %i bytes fails at the deadline, also --live",
    async (limit) => {
      const relay = keep(await startRelay(redis.port, limit, "stalls"));
      for (const live of [[], ["--live"]]) {
        const words = [...live, ...trusted, "-t", "0.4", ...at(relay.port)];
        const { status, line } = await askTls(words);
        expect(status).toBe(1);
        expect(line).toMatch(/^fail: (TLS|PING) .*: (no answer to the handshake|no reply) in /);
      }
    },
  );

  test.each([1, 60, 200, 700])(
    "R62: a server that closes after %i bytes fails, also --live",
    async (limit) => {
      const relay = keep(await startRelay(redis.port, limit, "closes"));
      for (const live of [[], ["--live"]]) {
        const { status, line } = await askTls([...live, ...trusted, "-t", "5", ...at(relay.port)]);
        expect(status).toBe(1);
        expect(line).toMatch(/^fail: /);
      }
    },
  );

  test("R62: a server that asks for a renegotiation gets none, and the deadline holds", async () => {
    const port = await freePort();
    const words = ["-accept", String(port), "-cert", server.certificate, "-key", server.key];
    const other = spawn("openssl", ["s_server", ...words, "-tls1_2", "-quiet"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    keep({ stop: () => ended(other) });
    other.stdin.on("error", () => {});
    const asking = setInterval(() => other.stdin.write("r\nR\n"), 50);
    while (!(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    const { status, line } = await askTls(["--insecure", "-t", "0.6", ...at(port)]);
    clearInterval(asking);
    expect(status).toBe(1);
    expect(line).toMatch(/^fail: (PING|TLS) /);
  });

  test("a chain of more than 16 KiB passes", async () => {
    const names = Array.from({ length: 700 }, (_, i) => `name-${i}.some.long.domain.test`);
    const large = authority.issue("large", [SERVER_NAME, ...names]);
    expect(readFileSync(large.certificate, "utf8").length).toBeGreaterThan(16_384);
    const other = keep(await startTlsRedis(authority, large, ["--tls-auth-clients", "no"]));
    const words = [...trusted, "--verify-name", names[600]!, ...at(other.port)];
    expect(await askTls(words)).toMatchObject({ status: 0 });
  });
});

describe("R63: certificates that are no good", () => {
  async function both(words: readonly string[]) {
    const [live, ready] = [await askTls(["--live", ...words]), await askTls(words)];
    return { live: live.status, ready: ready.status, lines: [live.line, ready.line] };
  }

  test("the server's has expired: alive, not ready", async () => {
    const expired = authority.issue("expired", [SERVER_NAME], -1);
    const other = keep(await startTlsRedis(authority, expired, ["--tls-auth-clients", "no"]));
    const { live, ready, lines } = await both([...trusted, ...at(other.port)]);
    expect({ live, ready }).toEqual({ live: 0, ready: 1 });
    expect(lines[0]).toMatch(
      /^pass: TLS .*: the server's certificate: certificate has expired in /,
    );
    expect(lines[1]).toMatch(
      /^fail: TLS .*: the server's certificate: certificate has expired in /,
    );
  });

  test("its authority is unknown: alive, not ready", async () => {
    const stranger = new Authority(makeFolder());
    const { live, ready } = await both(["--cacert", stranger.certificate, ...at()]);
    expect({ live, ready }).toEqual({ live: 0, ready: 1 });
  });

  test.each([
    ["TLSv1.2", "none"],
    ["TLSv1.2", "of a stranger"],
    ["TLSv1.3", "none"],
    ["TLSv1.3", "of a stranger"],
  ])("the server wants another one of the client, over %s with %s", async (version, which) => {
    const only = ["--tls-auth-clients", "yes", "--tls-protocols", version];
    const strict = keep(await startTlsRedis(authority, server, only));
    const stranger = new Authority(makeFolder()).issue("client", ["client"]);
    const files = which === "none" ? [] : ["--cert", stranger.certificate, "--key", stranger.key];
    const { live, ready, lines } = await both([...trusted, ...files, ...at(strict.port)]);
    expect({ live, ready }).toEqual({ live: 0, ready: 1 });
    expect(lines[1]).toMatch(/^fail: TLS .*: the server says: /);
  });
});

describe("R64: files that are no good fail, --live too, and are named", () => {
  const nowhere = "/nowhere/at/all.pem";
  test.each<[string, () => string[], string]>([
    ["no CA file", () => ["--cacert", nowhere], `the CA file "${nowhere}"`],
    ["a CA file that is none", () => ["--cacert", client.key], "the CA file"],
    ["no certificate", () => ["--cert", nowhere, "--key", client.key], "the certificate"],
    ["no key", () => ["--cert", client.certificate, "--key", nowhere], `the key "${nowhere}"`],
    ["another's key", () => ["--cert", client.certificate, "--key", server.key], "the key"],
    ["an empty file", () => ["--cacert", empty()], "the CA file"],
  ])("%s", async (_, files, named) => {
    for (const live of [[], ["--live"]]) {
      const { status, line } = await askTls([...live, ...files(), ...at()]);
      expect(status).toBe(1);
      expect(line).toMatch(/^fail: TLS 127\.0\.0\.1:\d+: cannot use /);
      expect(line).toContain(named);
    }
  });

  function empty(): string {
    const path = join(authority.folder, "empty.pem");
    writeFileSync(path, "");
    return path;
  }
});

describe("R65: the name in the certificate", () => {
  test("is not looked at, as in redis-cli", async () => {
    expect(await askTls([...trusted, ...at()])).toMatchObject({ status: 0 });
  });

  test("--verify-name passes on the right one and fails on another", async () => {
    const verified = (name: string) => askTls([...trusted, "--verify-name", name, ...at()]);
    expect(await verified(SERVER_NAME)).toMatchObject({ status: 0 });
    const other = await verified("other.test");
    expect(other.status).toBe(1);
    expect(other.line).toContain("the server's certificate: hostname mismatch");
  });
});
