// The readiness extras on real masters, replicas, Sentinels and cluster nodes.

import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freeze, until } from "./harness.ts";
import {
  freePort,
  makeFolder,
  probe,
  type RedisServer,
  startRedis,
  verdictOf,
} from "./redis-server.ts";

const servers: RedisServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});
async function startOne(args: string[] = []): Promise<RedisServer> {
  const server = await startRedis(args);
  servers.push(server);
  return server;
}

async function ready(server: RedisServer, ...args: string[]): Promise<string> {
  const result = await probe(["-p", String(server.port), ...args]);
  verdictOf(result);
  return result.stdout;
}

describe("a master and its replica", () => {
  let master: RedisServer;
  let replica: RedisServer;
  beforeAll(async () => {
    const fast = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
    master = await startOne(fast);
    replica = await startOne([...fast, "--replicaof", "127.0.0.1", String(master.port)]);
    await until("the link", async () => (await ready(replica, "--link-up")).startsWith("pass"));
    await until("a replica online", async () =>
      (await master.cli("info", "replication")).includes("state=online"),
    );
  });

  test.each<[string, "master" | "replica", string[], string]>([
    ["R90 a loaded master", "master", ["--loaded"], "pass"],
    ["R98 saves that never failed", "replica", ["--persist-ok"], "pass"],
    ["R91 a master has no link to have", "master", ["--link-up"], "pass"],
    ["R91, R92 a replica with its link up", "replica", ["--link-up"], "pass"],
    ["R91, R84 the same with RESP3", "replica", ["--link-up", "-3"], "pass"],
    ["R93 a replica that hears its master", "replica", ["--max-silence", "5"], "pass"],
    ["R93 a master", "master", ["--max-silence", "0"], "pass"],
    ["R94 a master whose replica follows", "master", ["--max-lag", "5"], "pass"],
    ["R94 a replica cannot tell", "replica", ["--max-lag", "5"], "fail: INFO replication"],
    ["R95 one replica", "master", ["--min-replicas", "1"], "pass"],
    ["R95 two replicas", "master", ["--min-replicas", "2"], "fail: INFO replication"],
    ["R95 a replica has none", "replica", ["--min-replicas", "1"], "fail: INFO replication"],
    ["R96 no cluster", "master", ["--cluster-ok"], "fail: CLUSTER INFO"],
    ["R97 no Sentinel", "master", ["--sentinel", "m"], "fail: SENTINEL GET-MASTER-ADDR-BY-NAME"],
    [
      "all that a replica can hold",
      "replica",
      ["--loaded", "--persist-ok", "--link-up", "--max-silence", "5"],
      "pass",
    ],
  ])("%s", async (_, which, args, begins) => {
    const line = await ready(which === "master" ? master : replica, ...args);
    expect(line).toMatch(new RegExp(`^${begins}`));
  });

  test("R95: with the server's own option its count of good replicas decides", async () => {
    await master.cli("config", "set", "min-replicas-to-write", "1");
    expect(await ready(master, "--min-replicas", "1")).toMatch(/^pass/);
    expect(await ready(master, "--min-replicas", "2")).toContain("min_slaves_good_slaves is 1");
    await master.cli("config", "set", "min-replicas-to-write", "0");
  });

  test("R93: a frozen master is PONG and link up, and silent", async () => {
    await freeze(master.pid);
    const line = await until("silence", async () => {
      const one = await ready(replica, "--max-silence", "1");
      return one.startsWith("fail") && one;
    });
    expect(line).toContain("master_last_io_seconds_ago is 2");
    expect(await ready(replica, "--link-up")).toMatch(/^pass/);
    process.kill(master.pid, "SIGCONT");
    await until("the link", async () =>
      (await ready(replica, "--max-silence", "1")).startsWith("pass"),
    );
  });

  test("R94: a frozen replica lags", async () => {
    await freeze(replica.pid);
    const line = await until("lag", async () => {
      const one = await ready(master, "--max-lag", "1");
      return one.startsWith("fail") && one;
    });
    expect(line).toMatch(/lag is [23]/);
    process.kill(replica.pid, "SIGCONT");
    await until("no lag", async () => (await ready(master, "--max-lag", "1")).startsWith("pass"));
  });

  test("R91, R92: a master that is gone", async () => {
    await master.stop();
    await until("the loss", async () => (await ready(replica, "--link-up")).startsWith("fail"));
    expect(await replica.cli("role")).toMatch(/connect|connecting/);
    expect(await ready(replica, "--max-silence", "1000")).toContain(
      "master_last_io_seconds_ago is -1",
    );
  });
});

test("R96: a cluster node without slots fails --cluster-ok and nothing else; with all slots it passes", async () => {
  const node = await startOne(["--cluster-enabled", "yes"]);
  const line = await ready(node, "--cluster-ok");
  expect(line).toMatch(/^fail: CLUSTER INFO .*cluster_state is fail/);
  expect(await ready(node)).toMatch(/^pass/);
  expect(await ready(node, "--live", "--cluster-ok")).toMatch(/^pass/);
  await node.cli("cluster", "addslotsrange", "0", "16383");
  await until("the cluster", async () => (await ready(node, "--cluster-ok")).startsWith("pass"));
});

test("R45, R97: a Sentinel", async () => {
  const master = await startOne();
  const port = await freePort();
  const folder = makeFolder();
  const file = `${folder}/sentinel.conf`;
  writeFileSync(
    file,
    `sentinel monitor here 127.0.0.1 ${master.port} 1\nsentinel monitor there 10.9.9.9 ${port} 1\nsentinel monitor two 127.0.0.1 ${master.port} 2\n`,
  );
  const sentinel = await startOne([file, "--sentinel"]);
  expect(await ready(sentinel)).toMatch(/^pass/);
  expect(await sentinel.cli("config", "get", "x")).toContain("unknown");
  expect(await ready(sentinel, "-n", "3")).toMatch(/^pass/);
  expect(await ready(sentinel, "--sentinel", "there")).toMatch(/^pass/);
  expect(await ready(sentinel, "--sentinel", "here")).toContain("master is 127.0.0.1");
  expect(await ready(sentinel, "--sentinel", "nobody")).toMatch(/^fail/);
  expect(await ready(sentinel, "--sentinel", "there", "-3")).toMatch(/^pass/);
  expect(await ready(sentinel, "--sentinel", "there", "--quorum")).toMatch(/^pass/);
  const noQuorum = await probe(["-p", String(sentinel.port), "--sentinel", "two", "--quorum"]);
  expect(verdictOf(noQuorum)).toBe("fail");
  expect(await sentinel.cli("sentinel", "ckquorum", "two")).toContain("NOQUORUM");
  expect(await ready(sentinel, "--link-up")).toContain("a Sentinel has no link");
});
