// §2 and §3 of docs/specs/kubelet-probes.md on the manual clock.

import { expect, test } from "vitest";
import { PROBE_TYPES } from "./pod-definition.ts";
import { container, Play, type PlaySettings, podOf, probe } from "./test/play.ts";

/** One container with the given probes, played for so many seconds. */
function play(
  seconds: number,
  probes: Parameters<typeof container>[0],
  settings: PlaySettings = {},
): Promise<Play> {
  return new Play(podOf([container(probes)]), {
    answer: () => "success",
    ...settings,
  }).until(seconds);
}

const SLOW_START = { app: { startMs: 1000 } };

test("P6: the three types run side by side, and attempts of one never overlap", async () => {
  const slow = PROBE_TYPES.map((type) => probe(type, { periodSeconds: 2, timeoutSeconds: 9 }));
  const played = await play(20, slow, {
    answer: ({ type }) => ({ result: "success", takesSeconds: type === "startup" ? 0 : 3 }),
  });
  const [liveness, readiness] = [played.attempts("liveness"), played.attempts("readiness")];
  expect(liveness.some((at) => readiness.some((other) => Math.abs(at - other) < 3))).toBe(true);
  for (const times of [liveness, readiness]) {
    for (const [index, at] of times.slice(1).entries()) {
      expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(3);
    }
  }
});

test("P7, P8: ticks count from the worker's start, not from the container's", async () => {
  const played = await play(21, [probe("liveness")], { script: { app: { startMs: 4000 } } });
  expect(played.starts()).toEqual([4]);
  expect(played.attempts("liveness")).toEqual([10, 20]);
});

test("P9: with jitter a worker first sleeps a part of its period", async () => {
  const settings = { script: SLOW_START, hasJitter: true, random: () => 0.4 };
  const played = await play(25, [probe("liveness")], settings);
  expect(played.attempts("liveness")).toEqual([4, 14, 24]);
});

test("P10: an attempt longer than the period is followed at once by one more, further ticks are lost", async () => {
  const played = await play(50, [probe("liveness", { timeoutSeconds: 60 })], {
    script: SLOW_START,
    answer: (_, __, ___, attempt) => ({
      result: "success",
      takesSeconds: attempt === 0 ? 25 : 0,
    }),
  });
  expect(played.attempts("liveness")).toEqual([10, 35, 40, 50]);
});

test("P11: no attempt while there is no container, on hold, or before the delay", async () => {
  const late = await play(12, [probe("liveness", { periodSeconds: 1, initialDelaySeconds: 5 })], {
    script: { app: { startMs: 3000 } },
  });
  expect(late.attempts("liveness")[0]).toBe(8);
  const dead = await play(20, [probe("liveness", { periodSeconds: 1, failureThreshold: 1 })], {
    script: { app: { startMs: 1000, ignoresTerm: true } },
    answer: () => "failure",
  });
  expect(dead.attempts("liveness")).toHaveLength(1);
});

test.each(PROBE_TYPES)(
  "P12: initialDelaySeconds of a %s probe counts anew after each restart",
  async (type) => {
    const delayed = probe(type, { periodSeconds: 1, initialDelaySeconds: 6 });
    const played = await play(40, [delayed], {
      script: { app: { startMs: 1000, lifeMs: (start) => (start === 0 ? 19_000 : undefined) } },
    });
    const [first = 0, second = 0] = played.starts();
    const attempts = played.attempts(type);
    expect(attempts[0]).toBe(first + 6);
    expect(attempts.find((at) => at > second)).toBe(second + 6);
  },
);

test("P12: the delay does not wait for the startup probe", async () => {
  const probes = [
    probe("startup", { periodSeconds: 1, failureThreshold: 99 }),
    probe("liveness", { periodSeconds: 1, initialDelaySeconds: 10 }),
  ];
  const played = await play(25, probes, {
    script: SLOW_START,
    answer: ({ type }, _, now) => (type === "startup" && now < 15 ? "failure" : "success"),
  });
  expect(played.attempts("startup").at(-1)).toBe(15);
  expect(played.attempts("liveness")[0]).toBe(16);
});

test("P13, P14: whole seconds on both sides let the first attempt come up to a second early", async () => {
  const delayed = probe("liveness", { periodSeconds: 1, initialDelaySeconds: 5 });
  const played = await play(9, [delayed], { script: { app: { startMs: 1900 } } });
  const [start = 0] = played.starts();
  const [first = 0] = played.attempts("liveness");
  expect(first - start).toBeCloseTo(4.1);
  expect(first).toBeGreaterThanOrEqual(start + 5 - 1);
  expect(first).toBeLessThan(start + 5 + 1);
});

