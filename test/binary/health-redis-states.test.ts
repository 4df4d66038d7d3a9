// What a kubelet is told about a real Redis below knell: frozen, restarted, closed, rotated, full, replaced.

import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run, start, until } from "./harness.ts";
import { endpointPort, startEndpoint } from "./health-endpoint.ts";
import { redisOf, startRedisEndpoint } from "./health-redis.ts";
import { signal } from "./launch.ts";
import { startPeer } from "./redis-peer.ts";
import { makeFolder } from "./redis-server.ts";
import { SLACK } from "./timing.ts";

test("R52, N2: frozen, both fail within 900 ms each time; thawed, the next request passes", async () => {
  const endpoint = await startRedisEndpoint();
  for (let round = 0; round < 2; round++) {
    signal(endpoint.redis, "SIGSTOP");
    for (let time = 0; time < 2; time++) {
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => endpoint.get("/livez")),
        endpoint.get("/readyz"),
      ]);
      for (const { status, body, milliseconds } of answers) {
        expect([status, body]).toEqual([503, expect.stringContaining("no reply")]);
        expect(milliseconds).toBeGreaterThan(890);
        expect(milliseconds).toBeLessThan(900 + 100 * SLACK);
      }
    }
    signal(endpoint.redis, "SIGCONT");
    expect(await endpoint.status("/livez")).toBe(200);
    expect(await endpoint.status("/readyz")).toBe(200);
  }
});

test("R52: a server thawed before the deadline passes the request that waited", async () => {
  const endpoint = await startRedisEndpoint({ probe: "-t 10" });
  signal(endpoint.redis, "SIGSTOP");
  let isAnswered = false;
  const waiting = endpoint.get("/livez").finally(() => {
    isAnswered = true;
  });
  // Another client's answer shows that the request before it is taken.
  expect(await endpoint.status("/nope")).toBe(404);
  expect(isAnswered).toBe(false);
  signal(endpoint.redis, "SIGCONT");
  expect((await waiting).status).toBe(200);
});

test("R50, R54: below a script that restarts it, a killed server fails and passes again, knell stays", async () => {
  const [port, folder] = [await endpointPort(), makeFolder()];
  const server = `redis-server --port ${port} --dir ${folder} --save "" --bind 127.0.0.1`;
  const script = `while :; do ${server}; while [ -e ${folder}/hold ]; do sleep 0.01; done; done`;
  const endpoint = await startEndpoint({
    live: `redis -p ${port} --live`,
    ready: `redis -p ${port}`,
    main: ["sh", "-c", script],
  });
  const passes = () =>
    until(
      "both to pass",
      async () =>
        (await endpoint.status("/livez")) === 200 && (await endpoint.status("/readyz")) === 200,
    );
  await passes();
  const first = redisOf(endpoint);
  await run("touch", [join(folder, "hold")]);
  signal(first, "SIGKILL");
  const refused = await until("503", async () => {
    const answer = await endpoint.get("/livez");
    return answer.status === 503 && answer;
  });
  expect(refused.body).toContain("ECONNREFUSED");
  expect(refused.milliseconds).toBeLessThan(100 * SLACK);
  expect(await endpoint.status("/readyz")).toBe(503);
  await run("rm", [join(folder, "hold")]);
  await passes();
  // Restarted between two requests: the connection that was kept is of no use, and nobody is to notice.
  const second = redisOf(endpoint);
  expect(second).not.toBe(first);
  signal(second, "SIGKILL");
  await until("the third server", async () => {
    const { stdout } = await run("redis-cli", ["-p", String(port), "ping"]);
    return stdout === "PONG\n";
  });
  expect(await endpoint.get("/livez")).toMatchObject({ status: 200 });
  expect(endpoint.zombies()).toEqual([]);
});

test("R50: the port closed by CONFIG SET: ready, which connects anew, fails", async () => {
  const endpoint = await startRedisEndpoint();
  await endpoint.cli("config", "set", "port", "0");
  const ready = await endpoint.get("/readyz");
  expect([ready.status, ready.body]).toEqual([503, expect.stringContaining("ECONNREFUSED")]);
  // The server answers on what it has open: restarting it is not what helps.
  expect(await endpoint.status("/livez")).toBe(200);
});

