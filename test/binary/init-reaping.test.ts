// I33–I42: children that are not the main one.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import {
  childrenOf,
  freeze,
  type Namespace,
  type Running,
  startNamespace,
  until,
} from "./harness.ts";
import { compare, INITS, type Init, knellTest } from "./inits.ts";
import {
  launch,
  launchAsPid1,
  launchRecorderAsPid1,
  nameOf,
  runUnder,
  settle,
  signal,
  stateOf,
  statusOf,
} from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const KNELL = INITS.knell;
const folder = mkdtempSync(join(tmpdir(), "init-reaping-"));
afterAll(() => rmSync(folder, { recursive: true }));

const zombieChildren = (pid: number) => childrenOf(pid).filter((child) => stateOf(child) === "Z");

/** Waits until the only child is the main one, dead or alive: nobody else is left, not even a zombie. */
function untilAlone(init: number, deadlineMs = 5_000): Promise<unknown> {
  return until("all orphans to be reaped", () => childrenOf(init).length === 1, deadlineMs);
}

compare(
  "I33: PID 1 reaps 100 orphans while the main child runs",
  { knell: 0, tini: 0, "dumb-init": 0, catatonit: 0 },
  async (init) => {
    const space = await launchAsPid1(init, [program("orphans"), "100", "1000"]);
    await until("the orphans", () => space.stdout() === "made\n");
    expect(childrenOf(space.init).length).toBeGreaterThan(1);
    await untilAlone(space.init);
    return space.zombies().length;
  },
);

compare(
  "I33: a subreaper reaps 100 orphans while the main child runs",
  { knell: 0, tini: 0 },
  async (init) => {
    const running = launch(init, [program("orphans"), "100", "1000"], {
      options: [...init.subreaper],
    });
    await until("the orphans", () => running.stdout() === "made\n");
    expect(childrenOf(running.pid).length).toBe(101);
    await untilAlone(running.pid);
    return zombieChildren(running.pid).length;
  },
);

/** An init stopped while its main child and all orphans die, then continued: all is there for it at once. */
async function dieTogether(
  init: Init,
  space: Namespace,
): Promise<{ status: number | null; zombies: number }> {
  const script = `read x; exec ${program("orphans")} leave 50 0`;
  const words = [...init.command, ...init.subreaper, "--", "sh", "-c", script];
  const running = space.startExec(words, { keepStdin: true });
  const pid = await until("the init", () => childrenOf(running.pid)[0]);
  const main = await until("the main child", () => childrenOf(pid)[0]);
  await freeze(pid);
  running.process.stdin?.write("\n");
  await until("the end of all", () => stateOf(main) === "Z" && zombieChildren(pid).length === 51);
  signal(pid, "SIGCONT");
  // nsenter stops with its child (nsenter.c), so that a shell can see it.
  signal(running.pid, "SIGCONT");
  const { status } = await running.finished;
  return { status, zombies: space.zombies().length };
}

compare(
  "I33: at exit every child that is dead already is reaped, none is handed on",
  { knell: { status: 3, zombies: 0 }, tini: { status: 3, zombies: 0 } },
  async (init) => dieTogether(init, await startNamespace(["sleep", "60"])),
);

compare(
  "I34: the main child's code is found when orphans die in the same instant, 100 times",
  { knell: [3], tini: [3] },
  async (init) => {
    const codes = new Set<number | null>();
    for (let time = 0; time < 100; time++) {
      const words = [program("orphans"), "leave", "5", "0"];
      codes.add((await runUnder(init, words, { options: [...init.subreaper] })).status);
    }
    return [...codes];
  },
);

knellTest("I34: one SIGCHLD for many: all are taken at one wake-up", async () => {
  const space = await startNamespace(["sleep", "60"]);
  expect(await dieTogether(KNELL, space)).toEqual({ status: 3, zombies: 0 });
});

knellTest(
  "I35: 10 000 orphans that exit at once: no zombie 2 s later, no memory, no output",
  async () => {
    const script = `echo ready; read x; exec ${program("orphans")} burst 10000`;
    const space = await launchAsPid1(KNELL, ["sh", "-c", script], { keepStdin: true });
    await until("the main child", () => space.stdout() === "ready\n");
    // What is touched for the first orphan is touched; from there on the number must not matter.
    await space.exec([program("orphans"), "leave", "10", "0"]);
    await untilAlone(space.init);
    const before = statusOf(space.init).VmRSS;
    space.process.stdin?.write("\n");
    await until("the orphans", () => space.stdout().includes("made"), 10_000);
    await untilAlone(space.init, 2_000 * SLACK);
    expect(space.zombies()).toEqual([]);
    expect(statusOf(space.init).VmRSS).toBe(before);
    expect(space.stderr()).toBe("");
  },
);