test.each([
  // Twice at first: the initial "not ready" is stored, which is a change, which leads to a sync, which triggers again.
  { version: 36, attempts: [1, 1, 11, 21] },
  { version: 31, attempts: [1, 1, 10, 20] },
  { version: 20, attempts: [10, 20] },
])(
  "P15, P16: 1.$version and the trigger of a container that is not ready yet",
  async ({ version, attempts }) => {
    const played = await play(22, [probe("readiness")], { version, script: SLOW_START });
    expect(played.attempts("readiness")).toEqual(attempts);
  },
);

test("P16: liveness and startup are never triggered", async () => {
  const played = await play(9, [probe("liveness"), probe("startup")], { script: SLOW_START });
  expect(played.attempts("liveness")).toEqual([]);
  expect(played.attempts("startup")).toEqual([]);
});

test("P17: a worker ends with a container that will not run again", async () => {
  const once = podOf([container([probe("readiness", { periodSeconds: 1 })])], {
    restartPolicy: "Never",
  });
  const played = new Play(once, {
    script: { app: { lifeMs: () => 5500, exitCode: () => 1 } },
    answer: () => "success",
  });
  await played.until(30);
  expect(Math.max(...played.attempts("readiness"))).toBeLessThan(6);
  expect(await played.pod.ended).toBe("Failed");
});

test("P17, P30: ready is lost the moment the container is gone", async () => {
  const played = await play(30, [probe("readiness")], {
    script: { app: { startMs: 1000, lifeMs: (start) => (start === 0 ? 14_000 : undefined) } },
  });
  expect(played.status()).toEqual([
    "1 started",
    "1 ready",
    "15 unstarted",
    "15 unready",
    "16 started",
    "16 ready",
  ]);
});

test("P18: a change of another container triggers readiness, too", async () => {
  const pod = podOf([
    container([probe("readiness", { periodSeconds: 30 })]),
    container([], { name: "other" }),
  ]);
  const played = new Play(pod, {
    script: { other: { lifeMs: (start) => (start === 0 ? 7000 : undefined) } },
    answer: () => "failure",
  });
  await played.until(10);
  expect(played.attempts("readiness")).toContain(7);
});

test("P18: a resync after 60 to 90 s triggers an unready container", async () => {
  const probes = [probe("readiness", { periodSeconds: 1000, initialDelaySeconds: 20 })];
  const played = await play(80, probes, { random: () => 0, answer: () => "failure" });
  expect(played.attempts("readiness")).toEqual([60]);
});

test("P19: a fault inside a pass does not end the worker", async () => {
  const played = await play(31, [probe("liveness")], {
    script: SLOW_START,
    answer: (_, __, now) => {
      if (now < 15) throw new Error("broken");
      return "success";
    },
  });
  expect(played.attempts("liveness")).toEqual([20, 30]);
  expect(played.entries.filter(({ kind }) => kind === "note")).toHaveLength(1);
});

test("P20: before the first result a container is alive, not ready and not started", async () => {
  const probes = PROBE_TYPES.map((type) => probe(type));
  const played = await play(5, probes, { script: SLOW_START });
  expect(played.pod.statusOf("app")).toMatchObject({ started: false, ready: false });
  expect(played.events("Killing")).toEqual([]);
});

test("P21, P27: a success run carries over to the next container", async () => {
  const probes = [probe("readiness", { periodSeconds: 5, successThreshold: 3 })];
  const played = await play(45, probes, {
    version: 20,
    script: { app: { startMs: 1000, lifeMs: (start) => (start === 0 ? 21_000 : undefined) } },
  });
  expect(played.status().slice(0, 6)).toEqual([
    "1 started",
    "15 ready",
    "22 unstarted",
    "22 unready",
    "23 started",
    "25 ready",
  ]);
});

test("P22: without probes a container is started and ready when it runs, and never killed", async () => {
  const played = await play(100, [], { script: SLOW_START });
  expect(played.status()).toEqual(["1 started", "1 ready"]);
  expect(played.events()).toEqual([]);
});

test("P23: failureThreshold 3: two failures, a success, two failures: nothing happens", async () => {
  const played = await play(69, [probe("liveness")], {
    script: SLOW_START,
    answer: (_, __, now) => (now === 30 || now === 60 ? "success" : "failure"),
  });
  expect(played.attemptEntries.map(({ run }) => run)).toEqual([1, 2, 1, 1, 2, 1]);
  expect(played.events("Killing")).toEqual([]);
});

test("P23: a warning counts as a success", async () => {
  const played = await play(25, [probe("readiness", { successThreshold: 2 })], {
    version: 20,
    script: SLOW_START,
    answer: () => "warning",
  });
  expect(played.status()).toEqual(["1 started", "20 ready"]);
});

