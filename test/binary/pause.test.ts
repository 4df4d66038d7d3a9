import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  freeze,
  KNELL,
  type Namespace,
  type RunOptions,
  run,
  start,
  startNamespace,
  until,
} from "./harness.ts";
import { descendantsOf, nameOf, settle, signal, stateOf, statusOf } from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const WARNING =
  "knell pause: warning: not PID 1: only its own children are reaped; make it a pod's first process\n";

const folder = mkdtempSync(join(tmpdir(), "knell-pause-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** True once the process has done everything it does before it waits. */
function isHolding(pid: number): boolean {
  return (
    nameOf(pid) === "knell" && stateOf(pid) === "S" && readlinkSync(`/proc/${pid}/cwd`) === "/"
  );
}

/** Nanoseconds on a processor so far. */
function cpuTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
}

/** Starts `knell pause` as PID 1 and waits until it holds. */
async function startPause(args: string[] = [], options: RunOptions = {}): Promise<Namespace> {
  const space = await startNamespace([KNELL, "pause", ...args], options);
  await until("that it holds", () => isHolding(space.init));
  return space;
}

/** Milliseconds from a signal to the end of the process. */
async function timeToEnd(pid: number, which: NodeJS.Signals): Promise<number> {
  const at = performance.now();
  process.kill(pid, which);
  await until("the end", () => stateOf(pid) === undefined || stateOf(pid) === "Z");
  return performance.now() - at;
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "P1: %s ends it with 0 in 10 ms, and one line names the signal",
  async (which) => {
    const space = await startPause();
    expect(await timeToEnd(space.init, which)).toBeLessThan(10 * SLACK);
    const { status, stdout, stderr } = await space.finished;
    expect({ status, stdout, stderr }).toEqual({
      ...{ status: 0, stdout: "" },
      stderr: `knell pause: ended by ${which}\n`,
    });
  },
);

test.each(["-q", "--quiet"])(
  "P1, P3: with %s nothing is written, not even the warning",
  async (quiet) => {
    const running = start(KNELL, ["pause", quiet]);
    await until("that it holds", () => isHolding(running.pid));
    running.process.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ status: 0, stdout: "", stderr: "" });
  },
);

test("P1: all other signals change nothing", async () => {
  const space = await startPause();
  const others = Array.from({ length: 64 }, (_, index) => index + 1).filter(
    (number) => ![2, 9, 15, 19].includes(number),
  );
  expect(others.length).toBe(60);
  await run(program("sendsignals"), [String(space.init), ...others.map(String)]);
  // Taken, not only left pending.
  await until("all signals to be taken", () => /^0+$/.test(statusOf(space.init).ShdPnd ?? ""));
  await until("that it holds", () => isHolding(space.init));
  expect(space.stderr()).toBe("");
  process.kill(space.init, "SIGTERM");
  expect((await space.finished).status).toBe(0);
});

test("P1: a flood of other signals does not keep SIGTERM from ending it", async () => {
  const space = await startPause();
  const before = cpuTime(space.init);
  const flood = start(program("sendsignals"), [String(space.init), "flood", "1000000000"]);
  // It may be kept so busy that it never sleeps: its processor time tells.
  await until("the flood", () => cpuTime(space.init) - before > 20_000_000);
  expect(await timeToEnd(space.init, "SIGTERM")).toBeLessThan(10 * SLACK);
  flood.process.kill("SIGKILL");
  await flood.finished.catch(() => {});
  expect((await space.finished).status).toBe(0);
});

test("P1: SIGTERM that came before it looked is not lost", async () => {
  const script = `kill -TERM $$; exec ${KNELL} pause`;
  const blocked = [
    "python3",
    "-c",
    `import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.execv("/bin/sh", ["sh", "-c", sys.argv[1]])`,
  ];
  const result = await run(blocked[0] ?? "", [...blocked.slice(1), script]);
  expect(result.status).toBe(0);
  expect(result.stderr).toBe(`${WARNING}knell pause: ended by SIGTERM\n`);
});

test("P2: adopted orphans are reaped", async () => {
  const space = await startPause();
  await space.exec([program("orphans"), "leave", "100", "50"]);
  await until("100 orphans to end", () => descendantsOf(space.init).length === 0);
  expect(space.zombies()).toEqual([]);
  await space.stop();
});

