// What a probe leaves behind when it is killed from outside, beside what the wrappers it replaces leave behind
// (section 10): redis-server is PID 1, is stopped, and each probe is killed after 0.7 s as a runtime does.

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { freeze, KNELL, type Namespace, run, startNamespace, until } from "./harness.ts";
import { startPeer } from "./redis-peer.ts";
import { cleanEnvironment, freePort, makeFolder, probe, verdictOf } from "./redis-server.ts";

const spaces: Namespace[] = [];
afterAll(async () => {
  await Promise.all(spaces.map((space) => space.stop()));
});

const KILLED_AFTER_MS = 700;

interface Redis {
  readonly space: Namespace;
  readonly port: number;
}

/** redis-server in a PID namespace of its own, as PID 1 or below `init`. */
async function startRedisInside(init: string[] = []): Promise<Redis> {
  const port = await freePort();
  const server = ["redis-server", "--port", String(port), "--save", "", "--dir", makeFolder()];
  const space = await startNamespace([...init, ...server]);
  spaces.push(space);
  await until("PONG", async () => verdictOf(await probe(["-p", String(port)])) === "pass");
  return { space, port };
}

/** The host's pid of redis-server. */
const serverOf = ({ space }: Redis) =>
  space.processes().find((entry) => entry.name === "redis-server")!.pid;

/** The pid of nsenter's child, which is the probe: proc(5), task/TID/children. 0 as long as there is none. */
const firstChild = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);

/** Processes inside that were not there before any probe: neither PID 1 nor redis-server. */
const strangers = ({ space }: Redis) =>
  space.processes().filter((entry) => entry.insidePid !== 1 && entry.name !== "redis-server");

/** Starts `command` inside from outside, three times at once, and kills each after 0.7 s, alone. */
async function killThree(redis: Redis, command: readonly string[]): Promise<void> {
  const runs = [1, 2, 3].map(() =>
    redis.space.startExec(command, {
      stdio: ["ignore", "ignore", "ignore"],
      env: cleanEnvironment(),
    }),
  );
  const pids = await Promise.all(runs.map((one) => until("the probe", () => firstChild(one.pid))));
  await new Promise((resolve) => setTimeout(resolve, KILLED_AFTER_MS));
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await Promise.all(runs.map((one) => one.finished));
}

/** Orphans while redis-server is stopped, and the names of the zombies two seconds after it goes on. */
async function countRemains(redis: Redis, command: readonly string[]) {
  const server = serverOf(redis);
  await freeze(server);
  await killThree(redis, command);
  const orphans = strangers(redis).filter((entry) => entry.state !== "Z").length;
  process.kill(server, "SIGCONT");
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const zombies = redis.space.zombies().map((entry) => entry.name);
  return { orphans, zombies: zombies.sort() };
}

const three = (name: string) => [name, name, name];

describe.concurrent("the wrappers, as reference", { timeout: 60_000 }, () => {
  const cli = (port: number) => `redis-cli -p ${port} ping`;
  test.each<[string, (port: number) => string[], number, string[]]>([
    [
      "Z1 tini -s -- redis-cli ping",
      (port) => ["tini", "-s", "--", ...cli(port).split(" ")],
      3,
      three("redis-cli"),
    ],
    [
      "Z2 timeout 5 redis-cli ping",
      (port) => ["timeout", "5", ...cli(port).split(" ")],
      3,
      three("redis-cli"),
    ],
    ["Z3 sh -c 'redis-cli ping'", (port) => ["sh", "-c", cli(port)], 3, three("redis-cli")],
    [
      "Z4 redis-cli ping | grep PONG",
      (port) => ["sh", "-c", `${cli(port)} | grep PONG`],
      6,
      [...three("grep"), ...three("redis-cli")],
    ],
    [
      "Z5 redis-cli ping || exit 1",
      (port) => ["sh", "-c", `${cli(port)} || exit 1`],
      3,
      three("redis-cli"),
    ],
    [
      "Z6 [[ $(redis-cli ping) == PONG ]]",
      (port) => ["bash", "-c", `[[ $(${cli(port)}) == PONG ]]`],
      3,
      three("redis-cli"),
    ],
    [
      "Z7 r=$(timeout -s 3 5 redis-cli ping)",
      (port) => ["bash", "-c", `r=$(timeout -s 3 5 ${cli(port)}); [ "$r" = PONG ]`],
      6,
      three("timeout"),
    ],
  ])("reference %s", async (_, command, orphans, zombies) => {
    const redis = await startRedisInside();
    const remains = await countRemains(redis, command(redis.port));
    expect(remains.zombies).toEqual(zombies);
    expect(remains.orphans).toBe(orphans);
  });

  test.each(["tini", "catatonit"])(
    "reference Z10 the pipe of Z4 with %s as PID 1",
    async (init) => {
      const redis = await startRedisInside([init, "--"]);
      const remains = await countRemains(redis, ["sh", "-c", `${cli(redis.port)} | grep PONG`]);
      expect(remains).toEqual({ orphans: 6, zombies: [] });
    },
  );
});

