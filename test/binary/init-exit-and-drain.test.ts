// I43–I49: the way out.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { childrenOf, type Namespace, type Running, run, startNamespace, until } from "./harness.ts";
import { compare, INITS, type Init, isKnellRun, knellTest } from "./inits.ts";
import {
  type LaunchOptions,
  launch,
  launchAsPid1,
  launchRecorder,
  runAsPid1,
  runUnder,
  settle,
  signal,
  stateOf,
} from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const KNELL = INITS.knell;
const folder = mkdtempSync(join(tmpdir(), "init-exit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const CODES = range(0, 255);

/** The init's exit code for each of `codes`; `options` of a code may hold CODE for the code. */
async function exitCodes(init: Init, options: string, codes: readonly number[]): Promise<number[]> {
  const command = [...init.command].join(" ");
  const script = `for CODE in ${codes.join(" ")}; do ${command} ${options} -- sh -c "exit $CODE" 2>/dev/null; echo $?; done`;
  const { stdout } = await run("bash", ["-c", script]);
  return stdout.trim().split("\n").map(Number);
}

compare(
  "I43: code n becomes n, 0 to 255",
  { knell: CODES, tini: CODES, "dumb-init": CODES, catatonit: CODES },
  (init) => exitCodes(init, "", CODES),
);

const DEADLY = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 29, 30, 31, 34, 40, 64];
for (const core of ["0", "1000000"]) {
  compare(
    `I43: signal n becomes 128 + n, real-time too, with a core size of ${core}`,
    { knell: DEADLY.map((number) => 128 + number), tini: DEADLY.map((number) => 128 + number) },
    async (init) => {
      const before = [program("preset"), "-c", core, "--"];
      const codes: (number | null)[] = [];
      for (const number of DEADLY) {
        const words = [program("sendsignals"), "0", String(number)];
        // 0 is the sender's own group: it has one of its own under an init.
        codes.push((await runUnder(init, words, { before, cwd: folder })).status);
      }
      return codes;
    },
  );
}

compare("I44: -e N makes 0 of N, each of 256", { knell: [0], tini: [0] }, async (init) => [
  ...new Set(await exitCodes(init, "-e $CODE", CODES)),
]);

compare(
  "I44: -e for all other codes leaves N, each of 256",
  { knell: CODES, tini: CODES },
  (init) =>
    exitCodes(init, '$(for o in $(seq 0 255); do [ $o = $CODE ] || echo "-e $o"; done)', CODES),
);

compare("I44: -e comes after 128 + n", { knell: [0, 137], tini: [0, 137] }, async (init) => {
  const end = async (name: string) =>
    (await runUnder(init, ["sh", "-c", `kill -${name} $$`], { options: ["-e", "143"] })).status;
  return [await end("TERM"), await end("KILL")];
});

for (const value of ["256", "-1", "5x", "0x5", ""]) {
  compare(
    `I44: -e ${JSON.stringify(value)} is refused`,
    { knell: 1, tini: value === "" ? 0 : 1 },
    async (init) => (await runUnder(init, ["true"], { options: ["-e", value] })).status,
  );
}

test.runIf(isKnellRun).each([
  ["7:9", 7, 9],
  ["0:1", 0, 1],
  ["143:0", 143, 0],
  ["255:255", 255, 255],
])("I44: -e %s makes %i into %i", async (option, from, to) => {
  const { status } = await runUnder(KNELL, ["sh", "-c", `exit ${from}`], {
    options: ["-e", option],
  });
  expect(status).toBe(to);
});

test.runIf(isKnellRun).each(["7:", ":7", "7:256", "7:x", "7:8:9"])(
  "I44: -e %s is refused",
  async (option) => {
    const { status, stdout } = await runUnder(KNELL, ["echo", "ran"], { options: ["-e", option] });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  },
);

/** The exit code of the init itself, whoever still holds its output. */
function exitOf(running: Running): Promise<number | null> {
  return new Promise((resolve) => running.process.once("exit", resolve));
}

compare(
  "I45: the init ends at most 10 ms after its main child",
  { knell: true, tini: true },
  async (init) => {
    const times: number[] = [];
    for (let time = 0; time < 10; time++) {
      const running = launch(init, ["sleep", "60"]);
      const main = await until("the main child", () => childrenOf(running.pid)[0]);
      const end = exitOf(running);
      const at = performance.now();
      signal(main, "SIGKILL");
      expect(await end).toBe(137);
      times.push(performance.now() - at);
    }
    times.sort((left, right) => left - right);
    return (times[5] ?? Number.NaN) < 10 * SLACK;
  },
);

compare(
  "I45: when PID 1 leaves, the kernel ends all others",
  { knell: 3, tini: 3 },
  async (init) => {
    // Its pipes close only when nobody is left to hold them.
    return (await runAsPid1(init, ["sh", "-c", "setsid sleep 60 & sleep 0.1; exit 3"])).status;
  },
);

compare("I45: elsewhere the others live on", { knell: [3, "S"], tini: [3, "S"] }, async (init) => {
  const running = launch(init, ["sh", "-c", "sleep 60 & echo $!; exit 3"]);
  const status = await exitOf(running);
  await settle(50);
  return [status, stateOf(Number(running.stdout()))];
});

compare(
  "I45: SIGKILL to the init leaves the tree alone",
  { knell: "S", tini: "S" },
  async (init) => {
    const recorder = await launchRecorder(init);
    signal(recorder.init, "SIGKILL");
    await until("the end", () => stateOf(recorder.init) === undefined);
    await settle(50);
    return stateOf(recorder.child);
  },
);

compare("I45: SIGKILL to PID 1 ends the namespace", { knell: true, tini: true }, async (init) => {
  const space = await launchAsPid1(init, ["sleep", "60"]);
  const main = await until("the main child", () => childrenOf(space.init)[0]);
  signal(space.init, "SIGKILL");
  await space.finished;
  return stateOf(main) === undefined;
});

/** bash, because dash loses a signal that arrives while it is in vfork (its `onsig` returns early there). */
const DAEMON = "exec setsid bash -c";
/** Cleans up for 300 ms when told to end. */
const CLEANS_UP = `trap 'echo told; sleep 0.3; echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.02; done`;
const STUBBORN = `trap 'echo told' TERM; echo up; while :; do sleep 0.02; done`;

interface Drained {
  readonly status: number | null;
  readonly text: string;
  /** From the main child's end to the init's. */
  readonly milliseconds: number;
}

/** A main child that ends with 4 on the test's word, and a daemon beside it in a session of its own. */
async function drain(
  daemon: string,
  launchOptions: LaunchOptions,
  asPid1: boolean,
  prepare?: (running: Running | Namespace) => Promise<void>,
): Promise<Drained> {
  const script = `(${DAEMON} "$0" &) ; read x; exit 4`;
  const words = ["bash", "-c", script, daemon];
  const options = { ...launchOptions, keepStdin: true };
  const running = asPid1
    ? await launchAsPid1(KNELL, words, options)
    : launch(KNELL, words, options);
  await until("the daemon", () => running.stdout().includes("up"));
  await prepare?.(running);
  const end = exitOf(running);
  const at = performance.now();
  running.process.stdin?.end("\n");
  const status = await end;
  return { status, text: running.stdout(), milliseconds: performance.now() - at };
}

for (const asPid1 of [false, true]) {
  const where = asPid1 ? "as PID 1" : "as subreaper";

  knellTest(
    `I46: --drain ${where}: a daemon that cleans up for 300 ms gets them, and no more is waited for`,
    async () => {
      const drained = await drain(CLEANS_UP, { options: ["--drain=10s"] }, asPid1);
      expect(drained).toMatchObject({ status: 4, text: "up\ntold\ncleaned\n" });
      expect(drained.milliseconds).toBeGreaterThan(290);
      expect(drained.milliseconds).toBeLessThan(400 * SLACK);
    },
  );

  knellTest(
    `I46: --drain ${where}: at the deadline who is left is killed; the code is the main child's`,
    async () => {
      const drained = await drain(STUBBORN, { options: ["--drain=300ms"] }, asPid1);
      expect(drained).toMatchObject({ status: 4, text: "up\ntold\n" });
      expect(drained.milliseconds).toBeGreaterThan(290);
      expect(drained.milliseconds).toBeLessThan(300 + 1000 * SLACK);
    },
  );

  knellTest(`I46: --drain ${where}: a stopped process is continued to hear its TERM`, async () => {
    const drained = await drain(
      `trap 'echo told; exit' TERM; echo up; kill -STOP $$; while :; do sleep 0.02; done`,
      { options: ["--drain=10s"] },
      asPid1,
    );
    expect(drained).toMatchObject({ status: 4, text: "up\ntold\n" });
    expect(drained.milliseconds).toBeLessThan(5_000);
  });

  knellTest(`I46: --drain ${where}: with nobody left knell leaves at once`, async () => {
    const run = asPid1 ? runAsPid1 : runUnder;
    const words = ["sh", "-c", "sleep 0.1; exit 6"];
    const { status, milliseconds } = await run(KNELL, words, { options: ["--drain"] });
    expect(status).toBe(6);
    expect(milliseconds).toBeLessThan(400 * SLACK);
  });
}

knellTest(
  "I47: outside PID 1 only descendants are told: a process beside knell is not touched",
  async () => {
    const bystander = await launchRecorder(KNELL);
    const trace = join(folder, "drain-trace");
    const before = ["strace", "-o", trace, "-e", "trace=kill,tkill,tgkill,pidfd_send_signal"];
    const drained = await drain(CLEANS_UP, { options: ["--drain=10s"], before }, false);
    expect(drained.text).toContain("cleaned");
    expect(bystander.numbers()).toEqual([]);
    expect(readFileSync(trace, "utf8")).not.toMatch(/kill\(-1,/);
  },
);

knellTest("I46, I47: descendants are found among 9000 other processes", async () => {
  // A PID 1 that never waits: its zombies stay, and stand before knell's own in /proc.
  const crowd = await startNamespace(["sleep", "60"]);
  const isBehindTheCrowd = async () => {
    const next = Number((await run("sh", ["-c", "echo $$"])).stdout);
    return readdirSync("/proc").filter((name) => Number(name) < next).length > 9_000;
  };
  // Once more if the pids began again at the lowest meanwhile.
  for (let time = 0; time < 2 && !(await isBehindTheCrowd()); time++) {
    const burst = crowd.startExec([program("orphans"), "burst", "9000"]);
    await until("the crowd", () => burst.stdout() === "made\n");
  }
  expect(await isBehindTheCrowd()).toBe(true);
  const words = [program("orphans"), "leave", "3", "60000"];
  const running = launch(KNELL, words, { options: ["--drain=10s"] });
  // Its output ends when the last of them has.
  const { status, milliseconds } = await running.finished.finally(crowd.stop);
  expect(status).toBe(3);
  expect(milliseconds).toBeLessThan(5_000);
});

knellTest("I47: PID 1 tells everybody, whom it did not start itself too", async () => {
  let entered: Running | undefined;
  await drain(CLEANS_UP, { options: ["--drain=10s"] }, true, async (space) => {
    const script = "trap 'echo told; exit' TERM; echo up; while :; do sleep 0.02; done";
    entered = (space as Namespace).startExec(["bash", "-c", script]);
    await until("the entered process", () => entered?.stdout().includes("up"));
  });
  expect((await entered?.finished)?.stdout).toBe("up\ntold\n");
});

/** Main needs 200 ms to end after TERM, with 5; the daemon `daemon` is beside it. */
async function stopped(daemon: string, options: string[]): Promise<Running> {
  // The trap comes first: when the daemon is up, main is too.
  const main = `trap 'echo main told; sleep 0.2; echo main ends; exit 5' TERM; (${DAEMON} "$0" &); while :; do sleep 0.02; done`;
  const running = launch(KNELL, ["bash", "-c", main, daemon], { options });
  await until("the daemon", () => running.stdout().includes("up"));
  return running;
}

knellTest("I48: TERM goes to the main child; the rest is told when that has ended", async () => {
  const running = await stopped(CLEANS_UP, ["--drain=10s"]);
  signal(running.pid, "SIGTERM");
  const { status, stdout } = await running.finished;
  expect(status).toBe(5);
  expect(stdout).toBe("up\nmain told\nmain ends\ntold\ncleaned\n");
});

test.runIf(isKnellRun).each(["SIGTERM", "SIGINT", "SIGQUIT"] as const)(
  "I48: %s during the drain skips to KILL",
  async (name) => {
    const running = await stopped(STUBBORN, ["--drain=60s"]);
    const end = exitOf(running);
    signal(running.pid, "SIGTERM");
    await until("the drain", () => running.stdout().includes("\ntold"));
    const at = performance.now();
    signal(running.pid, name);
    expect(await end).toBe(5);
    expect(performance.now() - at).toBeLessThan(1000 * SLACK);
  },
);

knellTest("I48: HUP and USR1 during the drain do not shorten it", async () => {
  const running = await stopped(CLEANS_UP, ["--drain=60s"]);
  signal(running.pid, "SIGTERM");
  await until("the drain", () => running.stdout().includes("\ntold"));
  signal(running.pid, "SIGHUP");
  signal(running.pid, "SIGUSR1");
  expect((await running.finished).stdout).toContain("cleaned");
});

test.runIf(isKnellRun).each(["SIGTERM", "SIGINT", "SIGQUIT"] as const)(
  "I49: --stop-timeout after %s kills the main child's tree: 137",
  async (name) => {
    const script = `(setsid ${program("recorder")} &); exec ${program("recorder")}`;
    const running = launch(KNELL, ["bash", "-c", script], { options: ["--stop-timeout", "200ms"] });
    await until("both recorders", () => running.stdout().match(/ready/g)?.length === 2);
    const at = performance.now();
    signal(running.pid, name);
    // Its output ends only when the other recorder is dead as well.
    expect((await running.finished).status).toBe(137);
    expect(performance.now() - at).toBeGreaterThan(190);
    expect(performance.now() - at).toBeLessThan(200 + 100 * SLACK);
  },
);

knellTest("I49: --stop-timeout: a main child that ends in time has its own code", async () => {
  const recorder = await launchRecorder(KNELL, { options: ["--stop-timeout=5s"], exits: ["15=6"] });
  signal(recorder.init, "SIGTERM");
  const { status, milliseconds } = await recorder.finished;
  expect(status).toBe(6);
  expect(milliseconds).toBeLessThan(5_000);
});

knellTest("I49: --stop-timeout counts what is forwarded, after rewriting", async () => {
  const rewritten = await launchRecorder(KNELL, {
    options: ["--stop-timeout=100ms", "--rewrite", "HUP:TERM"],
  });
  signal(rewritten.init, "SIGHUP");
  expect((await rewritten.finished).status).toBe(137);
  const other = await launchRecorder(KNELL, {
    options: ["--stop-timeout=100ms", "--rewrite", "TERM:USR1"],
  });
  signal(other.init, "SIGTERM");
  await settle(400);
  expect(stateOf(other.init)).toBe("S");
  expect(other.numbers()).toEqual([10]);
});

knellTest("I49: --stop-timeout: a second TERM does not put the kill off", async () => {
  const recorder = await launchRecorder(KNELL, { options: ["--stop-timeout=300ms"] });
  const at = performance.now();
  const again = setInterval(() => signal(recorder.init, "SIGTERM"), 100);
  const { status } = await recorder.finished.finally(() => clearInterval(again));
  expect(status).toBe(137);
  expect(performance.now() - at).toBeLessThan((300 + 200) * SLACK);
});

knellTest(
  "I49: --wait-all: the main child's end is not knell's, the last one's is; the code is the main child's",
  async () => {
    const script = "(setsid sh -c 'sleep 0.3; echo last' &); exit 7";
    const { status, stdout, milliseconds } = await runUnder(KNELL, ["bash", "-c", script], {
      options: ["--wait-all"],
    });
    expect({ status, stdout }).toEqual({ status: 7, stdout: "last\n" });
    expect(milliseconds).toBeGreaterThan(290);
  },
);

knellTest("I49: --wait-all: signals go to all descendants", async () => {
  const script = `(setsid ${program("recorder")} 15=0 &); (${program("recorder")} 15=0 &); sleep 0.1; exit 7`;
  const running = launch(KNELL, ["bash", "-c", script], { options: ["--wait-all"] });
  await until("both recorders", () => running.stdout().match(/ready/g)?.length === 2);
  await until("the main child's end", () => childrenOf(running.pid).length === 2);
  signal(running.pid, "SIGTERM");
  const { status, stdout } = await running.finished;
  expect(status).toBe(7);
  expect(stdout.match(/^15 /gm)).toHaveLength(2);
});
