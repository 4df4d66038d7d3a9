// §8 and §9 of docs/specs/kubelet-probes.md on the manual clock.

import { expect, test } from "vitest";
import type { ContainerDefinition, PodDefinition } from "./pod-definition.ts";
import { container, Play, type PlaySettings, podOf, probe } from "./test/play.ts";

const FAILS = { answer: () => "failure" as const };
/** Killed at the first attempt. */
const AT_ONCE = { failureThreshold: 1 };

function start(
  containers: readonly ContainerDefinition[],
  settings: PlaySettings = {},
  pod: Partial<PodDefinition> = {},
): Play {
  return new Play(podOf(containers, pod), settings);
}

test("P68: of a liveness and a startup failure the liveness failure is named", async () => {
  const play = start([container([probe("startup", AT_ONCE)])], FAILS);
  await play.until(12);
  expect(play.events("Killing")).toEqual([
    "10 Killing: Container app failed startup probe, will be restarted",
  ]);
});

test.each([
  ["Always", "Container app failed liveness probe, will be restarted", 2],
  ["OnFailure", "Container app failed liveness probe, will be restarted", 2],
  ["Never", "Stopping container app", 1],
] as const)(
  "P69, P70: restartPolicy %s: the event is %j",
  async (restartPolicy, message, startCount) => {
    const play = start([container([probe("liveness", AT_ONCE)])], FAILS, { restartPolicy });
    await play.until(15);
    expect(play.events("Killing")).toEqual([`10 Killing: ${message}`]);
    expect(play.starts()).toHaveLength(startCount);
  },
);

test("P69: beside a container that stays, one under Never is killed without being restarted", async () => {
  const pair = [container([probe("liveness", AT_ONCE)]), container([], { name: "other" })];
  const play = start(pair, FAILS, { restartPolicy: "Never" });
  await play.until(15);
  expect(play.events("Killing")).toEqual(["10 Killing: Container app failed liveness probe"]);
  expect(play.pod.phase).toBe("Running");
});

test("P69: from 1.35 the container's own restartPolicy wins", async () => {
  for (const [version, restarts] of [
    [35, 2],
    [34, 1],
  ] as const) {
    const own = container([probe("liveness", AT_ONCE)], { restartPolicy: "Always" });
    const play = start([own], { ...FAILS, version }, { restartPolicy: "Never" });
    await play.until(15);
    expect(play.starts()).toHaveLength(restarts);
  }
});

test("P70: a pod that ends has its own grace period, not the probe's", async () => {
  const impatient = probe("liveness", { ...AT_ONCE, terminationGracePeriodSeconds: 5 });
  const play = start(
    [container([impatient])],
    { ...FAILS, script: { app: { ignoresTerm: true } } },
    { restartPolicy: "Never" },
  );
  await play.until(100);
  expect(play.ends()).toEqual(["40 exit 137"]);
  expect(await play.pod.ended).toBe("Failed");
});

test("P71: two containers that fail together are stopped one after the other", async () => {
  const pair = ["a", "b"].map((name) => container([probe("liveness", AT_ONCE)], { name }));
  const script = { a: { ignoresTerm: true }, b: { ignoresTerm: true } };
  const play = start(pair, { ...FAILS, script });
  await play.until(71);
  const kills = play.sandbox.log.filter((line) => /^(?:TERM|KILL)/.test(line));
  expect(kills.slice(0, 4)).toEqual(["TERM a@10", "KILL a@40", "TERM b@40", "KILL b@70"]);
});

test("P72, P103: event, preStop, signal, SIGKILL, in this order", async () => {
  const preStop = { kind: "exec", command: ["bye"] } as const;
  const play = start([container([probe("liveness", AT_ONCE)], { preStop })], {
    ...FAILS,
    script: {
      app: { startMs: 1000, ignoresTerm: true, exec: () => ({ code: 0, takesMs: 4000 }) },
    },
  });
  await play.until(41);
  const log = play.sandbox.log.filter((line) => !line.startsWith("start"));
  expect(log).toEqual(["exec hook bye@10", "TERM app@14", "KILL app@40"]);
  expect(play.events("Killing")[0]).toMatch(/^10 /);
});

test.each([
  { own: undefined, pod: 30, killed: 40 },
  { own: 5, pod: 30, killed: 15 },
  { own: 60, pod: 30, killed: 70 },
  { own: undefined, pod: 0, killed: 12 },
  { own: 1, pod: 30, killed: 12 },
])(
  "P73, P74: probe grace $own, pod grace $pod: SIGKILL at $killed",
  async ({ own, pod, killed }) => {
    const asked = probe("liveness", { ...AT_ONCE, terminationGracePeriodSeconds: own });
    const settings = { ...FAILS, script: { app: { ignoresTerm: true } } };
    const play = start([container([asked])], settings, { terminationGracePeriodSeconds: pod });
    await play.until(100);
    expect(play.ends()[0]).toBe(`${killed} exit 137`);
  },
);

