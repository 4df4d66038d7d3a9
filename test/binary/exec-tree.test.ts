// E5–E10, E16–E18: nothing below the wrapper survives it.

import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cgroup } from "./cgroup.ts";
import {
  EXEC,
  GONE_MS,
  others,
  pidsOf,
  runExec,
  startContainer,
  startExec,
  uniqueSeconds,
  untilGone,
  untilRunning,
  wrapperIn,
} from "./execs.ts";
import { childrenOf, KNELL, run, startNamespace, until } from "./harness.ts";
import { settle, signal, stateOf } from "./launch.ts";
import { program } from "./programs.ts";
import { RACES, SLACK } from "./timing.ts";

const folder = mkdtempSync(join(tmpdir(), "exec-tree-"));
afterAll(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);

const MARGIN_MS = 25 * SLACK;
const GUARDS = [[[]], [["--no-guard"]]] as const;

/** Scripts that leave `sleep SECONDS` behind and end. */
const LEAVERS: [string, (seconds: string) => string][] = [
  ["in the background", (s) => `sleep ${s} &`],
  ["under nohup", (s) => `nohup sleep ${s} >/dev/null 2>&1 &`],
  ["in a session of its own", (s) => `setsid -f sleep ${s}`],
  ["in a group of its own", (s) => `bash -c "set -m; sleep ${s} &"`],
  ["double-forked", (s) => `(setsid sh -c '(sleep ${s} &) &' &)`],
  ["ignoring TERM", (s) => `(trap "" TERM HUP; setsid -f sleep ${s})`],
  ["stopped", (s) => `setsid -f sh -c 'kill -STOP $$; exec sleep ${s}'; sleep 0.05`],
  ["six generations deep", (s) => deep(6, s)],
];

/** Each generation leads a session, has a child and stays. */
function deep(generations: number, seconds: string): string {
  if (generations === 0) return `sleep ${seconds}`;
  const inner = deep(generations - 1, seconds).replaceAll("'", "'\\''");
  return `setsid -f sh -c '${inner}; sleep ${seconds}'`;
}

test.each(LEAVERS.flatMap(([how, script]) => GUARDS.map(([guard]) => ({ how, script, guard }))))(
  "E5, E6: what a command leaves $how dies with it ($guard)",
  async ({ script, guard }) => {
    const seconds = uniqueSeconds();
    const command = `${script(seconds)}\nexit 3`;
    const result = await runExec([...guard, "--timeout", "10s", "--", "sh", "-c", command]);
    expect(result).toMatchObject({ status: 3, stderr: "" });
    await untilGone(`sleep ${seconds}`);
    await untilGone(`sh -c kill -STOP $$; exec sleep ${seconds}`);
  },
);

test.each(LEAVERS)("E5: what a command made %s dies at the deadline", async (_, script) => {
  const seconds = uniqueSeconds();
  const command = `${script(seconds)}\nexec sleep 60`;
  const result = await runExec(["--timeout", "300ms", "--", "sh", "-c", command]);
  expect(result.status).toBe(124);
  await untilGone(`sleep ${seconds}`);
});

test("E6, I66: without pidfds and close_range the tree dies as well, without a message", async () => {
  for (const error of ["ENOSYS", "EPERM"]) {
    const seconds = uniqueSeconds();
    const words = [error, "new", "signalfd4", "ptrace", "--", ...EXEC, "--timeout", "400ms", "--"];
    const storm = `${deep(4, seconds)}; sleep 60`;
    const result = await run(program("deny"), [...words, "sh", "-c", storm]);
    expect(result.status).toBe(124);
    expect(result.stderr.trim().split("\n")).toHaveLength(1);
    expect(result.milliseconds).toBeLessThan(400 + MARGIN_MS);
    await untilGone(`sleep ${seconds}`);
  }
});

test.each([[[]], [["setsid"]]])("E7: a tree that forks while it dies is gone (%j)", async (how) => {
  const storm = program("fork-storm");
  const words = [storm, ...how].join(" ");
  const running = startExec(["--timeout", "500ms", "--", storm, ...how]);
  await until("the storm", () => pidsOf(words).length >= 200);
  const { status, milliseconds } = await running.finished;
  expect(status).toBe(124);
  expect(milliseconds).toBeLessThan(500 + MARGIN_MS);
  await untilGone(words, 200 * SLACK - MARGIN_MS);
  expect(pidsOf(words)).toEqual([]);
});

/** Each shell command runs before the wrapper, in mount and PID namespaces of its own. */
const PROCS: [string, string][] = [
  ["no /proc", "umount -l /proc"],
  ["an empty /proc", "mount -t tmpfs none /proc"],
  ["a /proc of another namespace", "true"],
  ["hidepid=2", "mount -t proc -o hidepid=2 proc /proc"],
];

