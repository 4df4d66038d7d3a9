// I23–I32, I69, I71, I72: signals on their way from the init to the child.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cgroup } from "./cgroup.ts";
import { childrenOf, run, start, until } from "./harness.ts";
import { compare, INITS, type Init, isKnellRun, knellTest } from "./inits.ts";
import {
  launch,
  launchAsPid1,
  launchRecorder,
  launchRecorderAsPid1,
  type Recorder,
  runUnder,
  SI_QUEUE,
  settle,
  signal,
  statusOf,
} from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const KNELL = INITS.knell;
const folder = mkdtempSync(join(tmpdir(), "init-forwarding-"));
afterAll(() => rmSync(folder, { recursive: true }));

const KILL = 9;
const CHLD = 17;
const CONT = 18;
const STOP = 19;
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const CATCHABLE = [...range(1, 31), ...range(34, 64)].filter(
  (number) => ![KILL, STOP, CHLD].includes(number),
);
const FAULTS = [4, 5, 6, 7, 8, 11, 31];

/** Sends one signal after the other, each when the one before has arrived; gives what arrived. */
async function sendEach(recorder: Recorder, numbers: readonly number[]): Promise<number[]> {
  for (const [index, number] of numbers.entries()) {
    signal(recorder.init, number);
    await recorder.received(index + 1);
  }
  return recorder.numbers();
}

test.runIf(isKnellRun).each(CATCHABLE)(
  "I23: signal %i reaches the main child under its own number",
  async (number) => {
    const recorder = await launchRecorder(KNELL);
    signal(recorder.init, number);
    expect(await recorder.received(1)).toEqual([number]);
  },
);

const TINI_FORWARDS = CATCHABLE.filter((number) => ![...FAULTS, 21, 22].includes(number));

compare(
  "I23: every signal that tini forwards is forwarded, one after the other",
  {
    knell: TINI_FORWARDS,
    tini: TINI_FORWARDS,
    catatonit: TINI_FORWARDS.filter((number) => number !== 20),
  },
  async (init) => {
    const numbers =
      init.name === "catatonit" ? TINI_FORWARDS.filter((number) => number !== 20) : TINI_FORWARDS;
    return sendEach(await launchRecorder(init), numbers);
  },
);

knellTest("I23: PID 1 forwards every signal, and the sender is PID 1", async () => {
  const recorder = await launchRecorderAsPid1(KNELL);
  expect(await sendEach(recorder, CATCHABLE)).toEqual(CATCHABLE);
  expect(new Set(recorder.signals().map((received) => received.sender))).toEqual(new Set([1]));
});

for (const number of FAULTS) {
  compare(
    `I24: signal ${number} sent to PID 1 by another process is forwarded`,
    { knell: [number, 10], tini: [10], "dumb-init": [number, 10], catatonit: [10] },
    async (init) => {
      const recorder = await launchRecorderAsPid1(init);
      await recorder.exec(["kill", `-${number}`, "1"]);
      await settle(30);
      signal(recorder.init, "SIGUSR1");
      await until("USR1", () => recorder.numbers().includes(10));
      return recorder.numbers();
    },
  );

  compare(
    `I24: signal ${number} sent to an init that is not PID 1 does not end it`,
    { knell: "forwarded", tini: "ended", catatonit: "ended" },
    async (init) => {
      const recorder = await launchRecorder(init);
      signal(recorder.init, number);
      const arrived = recorder.received(1).then(() => "forwarded");
      return Promise.race([
        arrived,
        recorder.finished.then(() => "ended"),
        ended(recorder.process),
      ]);
    },
  );
}

/** The init's own end, while its child may still hold the output. */
function ended(process: { once(event: "exit", listener: () => void): unknown }): Promise<string> {
  return new Promise((resolve) => process.once("exit", () => resolve("ended")));
}