test("P73: the deletion's grace period counts before the pod's", async () => {
  const play = start([container()], { script: { app: { ignoresTerm: true } } });
  await play.until(10);
  await play.delete(7);
  expect(play.ends()).toEqual(["17 exit 137"]);
});

test("P74: a preStop that overruns is left alone, and 2 s remain", async () => {
  const preStop = { kind: "exec", command: ["slow"] } as const;
  const play = start([container([probe("liveness", AT_ONCE)], { preStop })], {
    ...FAILS,
    script: { app: { ignoresTerm: true, exec: () => ({ takesMs: 100_000 }) } },
  });
  await play.until(60);
  expect(play.sandbox.log.slice(1, 4)).toEqual(["exec hook slow@10", "TERM app@40", "KILL app@42"]);
  expect(play.sandbox.log.join()).not.toContain("kill slow");
});

test("P75, P76: the main process gets the signal; without a handler it takes the full grace, exit 137", async () => {
  const play = start([container([probe("liveness", AT_ONCE)])], {
    ...FAILS,
    script: { app: { startMs: 1000, ignoresTerm: true } },
  });
  await play.until(41);
  expect(play.sandbox.log).toEqual(["start app@1", "TERM app@10", "KILL app@40", "start app@41"]);
  expect(play.ends()).toEqual(["40 exit 137"]);
});

test.each([
  ["Always", 0, true],
  ["Always", 1, true],
  ["OnFailure", 0, false],
  ["OnFailure", 1, true],
  ["Never", 0, false],
  ["Never", 1, false],
] as const)(
  "P77: restartPolicy %s, exit %d: restart %s",
  async (restartPolicy, code, isRestarted) => {
    const script = {
      app: { lifeMs: (n: number) => (n === 0 ? 1000 : undefined), exitCode: () => code },
    };
    const play = start([container()], { script }, { restartPolicy });
    await play.until(5);
    expect(play.starts()).toHaveLength(isRestarted ? 2 : 1);
    if (!isRestarted) expect(await play.pod.ended).toBe(code === 0 ? "Succeeded" : "Failed");
  },
);

test("P77: a deleted pod restarts nothing", async () => {
  const play = start([container()], { script: { app: { termMs: 1000 } } });
  await play.until(5);
  await play.delete();
  expect(play.starts()).toEqual([0]);
});

test.each([
  { version: 35, code: 42, starts: 2 },
  { version: 35, code: 1, starts: 1 },
  { version: 34, code: 42, starts: 1 },
])("P78: a restart rule for 42, exit $code on 1.$version: $starts starts", async (row) => {
  const rules = [{ operator: "In" as const, exitCodes: [42] }];
  const app = container([], { restartPolicy: "Never", restartRules: rules });
  const script = {
    app: { lifeMs: (n: number) => (n === 0 ? 1000 : undefined), exitCode: () => row.code },
  };
  const play = start([app], { version: row.version, script }, { restartPolicy: "Never" });
  await play.until(5);
  expect(play.starts()).toHaveLength(row.starts);
});

test("P79: under OnFailure a killed app that exits 0 is restarted all the same", async () => {
  const play = start(
    [container([probe("liveness", AT_ONCE)])],
    { ...FAILS, script: { app: { exitCode: () => 0 } } },
    { restartPolicy: "OnFailure" },
  );
  await play.until(15);
  expect(play.ends()).toEqual(["10 exit 0"]);
  expect(play.starts()).toEqual([0, 10]);
});

test("P80: unless that start is in back-off: then its exit code counts, and it is done", async () => {
  // Crashes three times first, so that the kill of the fourth start meets a back-off.
  const lives = [1000, 1000, 1000];
  const play = start(
    [container([probe("liveness", { ...AT_ONCE, periodSeconds: 1, initialDelaySeconds: 2 })])],
    {
      answer: (_, __, now) => (now > 30 ? "failure" : "success"),
      script: { app: { lifeMs: (n) => lives[n], exitCode: (n) => (n < 3 ? 1 : 0) } },
    },
    { restartPolicy: "OnFailure" },
  );
  await play.until(200);
  expect(play.ends().at(-1)).toMatch(/ exit 0$/);
  expect(await play.pod.ended).toBe("Succeeded");
});

test("P81: restartCount grows by one with each start", async () => {
  const play = start([container()], { script: { app: { lifeMs: () => 1000 } } });
  await play.until(40);
  const counts = play.entries.flatMap((entry) =>
    entry.kind === "container" && entry.state === "running" ? [entry.restartCount] : [],
  );
  expect(counts).toEqual([0, 1, 2, 3]);
});

