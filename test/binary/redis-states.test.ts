// The states of section 11 on a real Redis: what the probe says, beside what `redis-cli ping` makes of the same state.

import { copyFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freeze, KNELL, run, start, until } from "./harness.ts";
import {
  cleanEnvironment,
  expectDeadline,
  freePort,
  makeFolder,
  probe,
  type RedisServer,
  startRedis,
  verdictOf,
  verdicts,
} from "./redis-server.ts";

const servers: RedisServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

async function startOne(...args: string[]): Promise<RedisServer> {
  const server = await startRedis(args);
  servers.push(server);
  return server;
}

const at = (server: { port: number }, ...more: string[]) => ["-p", String(server.port), ...more];

/** What `redis-cli ping` prints, and its status: T0 of the specification is an error text with status 0. */
async function redisCli(server: { port: number }, ...more: string[]) {
  const { status, stdout } = await run("redis-cli", at(server, ...more, "ping"), {
    env: cleanEnvironment(),
    deadlineMs: 5_000,
  });
  return { status, word: stdout.trim().split(" ")[0] };
}

describe("one plain server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startOne(
      ...[
        "--enable-debug-command",
        "yes",
        "--lua-time-limit",
        "300",
        "--maxmemory-policy",
        "noeviction",
      ],
    );
  });

  test("R20, R1: PONG passes with status 0", async () => {
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "pass" });
  });

  test("R11: no key is written, and RESP3 and readiness extras change nothing", async () => {
    await verdicts(
      at(server, "-3", "--loaded", "--persist-ok", "--link-up", "--min-replicas", "0"),
    );
    expect(await server.cli("dbsize")).toBe("0");
    expect(await verdicts(at(server, "-3", "--loaded", "--persist-ok", "--link-up"))).toMatchObject(
      {
        live: "pass",
        ready: "pass",
      },
    );
  });

  test("R20, R33: out of memory, PING is PONG while a write gets OOM", async () => {
    await server.cli("config", "set", "maxmemory", "1");
    expect(await server.cli("set", "k", "v")).toContain("OOM");
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "pass" });
    await server.cli("config", "set", "maxmemory", "0");
  });

  test("R20, R33: no good replicas, PING is PONG while a write gets NOREPLICAS", async () => {
    await server.cli("config", "set", "min-replicas-to-write", "1");
    expect(await server.cli("set", "k", "v")).toContain("NOREPLICAS");
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "pass" });
    await server.cli("config", "set", "min-replicas-to-write", "0");
  });

  test("R28, R43, R7: a script past its limit is BUSY; INFO is refused then, AUTH is not", async () => {
    const script = start("redis-cli", at(server, "eval", "while true do end", "0"));
    await until("BUSY", async () => (await redisCli(server)).word === "BUSY");
    expect(await redisCli(server)).toEqual({ status: 0, word: "BUSY" });
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "fail" });
    expect(verdictOf(await probe(at(server, "--live", "--fail", "BUSY")))).toBe("fail");
    expect(verdictOf(await probe(at(server, "--accept", "BUSY")))).toBe("pass");
    expect(await server.cli("info")).toContain("BUSY");
    expect(await server.cli("auth", "x")).toContain("without any password");
    expect(await server.cli("script", "kill")).toBe("OK");
    await script.finished;
  });

  test("R52: a script before its limit is silence", async () => {
    await server.cli("config", "set", "lua-time-limit", "100000");
    const script = start("redis-cli", at(server, "eval", "while true do end", "0"));
    await until("silence", async () => verdictOf(await probe(at(server, "-t", "0.2"))) === "fail");
    expect(await verdicts(at(server, "-t", "0.2"))).toMatchObject({ live: "fail", ready: "fail" });
    await server.stop();
    servers.splice(servers.indexOf(server), 1);
    server = await startOne("--enable-debug-command", "yes");
    await script.finished;
  });

  test("R52, R8: DEBUG SLEEP is silence, and the default deadline is 900 ms", async () => {
    const sleep = start("redis-cli", at(server, "debug", "sleep", "4"));
    await until(
      "the sleep",
      async () => verdictOf(await probe(at(server, "-t", "0.1"))) === "fail",
    );
    const result = await probe(at(server));
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toContain("no reply");
    expectDeadline(result, 900);
    expect(verdictOf(await probe(at(server, "--live", "-t", "0.1")))).toBe("fail");
    await sleep.finished;
  });

  test("R53: CLIENT PAUSE ALL holds PING past the deadline, PAUSE WRITE does not hold it", async () => {
    await server.cli("client", "pause", "3000", "all");
    expect(await verdicts(at(server, "-t", "0.2"))).toMatchObject({ live: "fail", ready: "fail" });
    expect(verdictOf(await probe(at(server, "-t", "10")))).toBe("pass");
    await server.cli("client", "pause", "3000", "write");
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "pass" });
    await server.cli("client", "unpause");
  });

  test("R52: a stopped server fails at the deadline, and passes once it goes on", async () => {
    await freeze(server.pid);
    const result = await probe(at(server, "-t", "0.3", "--live"));
    expect(verdictOf(result)).toBe("fail");
    expectDeadline(result, 300);
    const waiting = probe(at(server, "-t", "10"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(server.pid, "SIGCONT");
    expect(verdictOf(await waiting)).toBe("pass");
  });
});

