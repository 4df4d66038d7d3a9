// E2, E3, E15, E22: when a command is ended, and what knell exec leaves with then.

import { expect, test } from "vitest";
import {
  EXEC,
  pidsOf,
  runExec,
  startExec,
  uniqueSeconds,
  untilGone,
  untilRunning,
  wrapperIn,
} from "./execs.ts";
import { childrenOf, KNELL, startNamespace, until } from "./harness.ts";
import { settle, signal, stateOf } from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

/** By this long after D the wrapper has exited (E2). */
const MARGIN_MS = 25 * SLACK;

const GUARDS = [[[]], [["--no-guard"]]] as const;

const IGNORES_TERM = ["sh", "-c", 'trap "" TERM; while :; do sleep 1; done'];
const SLEEPS = ["sleep", "60"];
const STOPS_ITSELF = ["sh", "-c", "kill -STOP $$"];

test.each([
  [SLEEPS, []],
  [IGNORES_TERM, []],
  [STOPS_ITSELF, []],
  [[program("fork-storm")], []],
  [SLEEPS, ["--no-guard"]],
  [IGNORES_TERM, ["--no-guard"]],
])("E2: %j is ended by the deadline: 124 in time (%j)", async (command, guard) => {
  const result = await runExec([...guard, "--timeout", "400ms", "--", ...command]);
  expect(result.status).toBe(124);
  expect(result.stderr).toMatch(/^knell exec: "[^"]+": not done within 400\.0 ms; ended\n$/);
  expect(result.milliseconds).toBeGreaterThan(300 - 1);
  expect(result.milliseconds).toBeLessThan(400 + MARGIN_MS);
});

test("E2: TERM comes --grace before the deadline, and an end after it still counts as timed out", async () => {
  const script = 'trap "echo told; exit 0" TERM; while :; do sleep 0.01; done';
  const words = ["--timeout", "800ms", "--grace", "200ms", "--", "sh", "-c", script];
  const result = await runExec(words);
  expect(result).toMatchObject({ status: 124, stdout: "told\n" });
  expect(result.milliseconds).toBeGreaterThan(600 - 1);
  expect(result.milliseconds).toBeLessThan(600 + MARGIN_MS);
});

test("E2: the grace is at most a quarter of the deadline", async () => {
  const result = await runExec(["--timeout", "400ms", "--grace", "10s", "--", "sleep", "60"]);
  expect(result.status).toBe(124);
  expect(result.milliseconds).toBeGreaterThan(300 - 1);
});

test("E2: a command that ends in time is left alone by the deadline", async () => {
  expect(await runExec(["--timeout", "2s", "--", "sh", "-c", "sleep 0.2; exit 3"])).toMatchObject({
    status: 3,
    stderr: "",
  });
});

test.each([["1"], ["0"], ["255"]])(
  "E1: --on-timeout %s is the code at the deadline",
  async (code) => {
    const words = ["--timeout", "100ms", "--on-timeout", code, "--", "sleep", "60"];
    expect(await runExec(words)).toMatchObject({ status: Number(code) });
  },
);

test("E3: a wrapper frozen past its deadline acts at once when it is thawed", async () => {
  const seconds = uniqueSeconds();
  const running = startExec(["--timeout", "500ms", "--", "sleep", seconds]);
  const [command = 0] = await untilRunning(`sleep ${seconds}`);
  const guard = childrenOf(running.pid)[0] ?? 0;
  signal(running.pid, "SIGSTOP");
  await until("the outer process to stop", () => stateOf(running.pid) === "T");
  signal(guard, "SIGSTOP");
  await settle(700);
  expect(stateOf(command)).toBe("S");
  const thawedAt = performance.now();
  signal(guard, "SIGCONT");
  signal(running.pid, "SIGCONT");
  expect((await running.finished).status).toBe(124);
  expect(performance.now() - thawedAt).toBeLessThan(MARGIN_MS);
  await untilGone(`sleep ${seconds}`);
});

test("E3: a guard that its own command stops goes on", async () => {
  const words = ["--timeout", "400ms", "--", "sh", "-c", "kill -STOP $PPID; sleep 60"];
  const result = await runExec(words);
  expect(result.status).toBe(124);
  expect(result.milliseconds).toBeLessThan(400 + MARGIN_MS);
});

