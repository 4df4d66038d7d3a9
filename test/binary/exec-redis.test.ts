// Z1–Z9, Z11, Z12, Z15: the commands that leave zombies under a frozen Redis leave none when knell exec runs them.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXEC, GONE_MS, others } from "./execs.ts";
import { freeze, KNELL, run, startNamespace, until } from "./harness.ts";
import { signal } from "./launch.ts";

/** `P` stands for the port. */
const PROBES: [string, string[]][] = [
  ["Z1", ["redis-cli", "-p", "P", "ping"]],
  ["Z2", ["timeout", "5", "redis-cli", "-p", "P", "ping"]],
  ["Z3", ["sh", "-c", "redis-cli -p P ping"]],
  ["Z4", ["sh", "-c", "redis-cli -p P ping | grep PONG"]],
  ["Z5", ["sh", "-c", "redis-cli -p P ping || exit 1"]],
  ["Z6", ["bash", "-c", "[[ $(redis-cli -p P ping) == PONG ]]"]],
  ["Z7", ["bash", "-c", "r=$(timeout -s 3 5 redis-cli -p P ping); [ $r = PONG ]"]],
];

/** Those that leave none by themselves: no fork, or an inner limit that fires first, with the status it then has. */
const HARMLESS: [string, string[], number][] = [
  ["Z8", ["sh", "-c", "exec redis-cli -p P ping"], 124],
  ["Z9", ["sh", "-c", "timeout 0.2 redis-cli -p P ping | grep PONG"], 1],
];

/** What Redis writes when it reaps a stranger (Z11), and Sentinel (Z12). */
const STRANGER = /unmatched pid|scripts execution queue/;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function startRedis(before: readonly string[], isSentinel = false) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "exec-redis-"));
  const config = join(folder, "redis.conf");
  writeFileSync(config, `port ${port}\ndir ${folder}\n${isSentinel ? "" : 'save ""\n'}`);
  const server = ["redis-server", config, ...(isSentinel ? ["--sentinel"] : [])];
  const space = await startNamespace([...before, ...server]);
  const ping = () => run("redis-cli", ["-p", `${port}`, "ping"]);
  await until("Redis to answer", async () => (await ping()).stdout === "PONG\n");
  const stop = async () => {
    await space.stop();
    rmSync(folder, { recursive: true });
  };
  const redis = () => space.processes().find((entry) => entry.name === "redis-server")?.pid ?? 0;
  return { port, space, stop, redis, ping };
}

const CASES: [string, string[], number][] = [
  ...PROBES.map(([id, words]): [string, string[], number] => [id, words, 124]),
  ...HARMLESS,
];

test.each(CASES)(
  "%s, Z15: no orphan while Redis is frozen as PID 1, no zombie after",
  async (_, probe, frozen) => {
    const { port, space, stop, redis, ping } = await startRedis([]);
    const words = probe.map((word) => word.replaceAll(/\bP\b/g, `${port}`));
    const command = [...EXEC, "--timeout", "400ms", "--", ...words];
    expect((await space.exec(command)).status).toBe(0);
    await freeze(redis());
    for (let i = 0; i < 3; i++) {
      expect((await space.exec(command)).status).toBe(frozen);
      await until("no orphan", () => others(space).length === 0, GONE_MS);
    }
    signal(redis(), "SIGCONT");
    await until("Redis to answer", async () => (await ping()).stdout === "PONG\n");
    expect(others(space)).toEqual([]);
    await stop();
  },
);

test("Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z15: with knell init as PID 1 the bare commands end at zero zombies", async () => {
  const { port, space, stop, redis, ping } = await startRedis([KNELL, "init", "--"]);
  await freeze(redis());
  for (const [, probe] of PROBES) {
    const words = probe.map((word) => word.replaceAll(/\bP\b/g, `${port}`));
    const running = space.startExec(words, { stdio: "ignore" });
    const wrapper = await until("the probe", () =>
      others(space).find((entry) => entry.name !== "redis-server" && entry.parent === running.pid),
    );
    await until("its client", () => others(space).some((entry) => entry.name === "redis-cli"));
    signal(wrapper.pid, "SIGKILL");
    await running.finished;
  }
  signal(redis(), "SIGCONT");
  await until("Redis to answer", async () => (await ping()).stdout === "PONG\n");
  await until("init and Redis alone", () => space.processes().length === 2);
  await stop();
});

test.each([
  ["Z11", false],
  ["Z12", true],
])("%s, Z15: Redis meets no stranger to reap (Sentinel: %s)", async (_, isSentinel) => {
  const { port, space, stop, redis, ping } = await startRedis([], isSentinel);
  const pipe = `redis-cli -p ${port} ping | grep PONG`;
  await freeze(redis());
  for (let i = 0; i < 3; i++) {
    await space.exec([...EXEC, "--timeout", "300ms", "--", "sh", "-c", pipe]);
  }
  signal(redis(), "SIGCONT");
  await until("Redis to answer", async () => (await ping()).stdout === "PONG\n");
  if (!isSentinel) await run("redis-cli", ["-p", `${port}`, "bgsave"]);
  // A save, or ten ticks of Sentinel: whoever is there to be reaped is reaped by then.
  const saved = async () =>
    (await run("redis-cli", ["-p", `${port}`, "info"])).stdout.includes("rdb_bgsave_in_progress:0");
  if (isSentinel) await new Promise((resolve) => setTimeout(resolve, 1000));
  else
    await until(
      "the save to end",
      async () => /saved on disk/i.test(space.stdout()) && (await saved()),
    );
  expect(space.stdout()).not.toMatch(STRANGER);
  expect(others(space)).toEqual([]);
  await stop();
});