describe.concurrent("knell redis in their place", { timeout: 60_000 }, () => {
  const knell = (port: number) => [KNELL, "redis", "-p", String(port), "-t", "30"];
  test.each<[string, (port: number) => string[]]>([
    ["Z15, Z1, Z2 as argv", knell],
    ["Z15, Z3, Z4, Z5 in sh with exec", (port) => ["sh", "-c", `exec ${knell(port).join(" ")}`]],
    ["Z15, Z6, Z7 in bash", (port) => ["bash", "-c", knell(port).join(" ")]],
  ])("%s: no orphan and no zombie", async (_, command) => {
    const redis = await startRedisInside();
    const remains = await countRemains(redis, command(redis.port));
    expect(remains).toEqual({ orphans: 0, zombies: [] });
    expect(strangers(redis)).toEqual([]);
  });

  test("Z15, Z10 with tini as PID 1: nothing to reap", async () => {
    const redis = await startRedisInside(["tini", "--"]);
    expect(await countRemains(redis, knell(redis.port))).toEqual({ orphans: 0, zombies: [] });
  });
});

test("N1, R9: killed at 50 random instants under a PID 1 that never waits, it leaves no process", async () => {
  const peer = await startPeer(() => {});
  const space = await startNamespace(["python3", "-c", "import time; time.sleep(60)"]);
  spaces.push(space);
  const killed = async () => {
    const one = space.startExec([KNELL, "redis", "-p", String(peer.port), "-t", "30"]);
    const pid = await until("the probe", () => firstChild(one.pid));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    process.kill(pid, "SIGKILL");
    await one.finished;
  };
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 10 }, killed));
  expect(peer.connections()).toBeGreaterThan(0);
  expect(space.processes().map((entry) => entry.insidePid)).toEqual([1]);
  await peer.stop();
}, 40_000);

test("N1, R9: neither a process nor a thread nor a file is made", async () => {
  const peer = await startPeer((socket) => socket.write("+PONG\r\n"));
  const { stderr } = await run("strace", ["-f", KNELL, "redis", "-p", String(peer.port)], {
    env: cleanEnvironment(),
  });
  await peer.stop();
  expect(stderr).toContain('write(1, "pass: PING');
  expect(stderr).not.toMatch(/\b(clone3?|v?fork|open|openat|creat)\(/);
});

describe("output that cannot be written", () => {
  test.each<[string, string]>([
    ["a closed stdout", ">&-"],
    ["closed stdout and stderr", ">&- 2>&-"],
    ["everything closed", "<&- >&- 2>&-"],
    ["a full disk", ">/dev/full 2>/dev/full"],
    ["a pipe whose reader is gone", "| true"],
  ])("R1, R10 %s: the exit status is still right", async (_, redirection) => {
    const peer = await startPeer((socket) => socket.write("+PONG\r\n"));
    const port = peer.port;
    const closed = await freePort();
    for (const [target, status] of [
      [port, "0"],
      [closed, "1"],
    ] as const) {
      const command = `set -o pipefail; ${KNELL} redis -p ${target} ${redirection}; echo status $?`;
      const { stdout } = await run("bash", ["-c", command], { env: cleanEnvironment() });
      expect(stdout).toContain(`status ${status}`);
    }
    await peer.stop();
  });

  test("R8: a pipe that nobody reads and that is full does not hold the probe", async () => {
    const peer = await startPeer((socket) => socket.write("+PONG\r\n"));
    const python = `import fcntl, os, subprocess, sys
r, w = os.pipe(); os.set_blocking(w, False)
try:
  while True: os.write(w, b"x" * 4096)
except BlockingIOError: os.set_blocking(w, True)
print(subprocess.run(["${KNELL}", "redis", "-p", "${peer.port}"], stdout=w, timeout=5).returncode)`;
    const { stdout } = await run("python3", ["-c", python], { env: cleanEnvironment() });
    expect(stdout).toBe("0\n");
    await peer.stop();
  });
});