test.each(
  (["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const).flatMap((name) => [
    { name, guard: [] },
    { name, guard: ["--no-guard"] },
  ]),
)(
  "E15: $name is passed to the command's group, and the exit code says so ($guard)",
  async (row) => {
    const numbers = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1, SIGQUIT: 3 };
    const name = row.name.slice(3);
    const script = `trap 'echo ${name}; exit 0' ${name}; echo ready; while :; do sleep 0.01; done`;
    const running = startExec([...row.guard, "--", "sh", "-c", script]);
    await until("the command", () => running.stdout() === "ready\n");
    signal(running.pid, row.name);
    const { status, stdout } = await running.finished;
    expect({ status, stdout }).toEqual({
      status: 128 + numbers[row.name],
      stdout: `ready\n${name}\n`,
    });
  },
);

test.each(GUARDS)("E15: who ignores TERM is killed after the grace (%j)", async (guard) => {
  const script = 'trap "" TERM; echo ready; while :; do sleep 1; done';
  const running = startExec([...guard, "--grace", "200ms", "--", "sh", "-c", script]);
  await until("the command", () => running.stdout() === "ready\n");
  const toldAt = performance.now();
  signal(running.pid, "SIGTERM");
  expect((await running.finished).status).toBe(143);
  const milliseconds = performance.now() - toldAt;
  expect(milliseconds).toBeGreaterThan(200 - 1);
  expect(milliseconds).toBeLessThan(200 + MARGIN_MS);
});

test("E15: other signals are passed on and end nothing", async () => {
  const script = 'trap "echo one" USR1; echo ready; while :; do sleep 0.01; done';
  const running = startExec(["--timeout", "2s", "--", "sh", "-c", script]);
  await until("the command", () => running.stdout() === "ready\n");
  signal(running.pid, "SIGUSR1");
  await until("the signal", () => running.stdout() === "ready\none\n");
  signal(running.pid, "SIGTERM");
  expect((await running.finished).status).toBe(143);
});

test.each([
  ["300ms", "5s", 124],
  ["5s", "300ms", 124],
])(
  "E22: wrappers %s around %s end together at the first deadline",
  async (outer, inner, status) => {
    const seconds = uniqueSeconds();
    const nested = [
      ...EXEC,
      "--timeout",
      inner,
      "--",
      "sh",
      "-c",
      `setsid -f sleep ${seconds}; cat`,
    ];
    const result = await runExec(["--timeout", outer, "--", ...nested], { keepStdin: true });
    expect(result.status).toBe(status);
    expect(result.milliseconds).toBeLessThan(300 + MARGIN_MS);
    await untilGone(`sleep ${seconds}`);
  },
);

test("E22: a wrapper under knell init ends at its deadline, and init goes on", async () => {
  const seconds = uniqueSeconds();
  const space = await startNamespace([KNELL, "init", "--", "sleep", "60"]);
  const result = await space.exec([...EXEC, "--timeout", "300ms", "--", "sleep", seconds]);
  expect(result.status).toBe(124);
  await until("init and its child alone", () => space.processes().length === 2);
  await space.stop();
});

test("E22: a wrapper as init's main child passes TERM on and leaves with it", async () => {
  const space = await startNamespace([KNELL, "init", "--", ...EXEC, "--", "sleep", "60"]);
  await until("the command", () => space.processes().some((entry) => entry.name === "sleep"));
  signal(space.init, "SIGTERM");
  expect((await space.finished).status).toBe(143);
});

test("E17: none of it is left under knell init when the outer process is killed", async () => {
  const space = await startNamespace([KNELL, "init", "--", program("idle")]);
  const seconds = uniqueSeconds();
  const running = space.startExec([...EXEC, "--", "sh", "-c", `setsid -f sleep ${seconds}; cat`], {
    keepStdin: true,
  });
  await untilRunning(`sleep ${seconds}`);
  signal((await wrapperIn(space)).pid, "SIGKILL");
  await running.finished;
  await until("init and its child alone", () => space.processes().length === 2, 100 * SLACK);
  expect(pidsOf(`sleep ${seconds}`)).toEqual([]);
  await space.stop();
});