/** Lets signals collect while the init is stopped; gives them as they arrive, without the CONT. */
async function sendFrozen(init: Init, signals: readonly string[], options: string[] = []) {
  const recorder = await launchRecorder(init, { options });
  signal(recorder.init, "SIGSTOP");
  await until("the stop", () => statusOf(recorder.init).State?.startsWith("T"));
  await run(program("sendsignals"), [String(recorder.init), ...signals]);
  signal(recorder.init, "SIGCONT");
  await until(
    "the last signal",
    () => recorder.numbers().filter((n) => n !== CONT).length >= signals.length,
  );
  return recorder
    .signals()
    .filter((received) => received.signal !== CONT)
    .map(({ signal: number, code, value }) => ({ number, code, value }));
}

compare(
  "I25: real-time signals keep number, order and queued value",
  {
    knell: queued([34, 5], [35, 2], [35, 4], [40, 1], [40, 3], [64, -6]),
    tini: unqueued(34, 35, 35, 40, 40, 64),
  },
  (init) => sendFrozen(init, ["40:1", "35:2", "40:3", "35:4", "34:5", "64:-6"]),
);

knellTest("I25: a group gets the signals without the values, in the same order", async () => {
  expect(await sendFrozen(KNELL, ["40:1", "35:2"], ["-g"])).toEqual(unqueued(35, 40));
});

function queued(...signals: [number: number, value: number][]) {
  return signals.map(([number, value]) => ({ number, code: SI_QUEUE, value }));
}

function unqueued(...numbers: number[]) {
  return numbers.map((number) => ({ number, code: 0, value: 0 }));
}

compare(
  "I26: CHLD is never forwarded, whoever sends it",
  { knell: [10], tini: [10] },
  async (init) => {
    const recorder = await launchRecorder(init);
    signal(recorder.init, CHLD);
    await settle(30);
    signal(recorder.init, "SIGUSR1");
    return recorder.received(1);
  },
);

compare(
  "I26: TTIN and TTOU that a process sends are forwarded",
  { knell: [21, 22, 10], tini: [10] },
  async (init) => {
    const recorder = await launchRecorder(init);
    const numbers = init.name === "knell" ? [21, 22, 10] : [10];
    if (init.name !== "knell") for (const number of [21, 22]) signal(recorder.init, number);
    return sendEach(recorder, numbers);
  },
);

/** Three recorders under the init: its child, one in a session of its own, an orphan. Gives who got USR1. */
async function whoGetsUsr1(init: Init, options: string[], asPid1 = false): Promise<string[]> {
  const file = (name: string) => join(folder, `${options.join("")}-${name}`);
  const recorder = program("recorder");
  const script = `${recorder} > ${file("group")} &
    setsid ${recorder} > ${file("session")} &
    (setsid ${recorder} > ${file("orphan")} &)
    exec ${recorder} > ${file("child")}`;
  const names = ["child", "group", "session", "orphan"];
  const read = (name: string) => {
    try {
      return readFileSync(file(name), "utf8");
    } catch {
      return "";
    }
  };
  const starter = asPid1
    ? launchAsPid1
    : async (...words: Parameters<typeof launch>) => launch(...words);
  const running = await starter(init, ["sh", "-c", script], { options });
  await until("four recorders", () => names.every((name) => read(name).includes("ready")));
  signal("init" in running ? (running.init as number) : running.pid, "SIGUSR1");
  await until("the main child", () => read("child").includes("\n10 "));
  await settle(50);
  return names.filter((name) => read(name).includes("\n10 "));
}

compare("I27: the target is the main child", { knell: ["child"], tini: ["child"] }, (init) =>
  whoGetsUsr1(init, [...init.subreaper]),
);

compare(
  "I27: with -g it is the child's group",
  { knell: ["child", "group"], tini: ["child", "group"] },
  (init) => whoGetsUsr1(init, ["-g", ...init.subreaper]),
);

knellTest(
  "I27: with --forward tree it is every descendant, other sessions and orphans too",
  async () => {
    const everyone = ["child", "group", "session", "orphan"];
    const bystander = await launchRecorder(KNELL);
    expect(await whoGetsUsr1(KNELL, ["--forward", "tree"])).toEqual(everyone);
    expect(await whoGetsUsr1(KNELL, ["--forward=tree"], true)).toEqual(everyone);
    expect(bystander.numbers()).toEqual([]);
  },
);