test.each(PROCS)("E8: descendants are found with %s", async (name, prepare) => {
  const seconds = uniqueSeconds();
  const inside = name.startsWith("a /proc") ? ["--pid", "--fork", "--kill-child"] : [];
  const wrapper = `exec ${EXEC.join(" ")} --timeout 400ms -- sh -c "${deep(2, seconds).replaceAll('"', '\\"')}; sleep 60"`;
  const script = `mount --make-rprivate / && ${prepare} && ${wrapper}`;
  const result = await run("unshare", ["-m", ...inside, "--", "sh", "-c", script]);
  expect(result.stderr).toBe('knell exec: "sh": not done within 400.0 ms; ended\n');
  expect(result.status).toBe(124);
  expect(result.milliseconds).toBeLessThan(400 + MARGIN_MS);
  await untilGone(`sleep ${seconds}`);
});

test("E8: a child that /proc hides, since it is another user's, is found and killed", async () => {
  const seconds = uniqueSeconds();
  const other = `setpriv --reuid 65534 --regid 65534 --clear-groups setsid -f sleep ${seconds}`;
  const script = `mount --make-rprivate / && mount -t proc -o hidepid=2 proc /proc && exec setpriv --bounding-set -sys_ptrace ${EXEC.join(" ")} --timeout 5s -- sh -c '${other}; sleep 0.1; ls /proc | grep -c "^[0-9]"'`;
  const result = await run("unshare", ["-m", "--", "sh", "-c", script]);
  expect(result).toMatchObject({ status: 0, stderr: "" });
  await untilGone(`sleep ${seconds}`);
});

test("E8: without the list of children /proc is scanned", async () => {
  const seconds = uniqueSeconds();
  const file = join(folder, "strace");
  const inject = ["-P", "/proc/thread-self/children", "-e", "inject=open,openat:error=ENOENT"];
  const words = ["-f", "-qq", "-o", file, ...inject, ...EXEC, "--timeout", "5s", "--"];
  const result = await run("strace", [...words, "sh", "-c", `setsid -f sleep ${seconds}`]);
  expect(result.status).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("INJECTED");
  await untilGone(`sleep ${seconds}`);
});

test.each(GUARDS)(
  "E9: --keep leaves what a command started when it ends by itself (%j)",
  async (guard) => {
    const seconds = uniqueSeconds();
    const script = `setsid -f sleep ${seconds} >/dev/null 2>&1; exit 4`;
    const words = [...guard, "--keep", "--timeout", "5s", "--", "sh", "-c", script];
    expect(await runExec(words)).toMatchObject({ status: 4, stderr: "" });
    // The command may end before what it started has become the sleep.
    const left = await untilRunning(`sleep ${seconds}`);
    expect(left).toHaveLength(1);
    signal(left[0], "SIGKILL");
  },
);

test("E9: with --keep the deadline and a signal still kill all", async () => {
  const seconds = uniqueSeconds();
  const script = `setsid -f sleep ${seconds}; echo ready; exec sleep 60`;
  const words = ["--keep", "--timeout", "300ms", "--", "sh", "-c", script];
  expect((await runExec(words)).status).toBe(124);
  await untilGone(`sleep ${seconds}`);
  const running = startExec(["--keep", "--", "sh", "-c", script]);
  await until("the command", () => running.stdout() === "ready\n");
  signal(running.pid, "SIGTERM");
  expect((await running.finished).status).toBe(143);
  await untilGone(`sleep ${seconds}`);
});

test.each(GUARDS)(
  "E10: a process of another user costs one line and no time (%j)",
  async (guard) => {
    const target = join(folder, "root-sleep");
    copyFileSync(program("root-sleep"), target);
    chmodSync(target, 0o4755);
    const user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const words = [...EXEC, ...guard, "--timeout", "400ms", "--", "sh", "-c", `${target}; true`];
    const result = await run("setpriv", [...user, ...words]);
    expect(result).toMatchObject({ status: 124, stdout: "root\n" });
    expect(result.milliseconds).toBeLessThan(400 + MARGIN_MS);
    expect(result.stderr).toMatch(
      /cannot kill process \d+ \(root-sleep\): it belongs to another user\n$/,
    );
    await untilGone(target, 5_000);
  },
);

const freezer = cgroup("freezer");
const isOldFreezer = existsSync("/sys/fs/cgroup/freezer");

test.skipIf(!freezer || !isOldFreezer)(
  "E10, E11: a process that does not end costs one line; exit and end of output come in time",
  async () => {
    const seconds = uniqueSeconds();
    const running = startExec(["--timeout", "500ms", "--", "sleep", seconds]);
    const [command = 0] = await untilRunning(`sleep ${seconds}`);
    const group = freezer?.make();
    group?.add(command);
    group?.freeze(true);
    const result = await running.finished;
    group?.freeze(false);
    expect(result.status).toBe(124);
    expect(result.milliseconds).toBeLessThan(500 + MARGIN_MS);
    expect(result.stderr).toContain(`cannot kill process ${command} (sleep): it does not end\n`);
    await untilGone(`sleep ${seconds}`);
    await group?.remove();
  },
);