knellTest("I36, I32: an endless chain of orphans delays a signal by at most 50 ms", async () => {
  const recorder = await launchRecorderAsPid1(KNELL);
  const chain = recorder.startExec([program("orphans"), "chain", "2"]);
  await until("the chain", () => chain.stdout() === "made\n");
  const times: number[] = [];
  for (let index = 0; index < 20; index++) {
    const sentAt = Number(process.hrtime.bigint()) / 1e6;
    signal(recorder.init, 10);
    await recorder.received(index + 1);
    times.push((recorder.signals()[index]?.milliseconds ?? Number.NaN) - sentAt);
  }
  expect(Math.max(...times)).toBeLessThan(50 * SLACK);
  await recorder.stop();
});

knellTest("I36: an endless chain of orphans delays the exit by at most 50 ms", async () => {
  const space = await launchAsPid1(KNELL, [program("orphans"), "chain", "2"]);
  await until("the chain", () => space.stdout() === "made\n");
  const main = await until("the child", () => childrenOf(space.init)[0]);
  const at = performance.now();
  signal(main, "SIGKILL");
  await until(
    "the exit",
    () => stateOf(space.init) === undefined || stateOf(space.init) === "Z",
    2_000,
  );
  expect(performance.now() - at).toBeLessThan(50 * SLACK);
});

knellTest("I36: at most 256 are reaped between two looks at signals", async () => {
  const trace = join(folder, "trace");
  const before = [
    "strace",
    "-o",
    trace,
    "-e",
    "trace=waitid,wait4,kill,rt_sigqueueinfo",
    "-e",
    "signal=none",
  ];
  const script = `read x; exec ${program("orphans")} burst 1500`;
  const running = launch(KNELL, ["sh", "-c", `trap '' PWR; ${script}`], {
    before,
    keepStdin: true,
  });
  const init = await until("knell", () =>
    childrenOf(running.pid).find((pid) => nameOf(pid) === "knell"),
  );
  await until("the main child", () => childrenOf(init)[0]);
  await settle(100);
  signal(init, "SIGSTOP");
  running.process.stdin?.write("\n");
  await until("1500 zombies", () => zombieChildren(init).length === 1500);
  // Higher than CHLD, so taken after it.
  signal(init, "SIGPWR");
  signal(init, "SIGCONT");
  await until("the reaping", () => zombieChildren(init).length === 0, 15_000);
  const calls = readFileSync(trace, "utf8").split("\n");
  const forwarded = calls.findIndex((line) => /SIGPWR/.test(line));
  const reaps = calls
    .slice(0, forwarded)
    .filter((line) => /^wait.*si_pid=\d/.test(line) && !/WNOWAIT/.test(line));
  expect(forwarded).toBeGreaterThan(0);
  expect(reaps.length).toBeGreaterThan(0);
  expect(reaps.length).toBeLessThanOrEqual(2 * 256);
  expect(calls.filter((line) => /^wait.*si_pid=\d/.test(line)).length).toBeGreaterThanOrEqual(1500);
});

compare(
  "I37: a child from before execve is reaped and not taken for the main one",
  { knell: { status: 5, leftOver: [] }, tini: { status: 5, leftOver: [] } },
  async (init) => {
    const before = ["sh", "-c", 'sleep 1 & exec "$@"', "sh"];
    const running = launch(init, ["sh", "-c", "sleep 2; exit 5"], { before });
    await until("both children", () => childrenOf(running.pid).length === 2);
    await untilAlone(running.pid);
    const leftOver = zombieChildren(running.pid);
    return { status: (await running.finished).status, leftOver };
  },
);

/** Two orphans under an init with -w: one ends with 7, one by TERM. Gives their pids and stderr. */
async function reapTwo(init: Init, options: string[]) {
  const script = `(sh -c 'echo $$; sleep 0.05; exit 7' &)
    (sh -c 'echo $$; kill $$' &)
    sleep 0.4`;
  const { stdout, stderr } = await runUnder(init, ["sh", "-c", script], { options });
  return { pids: stdout.trim().split("\n"), lines: stderr.split("\n").filter(Boolean) };
}