test("R22–R24: a rotated password: live passes, ready fails and says why", async () => {
  const endpoint = await startRedisEndpoint({
    server: ["--requirepass", "old"],
    probe: "-a old",
  });
  await run("redis-cli", [
    "-p",
    String(endpoint.redisPort),
    "-a",
    "old",
    "config",
    "set",
    "requirepass",
    "new",
  ]);
  for (let time = 0; time < 3; time++) {
    expect(await endpoint.status("/livez")).toBe(200);
    const ready = await endpoint.get("/readyz");
    expect([ready.status, ready.body]).toEqual([503, expect.stringContaining("WRONGPASS")]);
    expect(ready.body).not.toContain("old");
  }
  // The connection that live kept is gone with its user's: a new one is told WRONGPASS, and lives.
  await run("redis-cli", [
    "-p",
    String(endpoint.redisPort),
    "-a",
    "new",
    "client",
    "kill",
    "type",
    "normal",
    "skipme",
    "yes",
  ]);
  expect(await endpoint.status("/livez")).toBe(200);
});

test("R30: maxclients reached: live passes, ready fails with the reason", async () => {
  const endpoint = await startRedisEndpoint();
  await endpoint.cli("config", "set", "maxclients", "2");
  const holders = Array.from({ length: 4 }, () => {
    const socket = connect(endpoint.redisPort, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("PING\r\n");
    return socket;
  });
  const ready = await until("503", async () => {
    const answer = await endpoint.get("/readyz");
    return answer.status === 503 && answer;
  });
  expect(ready.body).toContain("raise maxclients");
  expect(await endpoint.status("/livez")).toBe(200);
  for (const socket of holders) socket.destroy();
  await until("200", async () => (await endpoint.status("/readyz")) === 200);
});

test("R66: a unix socket that another server takes over", async () => {
  const folder = makeFolder();
  const path = join(folder, "redis.sock");
  const startServer = async (at: string, ...more: string[]) => {
    const server = start(
      "redis-server",
      ["--port", "0", "--unixsocket", at, "--save", "", "--dir", folder, ...more],
      { deadlineMs: 60_000 },
    );
    await until(
      "the server",
      async () => (await run("redis-cli", ["-s", at, "ping"])).stdout !== "",
    );
    return server;
  };
  const first = await startServer(path);
  const endpoint = await startEndpoint({
    live: `redis -s ${path} --live`,
    ready: `redis -s ${path}`,
  });
  expect([await endpoint.status("/livez"), await endpoint.status("/readyz")]).toEqual([200, 200]);
  const second = await startServer(`${path}.new`, "--requirepass", "x");
  await run("mv", [`${path}.new`, path]);
  expect((await endpoint.get("/readyz")).body).toContain("NOAUTH");
  signal(first.pid, "SIGKILL");
  await first.finished;
  expect(await endpoint.status("/livez")).toBe(200);
  signal(second.pid, "SIGKILL");
  await second.finished;
  const gone = await endpoint.get("/livez");
  expect([gone.status, gone.body]).toEqual([503, expect.stringContaining("ECONNREFUSED")]);
});

test.each([
  ["with its answer", 0],
  ["after its answer", 20],
])(
  "R14, N2: what a server says unasked, %s, is not taken for the next answer",
  async (_, afterMs) => {
    let said = 0;
    const peer = await startPeer((socket) => {
      socket.write("+PONG\r\n");
      const sayMore = () => socket.write("+PONG\r\n", () => said++);
      if (afterMs === 0) sayMore();
      else setTimeout(sayMore, afterMs);
    });
    const endpoint = await startEndpoint({ live: `redis -p ${peer.port} --live -t 5` });
    for (let count = 1; count <= 3; count++) {
      expect(await endpoint.status("/livez")).toBe(200);
      // A connection with a reply too many is not used again.
      expect(peer.connections()).toBe(count);
      await until("the reply too many", () => said === count);
    }
    await peer.stop();
  },
);