knellTest("I27: only PID 1 ever uses kill(-1)", async () => {
  const trace = join(folder, "tree-trace");
  const before = [
    "strace",
    "-o",
    trace,
    "-e",
    "trace=kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo",
  ];
  const running = launch(KNELL, [program("recorder"), "15=0"], {
    before,
    options: ["--forward", "tree", "--drain=1s"],
  });
  await until("the recorder", () => running.stdout().includes("ready"));
  signal(childrenOf(running.pid)[0], "SIGTERM");
  await running.finished;
  const text = readFileSync(trace, "utf8");
  expect(text).toMatch(/SIGTERM/);
  expect(text).not.toMatch(/kill\(-1,/);
});

test.runIf(isKnellRun).each([
  ["TERM:INT", 15, 2],
  ["SIGTERM:SIGINT", 15, 2],
  ["sigterm:int", 15, 2],
  ["15:2", 15, 2],
  ["1:31", 1, 31],
  ["RTMIN+1:USR1", 35, 10],
  ["USR1:RTMIN+2", 10, 36],
  ["64:34", 64, 34],
  ["RTMAX-1:RTMIN", 63, 34],
])("I28: --rewrite %s makes %i into %i", async (rewrite, sent, arrives) => {
  const recorder = await launchRecorder(KNELL, { options: ["--rewrite", rewrite] });
  expect(await sendEach(recorder, [sent])).toEqual([arrives]);
});

knellTest("I28: --rewrite repeats, 0 drops, and a result is not rewritten again", async () => {
  const options = ["--rewrite", "HUP:0", "--rewrite=INT:TERM", "--rewrite", "TERM:INT"];
  const recorder = await launchRecorder(KNELL, { options });
  signal(recorder.init, "SIGHUP");
  await settle(20);
  expect(await sendEach(recorder, [2, 15, 10])).toEqual([15, 2, 10]);
});

test
  .runIf(isKnellRun)
  .each([
    "",
    "TERM",
    "TERM:",
    ":INT",
    "TERM:INT:HUP",
    "NOPE:INT",
    "TERM:NOPE",
    "65:1",
    "1:65",
    "0:1",
    "-1:2",
    "RTMIN+31:1",
    "1:RTMAX+1",
  ])("I28: --rewrite %j is refused: exit 1, nothing started", async (rewrite) => {
  const { status, stdout, stderr } = await runUnder(KNELL, ["echo", "ran"], {
    options: ["--rewrite", rewrite],
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(`"${rewrite}"`);
});

compare(
  "I29: a signal sent after the one before was acknowledged arrives after it, whatever their numbers",
  { knell: [15, 1, 12, 10, 64, 34, 2], tini: [15, 1, 12, 10, 64, 34, 2] },
  async (init) => sendEach(await launchRecorder(init), [15, 1, 12, 10, 64, 34, 2]),
);

knellTest("I29: standard signals that collected come once each, lowest number first", async () => {
  const recorder = await launchRecorder(KNELL);
  signal(recorder.init, "SIGSTOP");
  await until("the stop", () => statusOf(recorder.init).State?.startsWith("T"));
  for (const number of [15, 12, 12, 10, 1, 12]) signal(recorder.init, number);
  signal(recorder.init, CONT);
  await recorder.received(5);
  await settle(30);
  expect(recorder.numbers()).toEqual([1, 10, 12, 15, CONT]);
});

compare(
  "I30: a child that may not be signalled: the init stays, with one warning a signal number",
  { knell: { ended: false, warnings: [1, 1] }, tini: { ended: true, warnings: [1, 0] } },
  async (init) => {
    // Without CAP_KILL root may not signal a process of another user.
    const words = ["setpriv", "--reuid", "1000", "--clear-groups", program("recorder")];
    const running = launch(init, words, { before: ["setpriv", "--bounding-set=-kill"] });
    await until("the recorder", () => running.stdout().includes("ready"));
    for (const number of [15, 15, 15, 10, 10]) {
      signal(running.pid, number);
      await settle(30);
    }
    const end = running.process.exitCode !== null;
    const count = (word: RegExp) =>
      running
        .stderr()
        .split("\n")
        .filter((line) => word.test(line)).length;
    const term = init.name === "knell" ? /TERM.*EPERM/ : /Operation not permitted/;
    return { ended: end, warnings: [count(term), count(/USR1.*EPERM/)] };
  },
);

knellTest("I30: no such process is no more than a debug line", async () => {
  const before = [
    "strace",
    "-o",
    "/dev/null",
    "-e",
    "inject=kill,rt_sigqueueinfo:error=ESRCH:when=1",
  ];
  const running = launch(KNELL, [program("recorder"), "12=4"], { before });
  await until("the recorder", () => running.stdout().includes("ready"));
  const init = await until("the child", () => childrenOf(running.pid)[0]);
  signal(init, "SIGUSR1");
  await settle(50);
  signal(init, "SIGUSR2");
  const { status, stdout, stderr } = await running.finished;
  expect({ status, got: stdout.split("\n").slice(1, -1).length, stderr }).toEqual({
    status: 4,
    got: 1,
    stderr: "",
  });
});

knellTest(
  "I31: once the main child is reaped neither its pid nor its group is signalled",
  async () => {
    const trace = join(folder, "reaped-trace");
    const before = [
      "strace",
      "-o",
      trace,
      "-e",
      "trace=kill,rt_sigqueueinfo,pidfd_open,waitid,wait4",
    ];
    const script = `${program("recorder")} 15=0 & echo main $$; exec sleep 0.1`;
    const running = launch(KNELL, ["sh", "-c", script], { before, options: ["--wait-all", "-g"] });
    await until(
      "both lines",
      () => /main \d+\n/.test(running.stdout()) && running.stdout().includes("ready"),
    );
    const init = await until("the child", () => childrenOf(running.pid)[0]);
    const main = Number(/main (\d+)/.exec(running.stdout())?.[1]);
    await until("the main child's end", () => !childrenOf(init).includes(main));
    for (const name of ["SIGUSR1", "SIGTERM"] as const) {
      signal(init, name);
      await settle(30);
    }
    expect((await running.finished).status).toBe(0);
    expect(running.stdout()).toMatch(/\n15 /);
    const calls = readFileSync(trace, "utf8");
    expect(calls).not.toMatch(new RegExp(`(kill|rt_sigqueueinfo|pidfd_open)\\(-?${main},`));
  },
);

/** Milliseconds from sending `signalNumber` to `pid` until the main child has it. */
async function latency(recorder: Recorder, pid: number, signalNumber: number): Promise<number> {
  const before = recorder.signals().length;
  const sentAt = Number(process.hrtime.bigint()) / 1e6;
  signal(pid, signalNumber);
  await recorder.received(before + 1);
  return (recorder.signals()[before]?.milliseconds ?? Number.NaN) - sentAt;
}

compare(
  "I32: a signal takes at most 5 ms from sender to child",
  { knell: true, tini: true },
  async (init) => {
    const recorder = await launchRecorder(init);
    let throughInit = 0;
    let direct = 0;
    for (let time = 0; time < 30; time++) {
      throughInit = Math.max(throughInit, await latency(recorder, recorder.init, 10));
      direct = Math.max(direct, await latency(recorder, recorder.child, 12));
    }
    // Two processes have to be woken instead of one; how long the machine takes for one is seen beside it.
    return throughInit - 2 * direct < 5 * SLACK;
  },
);

knellTest("I32: stopping, continuing and tracing knell is silent and loses nothing", async () => {
  const recorder = await launchRecorder(KNELL);
  for (let time = 0; time < 5; time++) {
    signal(recorder.init, "SIGSTOP");
    await until("the stop", () => statusOf(recorder.init).State?.startsWith("T"));
    signal(recorder.init, "SIGUSR1");
    signal(recorder.init, "SIGCONT");
    await recorder.received(2 * time + 2);
    const tracer = start("strace", ["-o", "/dev/null", "-p", String(recorder.init)]);
    await until("the tracer", () => tracer.stderr().includes("attached"));
    signal(tracer.pid, "SIGINT");
    await tracer.finished;
  }
  expect(recorder.numbers()).toEqual(Array.from({ length: 5 }, () => [10, 18]).flat());
  expect(recorder.stderr()).toBe("");
});

const freezer = cgroup("freezer");
test.runIf(isKnellRun && freezer)(
  "I32: frozen and thawed by its cgroup knell loses nothing and says nothing",
  async () => {
    const recorder = await launchRecorder(KNELL);
    const group = freezer?.make();
    group?.add(recorder.init);
    group?.freeze(true);
    try {
      signal(recorder.init, "SIGUSR1");
      signal(recorder.init, "SIGUSR2");
      await settle(50);
      expect(recorder.numbers()).toEqual([]);
    } finally {
      // What is frozen cannot be ended either.
      group?.freeze(false);
    }
    expect(await recorder.received(2)).toEqual([10, 12]);
    expect(recorder.stderr()).toBe("");
    signal(recorder.init, "SIGKILL");
    await group?.remove();
  },
);

test.runIf(isKnellRun).each([1, 2, 3, 10, 12, 14, 15, 18, 20, 28, 29, 30])(
  "I69: signal %i changes nothing in knell itself",
  async (number) => {
    const recorder = await launchRecorder(KNELL);
    signal(recorder.init, number);
    expect(await recorder.received(1)).toEqual([number]);
    expect(statusOf(recorder.init).State).toMatch(/^S/);
    expect(recorder.stderr()).toBe("");
  },
);

knellTest("I69: --rewrite HUP:0 answers scripts that HUP PID 1", async () => {
  const recorder = await launchRecorderAsPid1(KNELL, { options: ["--rewrite", "HUP:0"] });
  await recorder.exec(["kill", "-HUP", "1"]);
  signal(recorder.init, "SIGUSR1");
  expect(await recorder.received(1)).toEqual([10]);
});

knellTest(
  "I71: what container managers send to stop or reboot a guest passes through PID 1",
  async () => {
    const recorder = await launchRecorderAsPid1(KNELL);
    const numbers = [30, 2, 37, 38, 39, 40];
    expect(await sendEach(recorder, numbers)).toEqual(numbers);
  },
);

knellTest("I71: container and NOTIFY_SOCKET stay in the environment", async () => {
  const env = { ...process.env, container: "lxc", NOTIFY_SOCKET: "/run/notify" };
  const { stdout } = await runUnder(KNELL, ["sh", "-c", 'echo "$container $NOTIFY_SOCKET"'], {
    env,
  });
  expect(stdout).toBe("lxc /run/notify\n");
});

knellTest(
  "I72: a flood of 100 000 signals costs no memory and loses no distinct number",
  async () => {
    const recorder = await launchRecorder(KNELL);
    const send = (count: string) =>
      run(program("sendsignals"), [String(recorder.init), "flood", count]);
    // What is touched for the first signals is touched; from there on the number must not matter.
    await send("10");
    await recorder.received(10);
    const before = statusOf(recorder.init).VmRSS;
    await send("100000");
    const flood = [1, 10, 12, 14, 23, 28, 29, 35, 40, 64];
    await until("every number", () =>
      flood.every((number) => recorder.numbers().slice(10).includes(number)),
    );
    expect(statusOf(recorder.init).VmRSS).toBe(before);
    expect(recorder.stderr()).toBe("");
  },
);

const pids = cgroup("pids");
test.runIf(isKnellRun && pids)(
  "I72: a fork storm that hits pids.max neither ends nor blocks knell",
  async () => {
    const group = pids?.make();
    group?.write("pids.max", "20");
    const before = ["sh", "-c", `echo $$ > ${group?.path}/cgroup.procs; exec "$@"`, "sh"];
    const storm = [program("orphans"), "storm", "1"];
    const running = launch(KNELL, storm, { before, options: ["-g"] });
    await until("the limit", () => group?.read("pids.current").trim() === "20");
    await settle(100);
    const states = childrenOf(running.pid).map((pid) => statusOf(pid).State?.slice(0, 1));
    expect(states).not.toContain("Z");
    signal(running.pid, "SIGTERM");
    expect((await running.finished).status).toBe(143);
    await group?.remove();
  },
);