knellTest(
  "I38: -w prints one line per orphan, with pid, name and how it ended; the main child gets none",
  async () => {
    const { pids, lines } = await reapTwo(KNELL, ["-w"]);
    expect(lines).toHaveLength(2);
    for (const pid of pids) expect(lines.filter((line) => line.includes(pid))).toHaveLength(1);
    expect(lines.every((line) => /[("]sh[)"]/.test(line))).toBe(true);
    expect(lines.filter((line) => /\b7\b/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /TERM|\b15\b/.test(line))).toHaveLength(1);
  },
);

compare(
  "I38: without -w nothing is said",
  { knell: [], tini: [] },
  async (init) => (await reapTwo(init, [...init.subreaper])).lines,
);

compare(
  "I39: a main child that makes the init its tracer is let go and ends as it would",
  { knell: "7 USR1 handled\n", tini: "1 ", "dumb-init": "SIGABRT ", catatonit: "hangs" },
  (init) => traced(init, "signal"),
);

compare(
  "I39: the same when it stops at its execve",
  { knell: "7 executed\n", tini: "1 ", "dumb-init": "SIGABRT ", catatonit: "hangs" },
  (init) => traced(init, "exec"),
);

async function traced(init: Init, how: string): Promise<string> {
  const running = launch(init, [program("traceme"), how]);
  const exit = new Promise<string>((resolve) =>
    running.process.once("exit", (code, name) => resolve(`${code ?? name} `)),
  );
  const first = await Promise.race([exit, settle(1500).then(() => "hangs")]);
  // Only a code of its own is the child's: what it printed after the init had gone does not count.
  return first.startsWith("7") ? `${first}${(await running.finished).stdout}` : first;
}

compare(
  "I39: an orphan that makes PID 1 its tracer is let go",
  { knell: "goes on", tini: "frozen", "dumb-init": "PID 1 ends", catatonit: "frozen" },
  async (init) => {
    const space = await launchAsPid1(init, [program("traceme"), "orphan"]);
    return Promise.race([
      until("the orphan", () => space.stdout().includes("USR1 handled"), 2500).then(
        () => "goes on",
        () => "frozen",
      ),
      space.finished.then(() => "PID 1 ends"),
    ]);
  },
);

knellTest("I39: ptrace that is refused is ignored, without spinning", async () => {
  const before = [program("deny"), "EPERM", "ptrace", "--"];
  const running = launch(KNELL, ["sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.05; done"], {
    before,
  });
  await until("the main child", () => childrenOf(running.pid)[0]);
  expect(running.stderr()).toBe("");
  // The child's own ptrace is refused as well: a stop from outside is what knell sees instead.
  const main = await until("the child", () => childrenOf(running.pid)[0]);
  signal(main, "SIGSTOP");
  await until("the stop", () => stateOf(main) === "T");
  const switches = () => Number(statusOf(running.pid).voluntary_ctxt_switches);
  await settle(50);
  const earlier = switches();
  await settle(200);
  expect(switches() - earlier).toBeLessThan(2);
  signal(main, "SIGCONT");
  signal(running.pid, "SIGTERM");
  expect((await running.finished).status).toBe(4);
});

knellTest(
  "I39: under strace -f the suite's own tracer and knell do not meet: all children are seen",
  async () => {
    const trace = join(folder, "followed");
    const { status } = await runUnder(KNELL, ["sh", "-c", "true; (exit 3)"], {
      before: ["strace", "-f", "-o", trace, "-e", "trace=execve,exit_group"],
    });
    expect(status).toBe(3);
    expect(readFileSync(trace, "utf8").match(/exit_group\(3\)/g)?.length).toBeGreaterThanOrEqual(2);
  },
);

const NO_SUBREAPER = ["strace", "-o", "/dev/null", "-e", "inject=prctl:error=EINVAL"];

compare(
  "I40: with -s a prctl that fails exits 1",
  { knell: { status: 1, stdout: "" }, tini: { status: 1, stdout: "" } },
  async (init) => {
    const { status, stdout } = await runUnder(init, ["echo", "ran"], {
      before: NO_SUBREAPER,
      options: ["-s"],
    });
    return { status, stdout };
  },
);

compare(
  "I40: the attribute that is set already is used without a warning",
  { knell: ["", true], tini: ["", true] },
  async (init) => {
    const before = [program("preset"), "-s", "1", "--"];
    const running = launch(init, [program("orphans"), "1", "10000"], { before });
    await until("the orphan", () => running.stdout() === "made\n");
    return [running.stderr(), childrenOf(running.pid).length === 2];
  },
);

compare("I40: the child is no subreaper", { knell: 2, tini: 2 }, async (init) => {
  const script = `${program("orphans")} 1 10000 & wait`;
  const running = launch(init, ["sh", "-c", script], { options: [...init.subreaper] });
  await until("the orphan", () => running.stdout() === "made\n");
  return childrenOf(running.pid).length;
});

compare(
  "I41: not PID 1 and no -s: knell is subreaper without a word; tini warns and is none",
  { knell: [2, ""], tini: [1, "zombie reaping won't work"] },
  async (init) => {
    const running = launch(init, [program("orphans"), "1", "10000"]);
    await until("the orphan", () => running.stdout() === "made\n");
    const said = /zombie reaping won't work/.exec(running.stderr())?.[0];
    return [childrenOf(running.pid).length, said ?? running.stderr()];
  },
);

knellTest("I41: not PID 1 and no -s: where prctl fails knell warns and runs on", async () => {
  const { status, stdout, stderr } = await runUnder(KNELL, ["echo", "ran"], {
    before: NO_SUBREAPER,
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "ran\n" });
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(/warning/);
});

compare(
  "I42: orphans of a process that was entered from outside leave no zombie inside",
  { knell: 0, tini: 0, "dumb-init": 0, catatonit: 0 },
  async (init) => {
    const space = await launchAsPid1(init, ["sleep", "60"]);
    const entered: Running[] = Array.from({ length: 10 }, () =>
      space.startExec(["sh", "-c", "sleep 0.1 & exit 0"], { stdio: "ignore" }),
    );
    await Promise.all(entered.map((exec) => exec.finished));
    await untilAlone(space.init);
    return space.zombies().length;
  },
);