test("P2: 10 000 orphans that exit at once: no zombie 2 s later, no memory, no output", async () => {
  const space = await startPause();
  await space.exec([program("orphans"), "leave", "10", "0"]);
  await until("the first orphans to end", () => descendantsOf(space.init).length === 0);
  const before = statusOf(space.init).VmRSS;
  const orphans = space.startExec([program("orphans"), "burst", "10000"], { deadlineMs: 30_000 });
  await until("the orphans", () => orphans.stdout() === "made\n", 15_000);
  await until("no zombie", () => space.zombies().length === 0, 2_000 * SLACK);
  expect(statusOf(space.init).VmRSS).toBe(before);
  expect(space.stderr()).toBe("");
  await space.stop();
});

test("P1, P2: an endless chain of orphans delays SIGTERM by at most 50 ms", async () => {
  const space = await startPause();
  const chain = space.startExec([program("orphans"), "chain", "2"]);
  await until("the chain", () => chain.stdout() === "made\n");
  expect(await timeToEnd(space.init, "SIGTERM")).toBeLessThan(50 * SLACK);
  expect((await space.finished).status).toBe(0);
});

test("P2: at most 256 are reaped between two looks at the signals", async () => {
  const trace = join(folder, "reaps");
  const space = await startPause();
  const calls = ["-e", "trace=waitid,rt_sigtimedwait", "-e", "signal=none"];
  const strace = start("strace", ["-o", trace, ...calls, "-p", String(space.init)]);
  await until("strace", () => statusOf(space.init).TracerPid !== "0");
  await freeze(space.init);
  const orphans = space.startExec([program("orphans"), "leave", "600", "0"]);
  await until("the orphans to end", () => space.zombies().length >= 600);
  signal(space.init, "SIGCONT");
  await until("the reaping", () => space.zombies().length === 0);
  await orphans.finished;
  await space.stop();
  await strace.finished;
  const looks = readFileSync(trace, "utf8").split("rt_sigtimedwait");
  const reaps = looks.map((text) => text.match(/^waitid\(.*si_code=CLD_EXITED/gm)?.length ?? 0);
  expect(reaps.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(600);
  expect(Math.max(...reaps)).toBe(256);
});

test("P2: children that were there before it are reaped, also with SIGCHLD ignored", async () => {
  for (const before of ["", "trap '' CHLD; "]) {
    const space = await startNamespace(["bash", "-c", `${before}sleep 0.5 & exec ${KNELL} pause`]);
    await until("that it holds", () => isHolding(space.init));
    await until("the child to end", () => descendantsOf(space.init).length === 0);
    await space.stop();
  }
});

test.each(["", "trap '' CHLD; "])(
  "P2: an orphan that makes it its tracer goes on (%j)",
  async (before) => {
    const space = await startNamespace(["bash", "-c", `${before}exec ${KNELL} pause`]);
    await until("that it holds", () => isHolding(space.init));
    const traced = space.startExec([program("traceme"), "orphan"]);
    await until("the orphan to go on", () => traced.stdout().includes("USR1 handled"));
    await until("the orphan to be reaped", () => descendantsOf(space.init).length === 0);
    await space.stop();
  },
);

test("P3: not PID 1: a warning, and it runs on", async () => {
  const running = start(KNELL, ["pause"]);
  await until("the warning", () => running.stderr() === WARNING);
  await until("that it holds", () => isHolding(running.pid));
  await settle(100);
  expect(isHolding(running.pid)).toBe(true);
  running.process.kill("SIGINT");
  const result = await running.finished;
  expect([result.status, result.stderr]).toEqual([0, `${WARNING}knell pause: ended by SIGINT\n`]);
});

test.each([
  [["-v"]],
  [["-V"]],
  [["x", "-v"]],
  [["--", "-q", "-V", "y"]],
  [[...Array(200).fill("word"), "-v"]],
])("P3: -v or -V anywhere prints the version (%#)", async (args) => {
  const { version } = JSON.parse(readFileSync(join(KNELL, "../../package.json"), "utf8"));
  const result = await run(KNELL, ["pause", ...args]);
  expect([result.status, result.stdout, result.stderr]).toEqual([0, `knell ${version}\n`, ""]);
});

test.each([
  [["--help", "-x", "--", ""]],
  [["-vv", "v", "--v", "-qx"]],
  [["x".repeat(100_000), "\n"]],
])("P3: other arguments are ignored (%#)", async (args) => {
  const space = await startPause(args);
  process.kill(space.init, "SIGTERM");
  const { status, stdout, stderr } = await space.finished;
  expect([status, stdout, stderr]).toEqual([0, "", "knell pause: ended by SIGTERM\n"]);
});

test("P4: uid 65535, an empty file system without /proc, closed stdio, no privileges", async () => {
  const root = join(folder, "root");
  mkdirSync(root, { mode: 0o755 });
  copyFileSync(KNELL, join(root, "pause"));
  const script = `exec chroot --userspec=65535:65535 --groups= ${root} /pause <&- >&- 2>&-`;
  const space = await startNamespace(["setpriv", "--no-new-privs", "sh", "-c", script]);
  await until("that it holds", () => nameOf(space.init) === "pause" && stateOf(space.init) === "S");
  expect(statusOf(space.init).Uid).toMatch(/^65535\s+65535/);
  expect(statusOf(space.init).CapEff).toMatch(/^0+$/);
  expect(readdirSync(`/proc/${space.init}/fd`)).toEqual([]);
  await space.exec([program("orphans"), "leave", "10", "10"]);
  await until("the orphans to be reaped", () => descendantsOf(space.init).length === 0);
  process.kill(space.init, "SIGTERM");
  expect((await space.finished).status).toBe(0);
});

test("P4: at most 1 MiB resident, one thread", async () => {
  const space = await startPause();
  const { VmRSS, Threads } = statusOf(space.init);
  expect(Number.parseInt(VmRSS ?? "", 10)).toBeLessThanOrEqual(1024);
  expect(Threads).toBe("1");
  await space.stop();
});

test("P5: it is not woken up in 5 s", async () => {
  const space = await startPause();
  const switches = () => {
    const status = statusOf(space.init);
    return [status.voluntary_ctxt_switches, status.nonvoluntary_ctxt_switches];
  };
  const before = switches();
  await settle(5_000);
  expect(switches()).toEqual(before);
  await space.stop();
});

test("P5: its folder is /, and inherited descriptors from 3 on are closed", async () => {
  const script = `cd /usr; exec 3</dev/null 7>/dev/null 9<>/dev/null 200</; exec ${KNELL} pause`;
  const space = await startNamespace(["bash", "-c", script]);
  await until("that it holds", () => isHolding(space.init));
  expect(readdirSync(`/proc/${space.init}/fd`)).toEqual(["0", "1", "2"]);
  await space.stop();
});

test("P5: the same where close_range(2) is not there", async () => {
  const script = 'exec 3</dev/null 7>/dev/null 200</; exec "$@"';
  const deny = [program("deny"), "ENOSYS", "new", "--", KNELL, "pause", "-q"];
  const running = start("bash", ["-c", script, "bash", ...deny]);
  await until("that it holds", () => isHolding(running.pid));
  expect(readdirSync(`/proc/${running.pid}/fd`)).toEqual(["0", "1", "2"]);
  running.process.kill("SIGTERM");
  await running.finished;
});

test("P6: it signals nobody, and starts nothing", async () => {
  const trace = join(folder, "signals");
  const script = `sleep 0.2 & (sleep 0.1; kill -TTOU $$; kill -USR1 $$) & exec ${KNELL} pause`;
  const running = start("strace", ["-o", trace, "bash", "-c", script]);
  const pause = await until("knell", () => descendantsOf(running.pid).find(isHolding));
  await until("its children to end", () => descendantsOf(pause).length === 0);
  signal(pause, "SIGTERM");
  await running.finished;
  const calls = readFileSync(trace, "utf8");
  const own = calls.slice(calls.lastIndexOf("execve("));
  expect(own).toContain("waitid(");
  const names = new Set(Array.from(own.matchAll(/^([a-z0-9_]+)\(/gm), (match) => match[1]));
  expect(
    [...names].filter((name) => /kill|sigqueue|ptrace|fork|clone|exec/.test(name ?? "")),
  ).toEqual(["execve"]);
});

test("P6: other processes of the pod live on until the runtime ends them", async () => {
  const running = start(KNELL, ["pause", "-q"]);
  await until("that it holds", () => isHolding(running.pid));
  const other = start("bash", ["-c", `sleep 1000 & echo $!; exec ${KNELL} pause -q`]);
  const sleep = Number(await until("its child", () => other.stdout().trim()));
  await until("the child to sleep", () => stateOf(sleep) === "S");
  await until("that it holds", () => isHolding(other.pid));
  signal(other.pid, "SIGTERM");
  signal(running.pid, "SIGTERM");
  await until("the end", () => stateOf(other.pid) === undefined);
  expect(stateOf(sleep)).toBe("S");
  signal(sleep, "SIGKILL");
  await Promise.all([other.finished, running.finished]);
});
