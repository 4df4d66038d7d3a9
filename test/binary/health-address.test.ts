// Where the endpoint can listen besides ":PORT", and the probes that speak to any server: tcp and http.

import { existsSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { KNELL, type Namespace, run, startNamespace, until } from "./harness.ts";
import { endpointPort, kubeletRequest, startEndpoint } from "./health-endpoint.ts";
import { load, newestPid } from "./health-load.ts";
import { startRedisEndpoint } from "./health-redis.ts";
import { signal } from "./launch.ts";
import { type Peer, says, saysAndCloses, startPeer } from "./redis-peer.ts";
import { makeFolder } from "./redis-server.ts";
import { SLACK } from "./timing.ts";

const PASS = "exec -- true";

/** The status that the endpoint at `to` gives, 0 if nobody listens. */
function statusAt(to: { path: string } | { host: string; port: number }): Promise<number> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(to, () => socket.write(kubeletRequest("/livez")));
    socket.setEncoding("latin1").on("data", (more) => {
      text += more;
    });
    socket.once("error", () => resolve(0));
    socket.once("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)));
  });
}

function startAt(address: string): Promise<Namespace> {
  return startNamespace([KNELL, "init", "--listen", address, "--live", PASS, "--", "sleep", "60"]);
}

describe("addresses", () => {
  test.each([
    ["127.0.0.1:P", ["127.0.0.1"], ["::1", "127.0.0.2"]],
    ["[::1]:P", ["::1"], ["127.0.0.1"]],
    ["[::]:P", ["::1", "127.0.0.1", "127.0.0.2"], []],
    ["0.0.0.0:P", ["127.0.0.1", "127.0.0.2"], ["::1"]],
    [":P", ["::1", "127.0.0.1"], []],
  ])("N3: --listen %s", async (address, reached, refused) => {
    const port = await endpointPort();
    await startAt(address.replace("P", String(port)));
    const [first = ""] = reached;
    await until("the endpoint", async () => (await statusAt({ host: first, port })) === 200);
    for (const host of reached) expect([host, await statusAt({ host, port })]).toEqual([host, 200]);
    for (const host of refused) expect([host, await statusAt({ host, port })]).toEqual([host, 0]);
  });

  test("N3: --listen unix:PATH, also where a killed container left its socket, but not a live one", async () => {
    const path = join(makeFolder(), "knell.sock");
    const first = await startAt(`unix:${path}`);
    await until("the endpoint", async () => (await statusAt({ path })) === 200);
    expect(statSync(path).isSocket()).toBe(true);
    const second = ["init", "--listen", `unix:${path}`, "--live", PASS, "--", "echo", "started"];
    expect(await run(KNELL, second)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("EADDRINUSE"),
    });
    expect(await statusAt({ path })).toBe(200);
    await first.stop();
    expect(existsSync(path)).toBe(true);
    await startAt(`unix:${path}`);
    await until("the next endpoint", async () => (await statusAt({ path })) === 200);
  });

  test("N3: a file that is no socket is not removed", async () => {
    const path = join(makeFolder(), "file");
    writeFileSync(path, "mine");
    const words = ["init", "--listen", `unix:${path}`, "--live", PASS, "--", "echo", "started"];
    expect(await run(KNELL, words)).toMatchObject({ status: 1, stdout: "" });
    expect(statSync(path).size).toBe(4);
  });

  test.each([
    "foo",
    ":",
    ":0",
    ":65536",
    ":80x",
    "127.0.0.1",
    "127.0.0.256:80",
    "localhost",
    "[::1]",
    "::1:80",
    "[::g]:80",
    "unix:",
    `unix:/${"a".repeat(120)}`,
    "http://:8086",
  ])("N3: --listen %s is refused with what is allowed", async (address) => {
    const words = ["init", "--listen", address, "--live", PASS, "--", "echo", "started"];
    const result = await run(KNELL, words);
    expect(result).toMatchObject({ status: 1, stdout: "" });
    expect(result.stderr).toMatch(
      /^knell init: [ -~]*; ?[ -~]+\n$|^knell init: [ -~]*use [ -~]+\n$/,
    );
    expect(result.stderr).toContain(`"${address.slice(0, 60)}`);
  });

  test("N3: an address that this machine does not have", async () => {
    const words = ["init", "--listen", "192.0.2.1:8086", "--live", PASS, "--", "echo", "started"];
    expect(await run(KNELL, words)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("EADDRNOTAVAIL"),
    });
  });

  test("N3: on a machine without IPv6 :PORT is the same port of IPv4", async () => {
    const port = await endpointPort();
    const script = `sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set lo up; exec "$@"`;
    const knell = [KNELL, "init", "--listen", `:${port}`, "--live", PASS, "--"];
    const client = `for i in 1 2 3 4 5 6 7 8 9; do curl -fsS http://127.0.0.1:${port}/livez && exit; done`;
    const words = ["-n", "sh", "-c", script, "sh", ...knell, "sh", "-c", client];
    expect((await run("unshare", words)).stdout).toContain("pass: ");
  });
});

