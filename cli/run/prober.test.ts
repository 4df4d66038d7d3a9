import { expect, test } from "vitest";
import { EventWording } from "./events.ts";
import { KubeVersion } from "./kube-version.ts";
import { type Outcome, runPass } from "./prober.ts";
import { resolvePort } from "./probers/ports.ts";
import { container, Play, podOf, probe } from "./test/play.ts";

const WORDING = new EventWording(new KubeVersion(36));

/** A pass whose tries give these outcomes, one after the other. */
async function pass(...outcomes: Outcome[]) {
  const messages: string[] = [];
  let tries = 0;
  const result = await runPass(
    "liveness",
    async () => outcomes[tries++] ?? { result: "success", output: "" },
    WORDING,
    ({ reason, message }) => messages.push(`${reason}: ${message}`),
  );
  return { ...result, messages };
}

const ERROR: Outcome = { result: "error", output: "no" };

test("P33: each attempt has the probe's own timeout", async () => {
  const hangs = (seconds: number) =>
    probe(seconds === 2 ? "liveness" : "readiness", { timeoutSeconds: seconds });
  const play = new Play(podOf([container([hangs(2), hangs(5)])]), {
    version: 20,
    script: { app: { exec: () => ({}) } },
  });
  await play.until(19);
  const took = play.attemptEntries.map((entry) => [entry.probe, entry.durationMs]);
  expect(Object.fromEntries(took)).toEqual({ liveness: 2000, readiness: 5000 });
});

test.each([
  ["one error, then success", [ERROR], 2, []],
  ["two errors, then success", [ERROR, ERROR], 3, []],
  [
    "three errors",
    [ERROR, ERROR, ERROR],
    3,
    ["Unhealthy: Liveness probe errored and resulted in unknown state: no"],
  ],
  [
    "a failure is not tried again",
    [{ result: "failure", output: "bad" } as const],
    1,
    ["Unhealthy: Liveness probe failed: bad"],
  ],
  [
    "an error, then a failure",
    [ERROR, { result: "failure", output: "bad" } as const],
    2,
    ["Unhealthy: Liveness probe failed: bad"],
  ],
])("P34, P35: %s", async (_, outcomes, tries, messages) => {
  expect(await pass(...outcomes)).toMatchObject({ tries, messages });
});

test("P35: success is silent, a failure below the threshold is not", async () => {
  const play = new Play(podOf([container([probe("liveness")])]), {
    answer: (_, __, now) => (now === 20 ? "failure" : "success"),
  });
  await play.until(31);
  expect(play.events()).toEqual(["20 Unhealthy: Liveness probe failed: "]);
});

test("P36, P46: exec refused is an error, with one event per pass and no kill", async () => {
  const play = new Play(podOf([container([probe("liveness", { failureThreshold: 1 })])]), {
    script: { app: { exec: () => ({ refused: "executable file not found in $PATH" }) } },
  });
  await play.until(31);
  expect(play.events()).toEqual(
    [10, 20, 30].map(
      (at) =>
        `${at} Unhealthy: Liveness probe errored and resulted in unknown state: executable file not found in $PATH`,
    ),
  );
  expect(play.attemptEntries.map(({ tries }) => tries)).toEqual([3, 3, 3]);
});

test.each([
  { runtime: "docker" as const, kills: 1 },
  { runtime: "containerd" as const, kills: 0 },
  { runtime: "cri-o" as const, kills: 0 },
])("P46: a missing program with $runtime: $kills kills", async ({ runtime, kills }) => {
  const play = new Play(podOf([container([probe("liveness", { failureThreshold: 1 })])]), {
    runtime,
    script: { app: { startMs: 1, exec: () => ({ refused: "not found" }) } },
  });
  await play.until(15);
  expect(play.events("Killing")).toHaveLength(kills);
});

test.each([
  ["http", 36, 8080],
  [9090, 36, 9090],
  ["nope", 36, { error: 'strconv.Atoi: parsing "nope": invalid syntax' }],
  ["nope", 37, { error: 'port "nope" not found' }],
])("P37: the port %j on 1.%d", (port, version, resolved) => {
  const named = container([], { ports: [{ name: "http", containerPort: 8080 }] });
  expect(resolvePort(port, named, new KubeVersion(version))).toEqual(resolved);
});

test("T6: an unknown port name: an event per tick for ever, three tries each, no kill", async () => {
  const app = container([probe("liveness", { failureThreshold: 1 })]);
  const output = resolvePort("nope", app, new KubeVersion(36)) as { error: string };
  const play = new Play(podOf([app]), {
    script: { app: { startMs: 1000 } },
    answer: () => ({ result: "error", output: output.error }),
  });
  await play.until(55);
  expect(play.events("Unhealthy").map((event) => event.split(" ")[0])).toEqual([
    "10",
    "20",
    "30",
    "40",
    "50",
  ]);
  expect(play.attemptEntries.every(({ tries }) => tries === 3)).toBe(true);
  expect(play.events("Killing")).toEqual([]);
});