describe("states that need a server of their own", () => {
  test("R29: after a failed save PING is MISCONF while GET still works", async () => {
    const server = await startOne();
    await server.cli("config", "set", "save", "1 1");
    await server.cli("set", "k", "v");
    rmSync(server.folder, { recursive: true });
    await server.cli("bgsave");
    await until("MISCONF", async () => (await redisCli(server)).word === "MISCONF");
    expect(await redisCli(server)).toEqual({ status: 0, word: "MISCONF" });
    expect(await server.cli("get", "k")).toBe("v");
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "fail" });
    await server.cli("config", "set", "stop-writes-on-bgsave-error", "no");
    expect(await verdicts(at(server, "--persist-ok"))).toMatchObject({
      live: "pass",
      ready: "fail",
    });
  });

  test("R26, R22, R42, R43, R46: while loading PING is LOADING, hidden by NOAUTH; AUTH and INFO are answered", async () => {
    const full = await startOne("--enable-debug-command", "yes");
    await full.cli("debug", "populate", "20000");
    await full.cli("save");
    const folder = makeFolder();
    copyFileSync(`${full.folder}/dump.rdb`, `${folder}/dump.rdb`);
    const server = await startRedis(
      [
        ...["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"],
        ...["--requirepass", "geheim"],
      ],
      folder,
    );
    servers.push(server);
    const auth = ["-a", "geheim"];
    // A load serves its clients only between chunks (R46), so that one answer may take its time.
    const patient = ["-t", "5"];
    expect(await redisCli(server, "--no-auth-warning", ...auth)).toEqual({
      status: 0,
      word: "LOADING",
    });
    expect(await verdicts(at(server, ...patient))).toMatchObject({ live: "pass", ready: "fail" });
    const hidden = await probe(at(server, ...patient));
    expect(hidden.stdout).toContain("NOAUTH");
    const result = await verdicts(at(server, ...auth, ...patient, "--loaded"));
    expect(result).toMatchObject({ live: "pass", ready: "fail" });
    expect(result.lines).toContain("LOADING");
    expect(verdictOf(await probe(at(server, ...auth, ...patient, "--accept", "LOADING")))).toBe(
      "pass",
    );
  });

  test("R27, R91, R93: a replica without its master", async () => {
    const server = await startOne(
      ...["--replicaof", "127.0.0.1", String(await freePort())],
      ...["--replica-serve-stale-data", "no"],
    );
    expect(await redisCli(server)).toEqual({ status: 0, word: "MASTERDOWN" });
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "fail" });
    await server.cli("config", "set", "replica-serve-stale-data", "yes");
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "pass" });
    const link = await probe(at(server, "--link-up"));
    expect(verdictOf(link)).toBe("fail");
    expect(link.stdout).toContain("master_link_status is down");
    expect(verdictOf(await probe(at(server, "--max-silence", "1000")))).toBe("fail");
  });

  test("R30, R12: a full server, with and without a password", async () => {
    const server = await startOne("--maxclients", "1");
    const hold = () =>
      connect(server.port, "127.0.0.1")
        .on("error", () => {})
        .resume();
    let holder = hold();
    await until("the only client", async () => {
      // Turned away as long as the server has not noticed that the client before it is gone.
      if (holder.destroyed) holder = hold();
      return (await redisCli(server)).word === "ERR";
    });
    expect(await redisCli(server)).toEqual({ status: 0, word: "ERR" });
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "fail" });
    const result = await verdicts(at(server, "-a", "x"));
    expect(result).toMatchObject({ live: "pass", ready: "fail" });
    expect(result.lines).toContain("maxclients");
    holder.destroy();
  });

  test("R35: PING renamed away", async () => {
    const server = await startOne("--rename-command", "PING", "");
    expect(await redisCli(server)).toEqual({ status: 0, word: "ERR" });
    expect(await verdicts(at(server))).toMatchObject({ live: "pass", ready: "fail" });
  });

  test("R36: HELLO renamed away, RESP2 is fallen back to", async () => {
    const server = await startOne("--rename-command", "HELLO", "");
    const result = await verdicts(at(server, "-3"));
    expect(result).toMatchObject({ live: "pass", ready: "pass" });
    expect(result.lines).toContain("HELLO: ERR");
  });

  test("R37: a server that does not like the bytes says so; the probe's own bytes are liked", async () => {
    const server = await startOne();
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(server.port, "127.0.0.1", () => socket.write("*1\r\n$x\r\n"));
      socket.on("data", (bytes) => {
        socket.destroy();
        resolve(bytes.toString());
      });
    });
    expect(answer).toContain("-ERR Protocol error");
    expect(verdictOf(await probe(at(server)))).toBe("pass");
  });

  test("R31: protected mode refuses a peer that is not on loopback", async () => {
    const port = String(await freePort());
    const server = [
      "redis-server",
      "--port",
      port,
      "--protected-mode",
      "yes",
      "--bind",
      "0.0.0.0",
      "--save",
      '""',
    ];
    const address = "10.99.88.77";
    const shell = [
      `ip link set lo up && ip addr add ${address}/32 dev lo`,
      `${server.join(" ")} >/dev/null & server=$!`,
      `until redis-cli -p ${port} ping 2>/dev/null | grep -q PONG; do sleep 0.02; done`,
      `for more in "" "--live" "-a x" "-a x --live"; do ${KNELL} redis -h ${address} -p ${port} $more; echo $?; done`,
      "kill $server; wait",
    ].join("\n");
    const result = await run("unshare", ["-n", "sh", "-c", shell], { env: cleanEnvironment() });
    const lines = result.stdout.trim().split("\n");
    expect(lines.filter((_, index) => index % 2 === 1)).toEqual(["1", "0", "1", "0"]);
    expect(lines[0]).toContain("DENIED");
  });
});
