// What a kubelet gets from a probe: containerd's own exec path (CRI ExecSync), a real Redis, a limit of one second.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KNELL, until } from "../binary/harness.ts";
import { freePort } from "../binary/redis-server.ts";
import { SLACK } from "../binary/timing.ts";
import { type Containerd, startContainerd, whyNoContainerd } from "./containerd.ts";
import type { Container } from "./engine.ts";
import { type Image, programPath } from "./image.ts";

const reason = whyNoContainerd();

const IMAGE: Image = {
  name: "knell.test/redis:1",
  files: {
    "/usr/bin/knell": KNELL,
    ...Object.fromEntries(
      ["redis-server", "redis-cli", "tini"].map((name) => [`/usr/bin/${name}`, programPath(name)]),
    ),
  },
};

const LIMIT = { timeoutSeconds: 1 };
/** How long the tests wait for a runtime that should have answered after one second. */
const PATIENCE_MS = 4_000;
/** grpc's status for a call that was given up. */
const DEADLINE_EXCEEDED = 4;

let engine: Containerd;
let container: Container;
let port: string;

beforeEach(({ skip }) => skip(reason !== undefined, reason));

beforeAll(async () => {
  if (reason !== undefined) return;
  engine = await startContainerd();
  await engine.addImage(IMAGE);
}, 60_000);
afterAll(() => engine?.stop());

beforeEach(async () => {
  port = String(await freePort());
  container = await engine.startContainer(IMAGE, ["knell", "init", "--", ...redis()]);
  await until("Redis", async () => (await container.exec(live())).exitCode === 0);
});
afterEach(async () => {
  if (reason !== undefined) return;
  signalRedis("SIGCONT");
  await container.remove();
});

const redis = () => ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""];
const live = () => ["knell", "redis", "--live", "-p", port];
const recipe = () => ["tini", "-s", "--", "redis-cli", "-p", port, "ping"];

const running = (name: string) =>
  container.processes().filter((entry) => entry.name === name && entry.state !== "Z");

function signalRedis(signal: NodeJS.Signals): void {
  for (const { pid } of running("redis-server")) process.kill(pid, signal);
}

describe("containerd", () => {
  test("a Redis that answers: knell redis --live passes, and so does the usual recipe", async () => {
    const result = await container.exec(live(), LIMIT);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toMatch(/^pass: PING .*: PONG in \d+\.\d ms\n$/);
    expect(await container.exec(recipe(), LIMIT)).toMatchObject({ exitCode: 0, stdout: "PONG\n" });
    expect(container.zombies()).toEqual([]);
  });

  test("a frozen Redis: knell redis --live fails within its deadline and leaves nothing", async () => {
    signalRedis("SIGSTOP");
    const before = container.processes().length;
    for (let round = 0; round < 3; round++) {
      const result = await container.exec(live(), LIMIT);
      expect(result).toMatchObject({ exitCode: 1, stderr: "" });
      const [, milliseconds] = /^fail: .*no reply.* in (\d+\.\d) ms/.exec(result.stdout) ?? [];
      expect(Number(milliseconds)).toBeGreaterThanOrEqual(900);
      expect(Number(milliseconds)).toBeLessThan(900 * SLACK);
    }
    expect(container.processes()).toHaveLength(before);
    expect(container.zombies()).toEqual([]);
    signalRedis("SIGCONT");
    await until("a pass", async () => (await container.exec(live(), LIMIT)).exitCode === 0);
  });

  test("a frozen Redis: the usual recipe gives no verdict until Redis goes on", async () => {
    signalRedis("SIGSTOP");
    const call = container.exec(recipe(), LIMIT);
    await until("the runtime to kill the wrapper", () => {
      return running("redis-cli").length === 1 && running("tini").length === 0;
    });
    // The client that is left holds the output, whose end the runtime waits for.
    const given = await Promise.race([
      call.then(String, String),
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "nothing")),
    ]);
    expect(given).toBe("nothing");
    signalRedis("SIGCONT");
    await expect(call).rejects.toThrow(/timeout/);
    await until("the client to be reaped", () => running("redis-cli").length === 0);
    expect(container.zombies()).toEqual([]);
  });

  test("a frozen Redis that is PID 1: the usual recipe leaves a client, and then a zombie", async () => {
    await container.remove();
    container = await engine.startContainer(IMAGE, redis());
    await until("Redis", async () => (await container.exec(live())).exitCode === 0);
    signalRedis("SIGSTOP");
    const call = container.exec(recipe(), { ...LIMIT, deadlineMs: PATIENCE_MS });
    await expect(call).rejects.toMatchObject({ code: DEADLINE_EXCEEDED });
    expect(running("redis-cli")).toHaveLength(1);
    signalRedis("SIGCONT");
    const [zombie] = await until("a zombie", () => {
      const zombies = container.zombies();
      return zombies.length > 0 && zombies;
    });
    expect(zombie).toMatchObject({ name: "redis-cli" });
  });
});
