// §7 of docs/specs/kubelet-probes.md: wording per release.

import { expect, test } from "vitest";
import { EventWording, goDuration } from "./events.ts";
import { KubeVersion } from "./kube-version.ts";
import { container, Play, podOf, probe } from "./test/play.ts";

const wording = (minor: number) => new EventWording(new KubeVersion(minor));
const POD = podOf([container()]);

test.each([
  [31, "Created container app", "Started container app"],
  [32, "Created container: app", "Started container app"],
  [34, "Created container: app", "Started container app"],
  [35, "Container created", "Container started"],
])("P65: Created and Started on 1.%d", (minor, created, started) => {
  expect(wording(minor).created("app").message).toBe(created);
  expect(wording(minor).started("app").message).toBe(started);
});

test.each([
  [25, "Back-off restarting failed container"],
  [26, "Back-off restarting failed container app in pod pod_default(u1)"],
])("P65: BackOff on 1.%d", (minor, message) => {
  expect(wording(minor).backOff("app", POD)).toEqual({
    type: "Warning",
    reason: "BackOff",
    message,
  });
});

test.each([
  [32, "Liveness probe errored: x"],
  [33, "Liveness probe errored and resulted in unknown state: x"],
])("P65: an error on 1.%d", (minor, message) => {
  expect(wording(minor).probeErrored("liveness", "x", "unknown").message).toBe(message);
});

test("P65: events carry the container's field path", async () => {
  const pod = podOf([container([], { name: "side", role: "sidecar" }), container()]);
  const play = await new Play(pod).until(1);
  expect(new Set(play.eventEntries.map(({ fieldPath }) => fieldPath))).toEqual(
    new Set(["spec.initContainers{side}", "spec.containers{app}"]),
  );
});

test("P66: the stream is not merged: each of 40 failures is an event", async () => {
  const asked = probe("readiness", { periodSeconds: 1 });
  const play = new Play(podOf([container([asked])]), { version: 20, answer: () => "failure" });
  await play.until(40);
  expect(play.events("Unhealthy")).toHaveLength(40);
});

test("P67: a container in back-off says so, with a Go duration", async () => {
  const play = new Play(podOf([container()]), { script: { app: { lifeMs: () => 1000 } } });
  await play.until(80);
  const waiting = play.entries.flatMap((entry) =>
    entry.kind === "container" && entry.state === "waiting"
      ? [`${entry.reason}: ${entry.message}`]
      : [],
  );
  expect(waiting).toEqual(
    ["10s", "20s", "40s", "1m20s"].map(
      (delay) =>
        `CrashLoopBackOff: back-off ${delay} restarting failed container=app pod=pod_default(u1)`,
    ),
  );
});

test.each([
  [10_000, "10s"],
  [80_000, "1m20s"],
  [300_000, "5m0s"],
  [3_600_000, "1h0m0s"],
])("P67: %d ms is %s", (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
