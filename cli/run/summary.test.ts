import { expect, test } from "vitest";
import { SummaryCounter } from "./summary.ts";
import type { AttemptEntry, AttemptResult } from "./timeline.ts";

function attempt(dueAtMs: number, durationMs: number, result: AttemptResult): AttemptEntry {
  return {
    kind: "attempt",
    atMs: dueAtMs + durationMs,
    container: "app",
    probe: "liveness",
    containerId: "app-0",
    startedAtMs: dueAtMs,
    dueAtMs,
    durationMs,
    result,
    isTimeout: false,
    tries: 1,
    output: "",
    run: 1,
    threshold: 3,
    isStored: false,
  };
}

test("knell run: blind is the time from when an attempt was due until there is a verdict, errors being none", () => {
  const counter = new SummaryCounter();
  counter.take(attempt(0, 100, "success"));
  counter.take(attempt(1000, 50, "error"));
  counter.take(attempt(2000, 50, "error"));
  counter.take(attempt(3000, 200, "failure"));
  expect(counter.summary().probes[0]).toMatchObject({
    runs: 4,
    failures: 1,
    errors: 2,
    longestBlindMs: 2200,
  });
});

test("knell run: an attempt that never ends counts as blind, too", () => {
  const counter = new SummaryCounter();
  counter.take(attempt(0, 100, "success"));
  counter.pending("app", "liveness", 1000, 16_000);
  expect(counter.summary().probes[0]?.longestBlindMs).toBe(15_000);
});

test("knell run: detection counts from the first fault to the first failure after it", () => {
  const counter = new SummaryCounter();
  counter.take(attempt(0, 100, "failure"));
  counter.take({ kind: "fault", atMs: 5000, fault: "freeze", message: "" });
  counter.take(attempt(5500, 100, "success"));
  counter.take(attempt(6500, 1000, "failure"));
  counter.take(attempt(7500, 1000, "failure"));
  expect(counter.summary().probes[0]?.detectedAfterMs).toBe(2500);
});

test("knell run: restarts are starts after the first; zombies are those of the last count", () => {
  const counter = new SummaryCounter();
  for (const restartCount of [0, 1, 2]) {
    counter.take({
      kind: "container",
      atMs: 0,
      container: "app",
      containerId: "",
      state: "running",
      restartCount,
    });
  }
  for (const zombies of [0, 7, 3]) {
    counter.take({
      kind: "sample",
      atMs: 0,
      container: "app",
      zombies,
      processes: 1,
      probeCpuMs: {},
    });
  }
  expect(counter.summary()).toMatchObject({ restarts: 2, zombies: 3, mostZombies: 7 });
});
