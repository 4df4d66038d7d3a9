// P38–P48 on the manual clock: what each runtime makes of an exec probe.

import { expect, test } from "vitest";
import type { PodDefinition } from "./pod-definition.ts";
import { expandVariables } from "./probers/exec.ts";
import { container, Play, type PlaySettings, podOf, probe } from "./test/play.ts";
import type { ExecScript } from "./test/scripted-engine.ts";

const COMMAND = ["sh", "-c", "x"];

/** A pod whose liveness probe, timeout 2 s, does what the script says; the first attempt at 10 s. */
async function attempt(script: ExecScript, settings: PlaySettings = {}, seconds = 200) {
  const action = { kind: "exec" as const, command: COMMAND };
  const asked = probe("liveness", { action, timeoutSeconds: 2, failureThreshold: 99 });
  const pod: PodDefinition = podOf([container([asked])]);
  const play = new Play(pod, {
    ...settings,
    script: { app: { startMs: 1000, exec: () => script } },
  });
  await play.until(seconds);
  return { play, first: play.attemptEntries[0], log: play.sandbox.log };
}

test.each([
  ["$(LITERAL)", "value"],
  ["$(FROM)", ""],
  ["$(NONE)", "$(NONE)"],
  ["$$(LITERAL)", "$(LITERAL)"],
  ["$LITERAL", "$LITERAL"],
  ["a$(LITERAL)b$(LITERAL)", "avaluebvalue"],
  ["$(", "$("],
])("P38: %s becomes %j", (word, expanded) => {
  const env = [
    { name: "LITERAL", value: "value", isLiteral: true },
    { name: "FROM", value: "secret", isLiteral: false },
  ];
  expect(expandVariables(word, env)).toBe(expanded);
});

test.each([
  [0, "success"],
  [1, "failure"],
  [2, "failure"],
  [126, "failure"],
  [127, "failure"],
  [255, "failure"],
])("P40: exit %d is a %s", async (code, result) => {
  expect((await attempt({ code })).first).toMatchObject({ result });
});

test("P41: stdout, then stderr, cut to 10 240 bytes without a mark", async () => {
  const { first } = await attempt({ code: 1, stdout: "o".repeat(9000), stderr: "e".repeat(9000) });
  expect(first?.output).toBe("o".repeat(9000) + "e".repeat(1240));
});

test("P42, P48: a held pipe ends the call when the kubelet gives up, timeout + 120 s after it began", async () => {
  const { first } = await attempt({ code: 0, outputHeldMs: 1_000_000 });
  expect(first).toMatchObject({ result: "failure", isTimeout: true, durationMs: 122_000 });
});

test.each([
  [20, ""],
  [22, ""],
  [23, 'command "sh -c x" timed out'],
  [30, 'command "sh -c x" timed out'],
  [31, 'command timed out: "sh -c x" timed out after 2s'],
  [36, 'command timed out: "sh -c x" timed out after 2s'],
])("P43, P44: a timeout on 1.%d is a failure that says %j", async (version, output) => {
  const { first, play } = await attempt({ takesMs: 60_000 }, { version });
  expect(first).toMatchObject({ result: "failure", isTimeout: true, output });
  expect(play.events()[0]).toBe(`12 Unhealthy: Liveness probe failed: ${output}`);
});

test("P45, P47: CRI-O kills the group and says exit -1, command timed out", async () => {
  const { first, log } = await attempt(
    { takesMs: 60_000, outputHeldMs: 90_000 },
    { runtime: "cri-o" },
  );
  expect(first).toMatchObject({
    result: "failure",
    isTimeout: true,
    output: "command timed out",
    durationMs: 2000,
  });
  expect(log).toContain("killGroup sh -c x@12");
});

test("P47: dockershim stops waiting and kills nothing", async () => {
  const { first, log } = await attempt(
    { takesMs: 60_000, outputHeldMs: 90_000 },
    { runtime: "docker", version: 20 },
    15,
  );
  expect(first).toMatchObject({ result: "failure", durationMs: 2000 });
  expect(log.join()).not.toContain("kill");
});

test("P47, P48: containerd kills the one process and waits for the end of the output", async () => {
  const { first, log } = await attempt({ takesMs: 60_000, outputHeldMs: 30_000 });
  expect(log).toContain("kill sh -c x@12");
  expect(first).toMatchObject({ result: "failure", isTimeout: true, durationMs: 30_000 });
});

test("P48: with a drain timeout a normal exit becomes an error, a timeout stays a failure", async () => {
  const settings = { drainTimeoutMs: 3000 };
  const normal = await attempt({ code: 0, outputHeldMs: 60_000 }, settings);
  expect(normal.first).toMatchObject({ result: "error" });
  const late = await attempt({ takesMs: 60_000, outputHeldMs: 60_000 }, settings);
  expect(late.first).toMatchObject({ result: "failure", isTimeout: true, durationMs: 5000 });
});

test("P48: while the call is blocked nobody sees a failure", async () => {
  const { play } = await attempt({ takesMs: 60_000, outputHeldMs: 30_000 }, {}, 39);
  expect(play.events()).toEqual([]);
});