describe("tcp and http", () => {
  const peers: Peer[] = [];
  afterEach(() => Promise.all(peers.splice(0).map((peer) => peer.stop())));
  async function peerThat(...script: Parameters<typeof startPeer>): Promise<number> {
    const peer = await startPeer(...script);
    peers.push(peer);
    return peer.port;
  }

  test("N2: tcp passes when something accepts, and leaves nothing", async () => {
    const port = await peerThat(() => {}, { eager: true });
    const endpoint = await startEndpoint({
      live: `tcp 127.0.0.1:${port}`,
      ready: "tcp 127.0.0.1:1",
    });
    expect(await endpoint.status("/livez")).toBe(200);
    const refused = await endpoint.get("/readyz");
    expect([refused.status, refused.body]).toEqual([503, expect.stringContaining("ECONNREFUSED")]);
  });

  test.each([
    [200, 200],
    [204, 200],
    [301, 200],
    [399, 200],
    [400, 503],
    [404, 503],
    [500, 503],
    [503, 503],
  ])("N2: http: an answer of %i gives %i, as a kubelet counts (P55)", async (status, expected) => {
    const port = await peerThat(
      saysAndCloses(
        `HTTP/1.1 ${status} X\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n`,
      ),
    );
    const endpoint = await startEndpoint({ live: `http http://127.0.0.1:${port}/health` });
    const answer = await endpoint.get("/livez");
    expect(answer.status).toBe(expected);
    expect(answer.body).toContain(String(status));
  });

  test("N2: http sends a GET with the path and Host as given", async () => {
    const peer = await startPeer(saysAndCloses("HTTP/1.0 200 OK\r\n\r\nok"));
    peers.push(peer);
    const endpoint = await startEndpoint({ live: `http http://127.0.0.1:${peer.port}/a/b?c=d` });
    expect(await endpoint.status("/livez")).toBe(200);
    expect(peer.received()).toMatch(/^GET \/a\/b\?c=d HTTP\/1\.1\r\n/);
    expect(peer.received()).toMatch(new RegExp(`^Host: 127\\.0\\.0\\.1:${peer.port}\r$`, "m"));
  });

  test("N3: http: silence, garbage and an endless head fail at the deadline at the latest", async () => {
    for (const script of [
      () => {},
      says("SSH-2.0-OpenSSH_9.2\r\n"),
      says(`HTTP/1.1 200 OK\r\nX: ${"a".repeat(1 << 20)}`),
      saysAndCloses(""),
    ]) {
      const port = await peerThat(script);
      const endpoint = await startEndpoint({ live: `http http://127.0.0.1:${port}/` });
      const answer = await endpoint.get("/livez");
      expect(answer.status).toBe(503);
      expect(answer.milliseconds).toBeLessThan(900 + 100 * SLACK);
    }
  });

  test("N2: tcp to a Redis starts no process either, over 20 000 requests", async () => {
    const redisPort = await endpointPort();
    const endpoint = await startRedisEndpoint({
      live: `tcp 127.0.0.1:${redisPort}`,
      ready: `redis -p ${redisPort}`,
      main: ["redis-server", "--port", String(redisPort), "--save", "", "--dir", makeFolder()],
    });
    const before = await newestPid(endpoint);
    expect(await load(endpoint.port, "/livez", 20_000)).toMatchObject({ passed: 20_000 });
    expect(await newestPid(endpoint)).toBe(before + 1);
  });

  test("N2: a frozen server still passes tcp, as it does with a kubelet; redis sees it", async () => {
    const redisPort = await endpointPort();
    const endpoint = await startRedisEndpoint({
      live: `redis -p ${redisPort} --live -t 0.3`,
      ready: `tcp 127.0.0.1:${redisPort}`,
      main: ["redis-server", "--port", String(redisPort), "--save", "", "--dir", makeFolder()],
    });
    signal(endpoint.redis, "SIGSTOP");
    expect([await endpoint.status("/livez"), await endpoint.status("/readyz")]).toEqual([503, 200]);
    signal(endpoint.redis, "SIGCONT");
  });

  test("N3: a server that Node keeps open is asked anew each time", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on("error", () => {});
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = await startEndpoint({ live: `http http://127.0.0.1:${port}/` });
    for (let time = 0; time < 10; time++) expect(await endpoint.status("/livez")).toBe(200);
    expect(connections).toBe(10);
    await endpoint.stop();
    server.close();
  });
});