test("P82: containers start in the pod's order and do not wait for readiness", async () => {
  const pair = [container([probe("readiness")]), container([], { name: "second" })];
  const play = start(pair, { ...FAILS, script: { app: { startMs: 3000 }, second: {} } });
  await play.until(5);
  expect(play.sandbox.log).toEqual(["start app@3", "start second@3"]);
});

test("P83, P86: a probe-kill loop of 30 s looks only at the run before the killed one", async () => {
  const asked = probe("liveness", {
    periodSeconds: 1,
    initialDelaySeconds: 30,
    failureThreshold: 1,
  });
  const play = start([container([asked])], FAILS);
  await play.until(2000);
  const ends = play.ends().map((end) => Number(end.split(" ")[0]));
  const delays = play
    .starts()
    .slice(1)
    .map((at, index) => Math.round(at - (ends[index] ?? 0)));
  expect(delays.slice(0, 11)).toEqual([0, 0, 0, 0, 40, 80, 160, 300, 0, 300, 0]);
});

test("P86: the same with 60 s", async () => {
  const asked = probe("liveness", {
    periodSeconds: 1,
    initialDelaySeconds: 60,
    failureThreshold: 1,
  });
  const play = start([container([asked])], FAILS);
  await play.until(2500);
  const ends = play.ends().map((end) => Number(end.split(" ")[0]));
  const delays = play
    .starts()
    .slice(1)
    .map((at, index) => Math.round(at - (ends[index] ?? 0)));
  expect(delays.slice(0, 11)).toEqual([0, 0, 0, 0, 0, 80, 160, 300, 0, 300, 0]);
});

test("P84, P85, P88: a crash loop's delays are 0, 10, 20, 40, 80, 160, 300, 300 s", async () => {
  const play = start([container()], { script: { app: { lifeMs: () => 1000 } } });
  await play.until(1500);
  const starts = play.starts();
  const delays = starts.slice(1).map((at, index) => at - (starts[index] ?? 0) - 1);
  expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test("P84: a start that has to wait is told once per sync", async () => {
  const play = start([container()], { script: { app: { lifeMs: () => 1000 } } });
  await play.until(30);
  expect(play.events("BackOff").map((event) => event.split(" ")[0])).toEqual(["2", "13"]);
});

test("P87: a clean exit backs off as a crash does", async () => {
  const play = start([container()], { script: { app: { lifeMs: () => 1000, exitCode: () => 0 } } });
  await play.until(40);
  expect(play.starts()).toEqual([0, 1, 12, 33]);
});

test("P89, P90: a run of more than 10 minutes sets the back-off back", async () => {
  const lives = [1000, 1000, 1000, 700_000];
  const script = { app: { lifeMs: (n: number) => lives[n] ?? 1000 } };
  const play = start([container()], { script });
  await play.until(800);
  expect(play.starts()).toEqual([0, 1, 12, 33, 733, 744, 765]);
});

test("P91: each container has a back-off of its own", async () => {
  const pair = [container(), container([], { name: "other" })];
  const script = {
    app: { lifeMs: () => 1000 },
    other: { lifeMs: (n: number) => (n === 0 ? 20_000 : undefined) },
  };
  const play = start(pair, { script });
  await play.until(40);
  expect(play.starts()).toEqual([0, 1, 12, 33]);
  expect(play.starts("other")).toEqual([0, 20]);
});

test.each([
  { version: 34, random: 0, starts: [0, 1, 12, 32] },
  { version: 34, random: 0.99, late: 15 },
  { version: 36, random: 0, starts: [0, 1, 12, 33] },
])("P92: with the kubelet's own requeue on 1.$version restarts come late", async (row) => {
  const script = { app: { lifeMs: () => 1000 } };
  const settings = { script, requeue: "kubelet", version: row.version } as const;
  const play = start([container()], { ...settings, random: () => row.random });
  await play.until(60);
  const third = play.starts()[2] ?? 0;
  expect(third).toBeGreaterThanOrEqual(12);
  expect(third).toBeLessThanOrEqual(2 + 15);
  if (row.version === 34) expect(play.events("BackOff").length).toBeGreaterThan(1);
});

test("P93: the node's longest delay bounds the first as well", async () => {
  const settings = { script: { app: { lifeMs: () => 1000 } }, longestBackOffMs: 5000 };
  const play = start([container()], settings);
  await play.until(20);
  expect(play.starts()).toEqual([0, 1, 7, 13, 19]);
});

test("P96: a start that fails leaves a run with exit 128, and backs off", async () => {
  const play = start([container()], { script: { app: { startFails: "no such program" } } });
  await play.until(15);
  expect(play.ends()).toEqual(["0 exit 128", "0 exit 128", "10 exit 128"]);
  expect(play.events("Failed")[0]).toBe("0 Failed: Error: no such program");
});
