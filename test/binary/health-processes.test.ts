// N2: a probe by HTTP starts no process, so none has to be reaped; and PID 1 is the same after many of them.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cgroup } from "./cgroup.ts";
import { type Endpoint, startEndpoint } from "./health-endpoint.ts";
import { footprintOf, load, newestPid } from "./health-load.ts";
import { startRedisEndpoint } from "./health-redis.ts";
import "./launch.ts";

const footprint = (endpoint: Endpoint) =>
  footprintOf(endpoint, (pid) => readFileSync(`/proc/${pid}/status`, "utf8"));

test("N2: 1000 probes of a Redis, live and ready, start no process", async () => {
  const endpoint = await startRedisEndpoint();
  const before = await newestPid(endpoint);
  for (let round = 0; round < 100; round++) {
    const asked = Array.from({ length: 10 }, (_, index) => (index % 2 ? "/livez" : "/readyz"));
    const answers = await Promise.all(asked.map((path) => endpoint.get(path)));
    expect(answers.map((answer) => answer.status)).toEqual(asked.map(() => 200));
    expect(endpoint.zombies()).toEqual([]);
  }
  expect(await newestPid(endpoint)).toBe(before + 1);
});

const pids = cgroup("pids");
test.runIf(pids)("N2: pids.current is constant over 1000 probes", async () => {
  const endpoint = await startRedisEndpoint();
  const group = pids?.make();
  for (const { pid } of endpoint.processes()) group?.add(pid);
  const current = () => Number(group?.read("pids.current"));
  const before = current();
  expect(before).toBeGreaterThan(1);
  const asking = load(endpoint.port, "/livez", 1000);
  let isOver = false;
  asking.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    expect(current()).toBe(before);
    await new Promise(setImmediate);
  }
  expect(await asking).toEqual({ passed: 1000, other: 0, broken: 0 });
  // Nor could there have been one.
  group?.write("pids.max", String(before));
  expect(await load(endpoint.port, "/readyz", 100)).toMatchObject({ passed: 100 });
  await endpoint.stop();
  await group?.remove();
});

test("N2, I64: memory, descriptors and processes are the same after 20 000 requests", async () => {
  const endpoint = await startRedisEndpoint();
  await load(endpoint.port, "/livez", 1000);
  await load(endpoint.port, "/readyz", 1000);
  const [before, pid] = [footprint(endpoint), await newestPid(endpoint)];
  for (const path of ["/livez", "/readyz"])
    expect(await load(endpoint.port, path, 10_000)).toEqual({
      passed: 10_000,
      other: 0,
      broken: 0,
    });
  expect(footprint(endpoint)).toEqual(before);
  expect(before.zombies).toBe(0);
  expect(await newestPid(endpoint)).toBe(pid + 1);
  // Section 11 of the requirements has 1 MiB for an init; one with an endpoint may not need more.
  expect(before.memory).toBeLessThanOrEqual(1024);
});

test("N2: requests at the same time share one probe, and each gets its answer", async () => {
  const endpoint = await startEndpoint({
    live: "exec --timeout 5s -- sh -c 'sleep 0.3; date +%N'",
  });
  const before = await newestPid(endpoint);
  const answers = await Promise.all(Array.from({ length: 10 }, () => endpoint.get("/livez")));
  expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
  expect(answers[0]?.status).toBe(200);
  // knell exec, sh, sleep, date
  expect(await newestPid(endpoint)).toBe(before + 1 + 4);
});

test("N2: 200 exec probes leave no zombie and no descriptor", async () => {
  const endpoint = await startEndpoint({ live: "exec -- sh -c '(true &); true | true'" });
  expect(await endpoint.status("/livez")).toBe(200);
  const before = footprint(endpoint);
  expect(await load(endpoint.port, "/livez", 200, 1)).toEqual({ passed: 200, other: 0, broken: 0 });
  expect(footprint(endpoint)).toEqual(before);
  expect(before.zombies).toBe(0);
});