test("E16, E17: 50 wrappers killed at random instants leave at most their guard as a zombie", async () => {
  const space = await startContainer();
  const tree = "setsid -f sleep 60; (sleep 60 &); sleep 60 & wait";
  for (let kills = 1; kills <= RACES; kills++) {
    const running = space.startExec([...EXEC, "--timeout", "10s", "--", "sh", "-c", tree]);
    const wrapper = await wrapperIn(space);
    await settle(Math.random() * 20);
    signal(wrapper.pid, "SIGKILL");
    await running.finished;
    await until(
      "only guards to be left",
      () => others(space).every((entry) => entry.state === "Z"),
      GONE_MS,
    );
    const left = others(space);
    expect(left.filter((entry) => entry.name !== "knell")).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(kills);
  }
  await space.stop();
}, 60_000);

test("E16: under knell init 50 killed wrappers leave nothing", async () => {
  const space = await startNamespace([KNELL, "init", "--", program("idle")]);
  for (let kills = 1; kills <= RACES; kills++) {
    const running = space.startExec([...EXEC, "--", "sh", "-c", "setsid -f sleep 60; sleep 60"]);
    const wrapper = await wrapperIn(space);
    await settle(Math.random() * 20);
    signal(wrapper.pid, "SIGKILL");
    await running.finished;
    await until("init and its child alone", () => space.processes().length === 2, GONE_MS);
  }
  await space.stop();
}, 60_000);

test("E17: the whole group of the wrapper killed leaves nothing", async () => {
  const seconds = uniqueSeconds();
  const running = startExec(["--", "sh", "-c", `setsid -f sleep ${seconds}; sleep 60`], {
    detached: true,
  });
  await untilRunning(`sleep ${seconds}`);
  process.kill(-running.pid, "SIGKILL");
  await running.finished;
  await untilGone(`sleep ${seconds}`);
});

test("E17: --no-guard is one process less", async () => {
  const guarded = startExec(["--", "sleep", "60"]);
  const alone = startExec(["--no-guard", "--", "sleep", "60"]);
  const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  await until("the command alone", () => {
    const child = childrenOf(alone.pid)[0];
    return child && nameOf(child) === "sleep";
  });
  expect(nameOf(childrenOf(guarded.pid)[0] ?? 0)).toBe("knell");
  signal(alone.pid, "SIGTERM");
  signal(guarded.pid, "SIGTERM");
  expect((await alone.finished).status).toBe(143);
  expect((await guarded.finished).status).toBe(143);
});

test("E18: when the guard alone is killed the outer process ends the tree and leaves with 125", async () => {
  const space = await startContainer();
  const running = space.startExec([...EXEC, "--", "sh", "-c", "setsid -f sleep 60; sleep 60"]);
  const wrapper = await wrapperIn(space);
  await until(
    "the tree",
    () => others(space).filter((entry) => entry.name === "sleep").length === 2,
  );
  signal(childrenOf(wrapper.pid)[0] ?? 0, "SIGKILL");
  const { status, stderr } = await running.finished;
  expect(status).toBe(125);
  expect(stderr).toBe("knell exec: the guard was killed by SIGKILL; the command is ended\n");
  await until("nothing to be left", () => others(space).length === 0, GONE_MS);
  await space.stop();
});

test("E18: when the outer process is killed its reader sees the end at once, and writes below fail", async () => {
  const file = join(folder, "write-failed");
  const script = `trap "" PIPE; echo ready; sleep 0.3; echo more || echo failed >${file}`;
  const running = startExec(["--no-guard", "--", "sh", "-c", script]);
  await until("the command", () => running.stdout() === "ready\n");
  const killedAt = performance.now();
  signal(running.pid, "SIGKILL");
  await running.finished;
  expect(performance.now() - killedAt).toBeLessThan(100 * SLACK);
  await until("the failed write", () => existsSync(file));
});

test("E18: a killed outer process ends the output of a guarded command at once", async () => {
  const seconds = uniqueSeconds();
  const running = startExec(["--", "sh", "-c", `echo ready; setsid -f sleep ${seconds}; sleep 60`]);
  await untilRunning(`sleep ${seconds}`);
  const killedAt = performance.now();
  signal(running.pid, "SIGKILL");
  await running.finished;
  expect(performance.now() - killedAt).toBeLessThan(100 * SLACK);
  await untilGone(`sleep ${seconds}`);
  expect(stateOf(running.pid)).toBeUndefined();
});