test("P24: a result that changes nothing is not stored anew", async () => {
  const played = await play(31, [probe("readiness")], { version: 20, script: SLOW_START });
  expect(played.attemptEntries.map(({ isStored }) => isStored)).toEqual([true, false, false]);
});

test("P25: the startup probe stops once it has passed, and the others begin", async () => {
  const probes = [probe("startup"), probe("liveness")];
  const played = await play(51, probes, { script: SLOW_START });
  expect(played.attempts("startup")).toEqual([10]);
  expect(played.attempts("liveness")).toEqual([20, 30, 40, 50]);
});

test.each([
  { type: "liveness" as const, outcome: "is never killed" },
  { type: "readiness" as const, outcome: "is never ready" },
  { type: "startup" as const, outcome: "is never started" },
])("P26: an error of a $type probe changes nothing: it $outcome", async ({ type, outcome }) => {
  const played = await play(100, [probe(type, { failureThreshold: 1 })], {
    script: SLOW_START,
    answer: () => ({ result: "error", output: "refused" }),
  });
  expect(played.events("Killing")).toEqual([]);
  const { started, ready } = played.pod.statusOf("app") ?? {};
  if (outcome === "is never ready") expect(ready).toBe(false);
  if (outcome === "is never started") expect(started).toBe(false);
  expect(played.events("Unhealthy").length).toBe(played.attempts(type).length);
});

test("P26: an error between two failures does not break their row", async () => {
  const played = await play(45, [probe("liveness")], {
    script: SLOW_START,
    answer: (_, __, now) => (now === 20 ? "error" : "failure"),
  });
  expect(played.events("Killing")).toEqual([
    "40 Killing: Container app failed liveness probe, will be restarted",
  ]);
});

test("P28: a startup attempt slower than its period does not run once more after success", async () => {
  const played = await play(60, [probe("startup", { timeoutSeconds: 30 })], {
    script: SLOW_START,
    answer: () => ({ result: "success", takesSeconds: 15 }),
  });
  expect(played.attempts("startup")).toEqual([10]);
});

test("P28: after the threshold there is no attempt until there is a new container", async () => {
  const played = await play(100, [probe("startup", { failureThreshold: 2 })], {
    script: { app: { startMs: 1000, termMs: 25_000 } },
    answer: () => "failure",
  });
  expect(played.attempts("startup")).toEqual([10, 20, 50, 60, 90, 100]);
});

test.each([
  { version: 36, killed: 10 },
  { version: 20, killed: 75 },
])(
  "P29: on 1.$version a startup failure leads to the kill at $killed",
  async ({ version, killed }) => {
    const played = await play(100, [probe("startup", { failureThreshold: 1 })], {
      version,
      script: { app: {} },
      answer: () => "failure",
    });
    expect(Number(played.events("Killing")[0]?.split(" ")[0])).toBe(killed);
  },
);

test("P29: on 1.20 ready lags behind the startup probe until the next sync", async () => {
  const played = await play(100, [probe("startup")], { version: 20, script: {} });
  expect(played.status()).toEqual(["10 started", "75 ready"]);
});

test("P30: readiness never kills, and takes failureThreshold failures to be lost", async () => {
  const played = await play(100, [probe("readiness")], {
    version: 20,
    script: SLOW_START,
    answer: (_, __, now) => (now > 25 ? "failure" : "success"),
  });
  expect(played.status()).toEqual(["1 started", "10 ready", "50 unready"]);
  expect(played.events("Killing")).toEqual([]);
});

test.each([
  { version: 36, liveness: 5 },
  { version: 20, liveness: 15 },
])(
  "P32: on 1.$version liveness and readiness while the pod ends",
  async ({ version, liveness }) => {
    const probes = [
      probe("liveness", { periodSeconds: 1 }),
      probe("readiness", { periodSeconds: 1 }),
    ];
    const played = new Play(podOf([container(probes)]), {
      version,
      script: { app: { termMs: 10_000 } },
      answer: () => "success",
    });
    await played.until(5.5);
    await played.delete();
    expect(Math.max(...played.attempts("liveness"))).toBe(liveness);
    expect(Math.max(...played.attempts("readiness"))).toBe(15);
  },
);

test("P32: a sidecar is probed on until it is stopped", async () => {
  const pod = podOf([
    container([probe("liveness", { periodSeconds: 1 })], { name: "side", role: "sidecar" }),
    container([probe("liveness", { periodSeconds: 1 })]),
  ]);
  const played = new Play(pod, {
    script: { app: { termMs: 10_000 } },
    answer: () => "success",
  });
  await played.until(5.5);
  await played.delete();
  expect(Math.max(...played.attempts("liveness"))).toBe(5);
  expect(Math.max(...played.attempts("liveness", "side"))).toBeGreaterThan(10);
});
