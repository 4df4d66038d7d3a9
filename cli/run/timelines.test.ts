// The worked traces T1–T7 (docs/specs/kubelet-probes.md §12), to the second.

import { expect, test } from "vitest";
import { container, Play, podOf, probe } from "./test/play.ts";

const RUNS_AT_1 = { startMs: 1000 };

test("T1: a liveness probe that always fails, a PID 1 that ignores TERM: the full grace, exit 137, next attempt at 70", async () => {
  const pod = podOf([container([probe("liveness")])]);
  const play = new Play(pod, {
    script: { app: { ...RUNS_AT_1, ignoresTerm: true } },
    answer: () => "failure",
  });
  await play.until(75);
  expect(play.attempts("liveness")).toEqual([10, 20, 30, 70]);
  expect(play.events().slice(0, 4)).toEqual([
    "10 Unhealthy: Liveness probe failed: ",
    "20 Unhealthy: Liveness probe failed: ",
    "30 Unhealthy: Liveness probe failed: ",
    "30 Killing: Container app failed liveness probe, will be restarted",
  ]);
  expect(play.ends()).toEqual(["60 exit 137"]);
  expect(play.starts()).toEqual([1, 61]);
});

test.each([
  { version: 36, firstReadiness: 15 },
  { version: 21, firstReadiness: 15 },
  { version: 20, firstReadiness: 20 },
])(
  "T2: the startup probe holds the others off until it passes, on 1.$version",
  async ({ version, firstReadiness }) => {
    const probes = [
      probe("startup", { periodSeconds: 5, failureThreshold: 6 }),
      probe("liveness"),
      probe("readiness"),
    ];
    const play = new Play(podOf([container(probes)]), {
      version,
      script: { app: RUNS_AT_1 },
      answer: (_, __, now) => (now >= 13 ? "success" : "failure"),
    });
    await play.until(29);
    expect(play.attempts("startup")).toEqual([5, 10, 15]);
    expect(play.attempts("liveness")).toEqual([20]);
    expect(play.attempts("readiness")[0]).toBe(firstReadiness);
  },
);

test("T3: delay 7, period 5: the tick at 5 is skipped, the first attempt is at 10", async () => {
  const probes = [probe("liveness", { initialDelaySeconds: 7, periodSeconds: 5 })];
  const play = new Play(podOf([container(probes)]), {
    script: { app: RUNS_AT_1 },
    answer: () => "success",
  });
  await play.until(11);
  expect(play.attempts("liveness")).toEqual([10]);
});

test("T4, P27: two failures, a crash, one more failure: killed, because the counter survives the crash", async () => {
  const play = new Play(podOf([container([probe("liveness")])]), {
    script: { app: { ...RUNS_AT_1, lifeMs: (start) => (start === 0 ? 20_000 : undefined) } },
    answer: () => "failure",
  });
  await play.until(31);
  expect(play.ends()[0]).toBe("21 exit 1");
  expect(play.starts()[1]).toBe(22);
  expect(play.attempts("liveness")).toEqual([10, 20, 30]);
  expect(play.events("Killing")).toEqual([
    "30 Killing: Container app failed liveness probe, will be restarted",
  ]);
});

test("T5, P85: an app that exits 1 s after each start", async () => {
  const play = new Play(podOf([container()]), { script: { app: { lifeMs: () => 1000 } } });
  await play.until(700);
  expect(play.starts()).toEqual([0, 1, 12, 33, 74, 155, 316, 617]);
});

test("T7, P47: a plain sleep is killed at its timeout, and that is the failure", async () => {
  const sleeps = probe("liveness", {
    failureThreshold: 1,
    action: { kind: "exec", command: ["sleep", "5"] },
  });
  const play = new Play(podOf([container([sleeps])]), {
    script: { app: { ...RUNS_AT_1, exec: () => ({ takesMs: 5000, code: 0 }) } },
  });
  await play.until(12);
  expect(play.sandbox.log).toContain("kill sleep 5@11");
  expect(play.events("Unhealthy")).toEqual([
    '11 Unhealthy: Liveness probe failed: command timed out: "sleep 5" timed out after 1s',
  ]);
});

test("T7, P48: a shell dies at its timeout, but the call returns only when sleep lets go of stdout", async () => {
  const command = ["sh", "-c", "sleep 5; true"];
  const sleeps = probe("liveness", { failureThreshold: 1, action: { kind: "exec", command } });
  const play = new Play(podOf([container([sleeps])]), {
    script: { app: { ...RUNS_AT_1, exec: () => ({ takesMs: 5000, code: 0, outputHeldMs: 5000 }) } },
  });
  await play.until(16);
  expect(play.sandbox.log).toContain("kill sh -c sleep 5; true@11");
  expect(play.attemptEntries[0]).toMatchObject({
    atMs: 15_000,
    result: "failure",
    isTimeout: true,
  });
});
