// I59–I68, I73: what knell holds, writes, costs and needs.

import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { cgroup } from "./cgroup.ts";
import { KNELL as BINARY, childrenOf, type Finished, run, start, until } from "./harness.ts";
import { compare, INITS, type Init, isKnellRun, knellTest } from "./inits.ts";
import {
  type LaunchOptions,
  launch,
  launchAsPid1,
  launchRecorder,
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
const folder = mkdtempSync(join(tmpdir(), "init-hygiene-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

compare(
  "I59: the child has exactly the descriptors the init was given",
  { knell: true, tini: true },
  async (init) => {
    const stdio: ("pipe" | "ignore")[] = [
      "pipe",
      "pipe",
      "pipe",
      "ignore",
      "pipe",
      "ignore",
      "ignore",
      "pipe",
    ];
    const script = "cd /proc/$$/fd && echo *";
    const bare = await run("sh", ["-c", script], { stdio });
    const { stdout } = await runUnder(init, ["sh", "-c", script], { stdio });
    expect(bare.stdout).toMatch(/^0 1 2 .*\b4\b.*\b7\b/);
    return stdout === bare.stdout;
  },
);

/** Does the other end of a pipe see that the child has closed its own? */
async function sees(happens: (seen: () => void) => void): Promise<boolean> {
  const seen = new Promise<boolean>((resolve) => happens(() => resolve(true)));
  return Promise.race([seen, settle(100 * SLACK).then(() => false)]);
}

compare(
  "I60: what the child closes is closed: the other end sees it within 100 ms",
  {
    knell: { three: true, stdout: true, stdin: true },
    tini: { three: false, stdout: false, stdin: false },
    "dumb-init": { three: false, stdout: false, stdin: false },
    catatonit: { three: true, stdout: false, stdin: false },
  },
  async (init) => {
    const running = launch(init, ["sh", "-c", "exec 3>&- >&- <&-; exec sleep 60"], {
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      keepStdin: true,
    });
    const { stdin, stdout, stdio } = running.process;
    (stdio[3] as Readable).resume();
    const writing = setInterval(() => stdin?.write("x"), 10);
    const [three, out, input] = await Promise.all([
      sees((seen) => stdio[3]?.once("end", seen)),
      sees((seen) => stdout?.once("end", seen)),
      sees((seen) => stdin?.once("error", seen)),
    ]);
    clearInterval(writing);
    return { three, stdout: out, stdin: input };
  },
);

knellTest("I60: knell keeps stderr, and nothing else of what it was given", async () => {
  const recorder = await launchRecorder(KNELL, { stdio: ["pipe", "pipe", "pipe", "pipe"] });
  expect(readdirSync(`/proc/${recorder.init}/fd`)).toEqual(["2"]);
});

/** The middle of `count` durations. */
async function median(
  count: number,
  once: () => Promise<{ milliseconds: number }>,
): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < count; time++) times.push((await once()).milliseconds);
  return times.sort((left, right) => left - right)[count >> 1] ?? Number.NaN;
}

knellTest(
  "I61: a high RLIMIT_NOFILE (the highest this machine allows) adds less than 5 ms",
  async () => {
    const limit = (await run("sh", ["-c", "ulimit -Hn"])).stdout
      .trim()
      .replace("unlimited", String(2 ** 30));
    const time = (value: string) =>
      median(15, () =>
        runUnder(KNELL, ["true"], { before: [program("preset"), "-n", value, "--"] }),
      );
    expect((await time(limit)) - (await time("64"))).toBeLessThan(5 * SLACK);
  },
);

compare(
  "I61: the init works in /, the child where it was started",
  {
    knell: ["/", folder],
    tini: [folder, folder],
    "dumb-init": ["/", folder],
    catatonit: [folder, folder],
  },
  async (init) => {
    const running = launch(init, ["sleep", "60"], { cwd: folder });
    const child = await until("the child", () =>
      childrenOf(running.pid).find((pid) => nameOf(pid) === "sleep"),
    );
    return [running.pid, child].map((pid) => readlinkSync(`/proc/${pid}/cwd`));
  },
);

/** A pipe that nobody reads, open for writing that blocks; `fill` leaves no room in it. */
async function unreadPipe() {
  const path = join(folder, `fifo-${performance.now()}`);
  await run("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, "w");
  const fill = () => {
    const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    for (const size of [4096, 1]) {
      try {
        for (;;) writeSync(filler, Buffer.alloc(size, "x"));
      } catch {
        // EAGAIN: full
      }
    }
    closeSync(filler);
  };
  const close = () => {
    for (const file of [reader, writer]) closeSync(file);
  };
  return { writer, fill, close };
}

compare(
  "I62: with a full log pipe TERM is still forwarded",
  {
    knell: "ended",
    tini: "TERM is ignored",
    "dumb-init": "TERM is ignored",
    catatonit: "TERM is ignored",
  },
  async (init) => {
    const pipe = await unreadPipe();
    const options = { knell: ["-vvv"], tini: ["-vvv"], "dumb-init": ["-v"], catatonit: [] }[
      init.name
    ];
    const env = { ...process.env, CATATONIT_DEBUG: "1" };
    const running = launch(init, ["sleep", "60"], {
      options,
      env,
      stdio: ["ignore", pipe.writer, pipe.writer],
    });
    await until("the child", () => childrenOf(running.pid).find((pid) => nameOf(pid) === "sleep"));
    await settle(50);
    pipe.fill();
    signal(running.pid, "SIGTERM");
    const answer = await Promise.race([
      running.finished.then(() => "ended"),
      settle(1_500).then(() => "TERM is ignored"),
    ]);
    pipe.close();
    return answer;
  },
);

knellTest("I62: with a full log pipe orphans are reaped", async () => {
  const pipe = await unreadPipe();
  const running = launch(KNELL, [program("orphans"), "20", "300"], {
    options: ["-vvv", "-w"],
    stdio: ["ignore", "pipe", pipe.writer],
  });
  await until("the orphans", () => running.stdout() === "made\n");
  pipe.fill();
  await until("the reaping", () => childrenOf(running.pid).length === 1);
  pipe.close();
});

knellTest("I62: with stderr closed, or its reader gone, everything goes on", async () => {
  const closed = await runUnder(KNELL, ["sh", "-c", "exit 5"], {
    options: ["-vvv"],
    before: [program("preset"), "-x", "2", "--"],
  });
  expect(closed.status).toBe(5);
  const recorder = await launchRecorder(KNELL, { options: ["-vvv"], exits: ["15=6"] });
  recorder.process.stderr?.destroy();
  await settle(50);
  signal(recorder.init, "SIGUSR1");
  expect(await recorder.received(1)).toEqual([10]);
  signal(recorder.init, "SIGTERM");
  expect((await recorder.finished).status).toBe(6);
});

knellTest("I62: every line is one write of at most PIPE_BUF bytes, to stderr", async () => {
  const trace = join(folder, "writes");
  const before = ["strace", "-s", "5000", "-o", trace, "-e", "trace=write,writev,sendto,sendmsg"];
  const words = ["sh", "-c", "(exit 3 &); sleep 0.1", "x".repeat(20_000)];
  await runUnder(KNELL, words, { before, options: ["-vvv", "-w"] });
  await runUnder(KNELL, [`/${"y".repeat(20_000)}`], {
    before: [...before.slice(0, 3), "-A", ...before.slice(3)],
    options: ["-vvv"],
  });
  const writes = readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) => /^(write|send)/.test(line));
  expect(writes.length).toBeGreaterThan(3);
  for (const write of writes) {
    expect(write).toMatch(/^write\(2, ".*\\n", \d+\) += \d+$/);
    expect(write.match(/\\n/g)).toHaveLength(1);
    expect(Number(/(\d+)\) += /.exec(write)?.[1])).toBeLessThanOrEqual(4096);
  }
});

compare(
  "I62: a normal run says nothing",
  { knell: "", catatonit: "", "dumb-init": "" },
  async (init) =>
    (await runUnder(init, ["sh", "-c", "(sleep 0.05 &); sleep 0.1; kill -TERM $$"])).stderr,
);

for (const [name, seconds] of [
  ["knell", 5],
  ["tini", 2.5],
  ["dumb-init", 2.5],
  ["catatonit", 2.5],
] as const) {
  compare(
    "I63: an idle init is not woken up",
    { [name]: name === "tini" } as Partial<Record<typeof name, boolean>>,
    async (init) => {
      const running = launch(init, ["sleep", "60"]);
      await until("the child", () =>
        childrenOf(running.pid).find((pid) => nameOf(pid) === "sleep"),
      );
      await settle(200);
      const switches = () => statusOf(running.pid).voluntary_ctxt_switches;
      const before = switches();
      await settle(seconds * 1000);
      return switches() !== before;
    },
  );
}

knellTest("I63: with --drain and --stop-timeout set but not due knell sleeps as well", async () => {
  const running = launch(KNELL, ["sleep", "60"], {
    options: ["--drain=5s", "--stop-timeout=1s", "--wait-all"],
  });
  await until("the child", () => childrenOf(running.pid).find((pid) => nameOf(pid) === "sleep"));
  await settle(200);
  const before = statusOf(running.pid).voluntary_ctxt_switches;
  await settle(2_000);
  expect(statusOf(running.pid).voluntary_ctxt_switches).toBe(before);
});

knellTest("I64: at most 256 KiB resident, one thread", async () => {
  const recorder = await launchRecorder(KNELL);
  const { VmRSS, Threads } = statusOf(recorder.init);
  expect(Number.parseInt(VmRSS ?? "", 10)).toBeLessThanOrEqual(256);
  expect(Threads).toBe("1");
});

knellTest("I64: what an idle init runs lies within the first 64 KiB of code", async () => {
  const recorder = await launchRecorder(KNELL);
  const code = readFileSync(`/proc/${recorder.init}/smaps`, "utf8").split(/^(?=[0-9a-f]+-)/m)[0];
  expect(code).toMatch(/^\S+ r-xp /);
  expect(Number(/^Rss:\s+(\d+)/m.exec(code ?? "")?.[1])).toBeLessThanOrEqual(64);
});

knellTest("I64: nothing is allocated once the child runs", async () => {
  const trace = join(folder, "memory");
  const before = ["strace", "-o", trace, "-e", "trace=clone,fork,brk,mmap,mremap"];
  const script = "(sleep 0.1 &); kill -USR1 $PPID; kill -WINCH $PPID; trap '' USR1; sleep 0.3";
  await runUnder(KNELL, ["sh", "-c", script], { before, options: ["-w", "--drain=1s"] });
  const calls = readFileSync(trace, "utf8").split("\n");
  const fork = calls.findIndex((line) => /^(clone|fork)\(/.test(line));
  expect(fork).toBeGreaterThanOrEqual(0);
  expect(
    calls.slice(fork + 1).filter((line) => /^(brk|mmap|mremap|clone|fork)/.test(line)),
  ).toEqual([]);
});

compare(
  "I64: start and exit take at most 2 ms more than the program alone",
  { knell: true, tini: true },
  async (init) => {
    const bare = await median(25, () => run(program("preset"), ["--", "true"]));
    const under = await median(25, () => runUnder(init, [program("preset"), "--", "true"]));
    return under - bare < 2 * SLACK;
  },
);

/** A folder with nothing but knell and what the tests run in it. */
const root = join(folder, "root");
mkdirSync(root);
for (const [path, name] of [
  [BINARY, "knell"],
  ...["recorder", "orphans", "preset"].map((name) => [program(name), name]),
] as const) {
  copyFileSync(path as string, join(root, name as string));
}

/** What an init has to do anywhere: forward, reap, drain, hand the code on, and all that silently. */
async function works(
  before: readonly string[],
  at: string,
  options: Partial<LaunchOptions> = {},
): Promise<void> {
  const init: Init = { ...KNELL, command: [join(at, "knell"), "init"] };
  const recorder = launch(init, [join(at, "recorder"), "15=3"], { ...options, before });
  await until("the recorder", () => recorder.stdout().includes("ready"));
  const pid = await initBelow(recorder.pid);
  signal(pid, "SIGUSR1");
  await until("USR1", () => recorder.stdout().includes("\n10 "));
  signal(pid, "SIGTERM");
  expect(await recorder.finished).toMatchObject({ status: 3, stderr: "" });
  const orphans = launch(init, [join(at, "orphans"), "20", "50"], { ...options, before });
  await until("the orphans", () => orphans.stdout() === "made\n");
  const reaper = await initBelow(orphans.pid);
  await until("the reaping", () => childrenOf(reaper).length === 1);
  signal(reaper, "SIGTERM");
  expect(await orphans.finished).toMatchObject({ status: 143, stderr: "" });
  const words = [join(at, "orphans"), "leave", "3", "60000"];
  const drained: Finished = await runUnder(init, words, {
    ...options,
    before,
    options: ["--drain=10s"],
  });
  expect(drained).toMatchObject({ status: 3, stderr: "" });
  expect(drained.milliseconds).toBeLessThan(5_000);
}

/** What stands before knell may stay as its parent. */
function initBelow(pid: number): Promise<number> {
  return until("knell", () => [pid, ...childrenOf(pid)].find((one) => nameOf(one) === "knell"));
}

const IN_ROOT = ["chroot", root];
const MOUNTED = `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root} && exec chroot ${root} "$@"`;

test.runIf(isKnellRun).each<[string, string[], string]>([
  ["an empty root: no /proc, /dev, /tmp, /etc", IN_ROOT, "/"],
  ["a read-only root", ["unshare", "-m", "sh", "-c", MOUNTED, "sh"], "/"],
  ["an empty environment", ["env", "-i"], root],
  [
    "a user who is not in /etc/passwd",
    ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"],
    root,
  ],
  ["no capabilities", ["setpriv", "--bounding-set=-all", "--inh-caps=-all"], root],
  ["no_new_privs", ["setpriv", "--no-new-privs"], root],
  ["a user namespace that maps nobody", ["unshare", "-U"], root],
  ["a user namespace that maps root", ["unshare", "-Ur"], root],
])("I65: works with %s", async (_, before, at) => {
  await works(before, at);
});

knellTest("I65: in an empty root as PID 1, as any user", async () => {
  const before = ["chroot", "--userspec=54321:54321", root];
  const init: Init = { ...KNELL, command: ["/knell", "init"] };
  const space = await launchAsPid1(init, ["/orphans", "20", "50"], {
    before,
    options: ["--drain=5s"],
  });
  await until("the orphans", () => space.stdout() === "made\n");
  await until("the reaping", () => childrenOf(space.init).length === 1);
  signal(space.init, "SIGTERM");
  expect(await space.finished).toMatchObject({ status: 143, stderr: "" });
});

knellTest("I65: without /proc only the name in a -w line is missing", async () => {
  const init: Init = { ...KNELL, command: ["/knell", "init"] };
  const running = launch(init, ["/orphans", "3", "10"], { before: IN_ROOT, options: ["-w"] });
  await until("three lines", () => running.stderr().split("\n").length === 4);
  signal(running.pid, "SIGTERM");
  expect((await running.finished).status).toBe(143);
});

for (const error of ["ENOSYS", "EPERM"]) {
  knellTest(
    `I66: system calls newer than Linux 4.14, signalfd4 and ptrace answer ${error}: no message, all works`,
    async () => {
      await works([program("deny"), error, "new", "signalfd4", "ptrace", "--"], root);
    },
  );
}

/** The system calls of knell and, up to its execve, of its child. A seccomp profile needs no more than these. */
const SYSTEM_CALLS = [
  ...[
    "arch_prctl",
    "brk",
    "chdir",
    "clone",
    "close",
    "close_range",
    "dup3",
    "execve",
    "exit",
    "exit_group",
  ],
  ...[
    "fcntl",
    "getdents64",
    "geteuid",
    "getpgid",
    "getpid",
    "getppid",
    "getsid",
    "gettid",
    "getuid",
    "ioctl",
  ],
  ...[
    "kill",
    "lseek",
    "mmap",
    "mprotect",
    "munmap",
    "open",
    "openat",
    "pidfd_open",
    "pidfd_send_signal",
    "poll",
  ],
  ...[
    "ppoll",
    "prctl",
    "ptrace",
    "read",
    "readlink",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigqueueinfo",
  ],
  ...[
    "rt_sigreturn",
    "rt_sigtimedwait",
    "set_tid_address",
    "setpgid",
    "setsid",
    "signalfd4",
    "stat",
  ],
  ...["tgkill", "tkill", "waitid", "wait4", "write"],
];

knellTest("I66: knell makes no system call beside the listed ones", async () => {
  const trace = join(folder, "calls");
  const before = ["strace", "-f", "-qq", "-o", trace];
  const script = `(setsid sh -c 'sleep 0.1' &); kill -USR2 $PPID; kill -40 $PPID; trap 'exit 2' TERM; kill -TERM $PPID; sleep 0.5`;
  for (const options of [
    ["-vvv", "-w", "--drain=1s", "--rewrite", "USR2:0"],
    ["--forward", "tree", "--stop-timeout=2s", "--child-pdeathsig=TERM", "-p", "HUP"],
    ["--setsid", "--wait-all"],
  ]) {
    await runUnder(KNELL, ["sh", "-c", script], { before, options });
    const lines = readFileSync(trace, "utf8").trim().split("\n");
    const knell = lines[0]?.split(" ")[0];
    const isKnell = (line: string) => line.startsWith(`${knell} `);
    const child = lines.find((line) => !isKnell(line))?.split(" ")[0];
    const ofChild = lines.filter((line) => line.startsWith(`${child} `));
    const executed = ofChild.findIndex((line) => /execve.* = 0$/.test(line));
    expect(executed).toBeGreaterThan(0);
    const own = [...lines.filter(isKnell), ...ofChild.slice(0, executed + 1)];
    const names = new Set(own.flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []));
    expect([...names].filter((name) => !SYSTEM_CALLS.includes(name))).toEqual([]);
  }
});

/** An init with -p under a parent that is then killed; gives the signals that its child got. */
async function orphaned(init: Init, option: string): Promise<number[]> {
  const words = [...init.command, "-p", option, "--", program("recorder")];
  const parent = start("sh", ["-c", '"$@" & wait', "sh", ...words]);
  await until("the recorder", () => parent.stdout().includes("ready"));
  signal(parent.pid, "SIGKILL");
  await until("a signal", () => parent.stdout().split("\n").length > 2, 3_000);
  return parent
    .stdout()
    .split("\n")
    .slice(1, -1)
    .map((line) => Number.parseInt(line, 10));
}

compare(
  "I67: -p SIGUSR1: when its parent dies the init gets that signal",
  { knell: [10], tini: [10] },
  (init) => orphaned(init, "SIGUSR1"),
);

test.runIf(isKnellRun).each([
  ["USR2", 12],
  ["TERM", 15],
  ["15", 15],
  ["SIGPWR", 30],
  ["SIGRTMIN", 34],
  ["RTMIN+3", 37],
  ["40", 40],
])("I67: -p takes %s", async (option, number) => {
  expect(await orphaned(KNELL, option)).toEqual([number]);
});

compare(
  "I67: a name that is none is refused",
  { knell: 1, tini: 1 },
  async (init) => (await runUnder(init, ["true"], { options: ["-p", "SIGNONE"] })).status,
);

/** True while strace holds the process at the entry of prctl. */
function isInPrctl(pid: number): boolean {
  const number = process.arch === "x64" ? "157" : "167";
  return readFileSync(`/proc/${pid}/syscall`, "utf8").startsWith(`${number} `);
}

compare(
  "I67: a parent that dies before prctl is heard all the same",
  { knell: "raised", tini: "missed" },
  async (init) => {
    // -D: strace is not in between, the shell is the init's parent. The child blocks USR1 from its birth on.
    const inject = "inject=prctl:delay_enter=2000000:when=1";
    const slow = ["strace", "-D", "-o", "/dev/null", "-e", inject];
    const blocked = [program("preset"), "-b", "10", "--"];
    const words = [...blocked, ...init.command, "-p", "SIGUSR1", "--", program("recorder")];
    for (;;) {
      const parent = start("sh", ["-c", '"$@" & wait', "sh", ...slow, ...words]);
      const pid = await until("the init", () =>
        childrenOf(parent.pid).find((child) => nameOf(child) === init.name),
      );
      await until("its prctl", () => isInPrctl(pid) || childrenOf(pid).length > 0);
      signal(parent.pid, "SIGKILL");
      await until("the parent's end", () => stateOf(parent.pid) === undefined);
      // On a busy machine the delay may be over before: then this was another case.
      const isDelayed = isInPrctl(pid);
      await until("the recorder", () => parent.stdout().includes("ready"));
      await settle(300);
      if (isDelayed) return /^10 /m.test(parent.stdout()) ? "raised" : "missed";
    }
  },
);

knellTest("I67: a parent outside the namespace: the kernel's delivery counts", async () => {
  const recorder = await launchRecorderAsPid1(KNELL, { options: ["-p", "USR1"] });
  expect(recorder.numbers()).toEqual([]);
  signal(recorder.pid, "SIGKILL");
  expect(await recorder.received(1)).toEqual([10]);
});

knellTest("I68: --child-pdeathsig: when knell is killed its child gets that signal", async () => {
  const recorder = await launchRecorder(KNELL, { options: ["--child-pdeathsig", "RTMIN+1"] });
  signal(recorder.init, "SIGKILL");
  expect(await recorder.received(1)).toEqual([35]);
});

knellTest(
  "I68: --child-pdeathsig: a knell that dies before the child's prctl is heard all the same",
  async () => {
    // Every prctl is late; the last one is the child's.
    const slow = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "inject=prctl:delay_enter=300000"];
    const words = [
      program("preset"),
      "-b",
      "10",
      "--",
      ...KNELL.command,
      "--child-pdeathsig=USR1",
      "--",
      program("recorder"),
    ];
    const running = start("sh", ["-c", '"$@" & wait', "sh", ...slow, ...words]);
    const init = await until("knell", () =>
      childrenOf(running.pid).find((pid) => nameOf(pid) === "knell"),
    );
    await until("the child", () => childrenOf(init)[0]);
    signal(init, "SIGKILL");
    await until("USR1", () => /^10 /m.test(running.stdout()));
  },
);

knellTest("I68: without the option the child outlives a killed knell", async () => {
  const recorder = await launchRecorder(KNELL);
  signal(recorder.init, "SIGKILL");
  await settle(100);
  expect([recorder.numbers(), stateOf(recorder.child)]).toEqual([[], "S"]);
});

const memory = cgroup("memory");
test.runIf(isKnellRun && memory)(
  "I73: the main child killed for want of memory: 137, and -v counts the kills",
  async () => {
    const group = memory?.make();
    const isOld = group?.path.includes("/memory/");
    group?.write(isOld ? "memory.limit_in_bytes" : "memory.max", String(16 << 20));
    const before = ["sh", "-c", `echo $$ > ${group?.path}/cgroup.procs; exec "$@"`, "sh"];
    const { status, stderr } = await runUnder(KNELL, ["tail", "/dev/zero"], {
      before,
      options: ["-v"],
    });
    expect(status).toBe(137);
    if (!isOld) expect(stderr).toMatch(/oom_kill/);
    await group?.remove();
  },
);

knellTest("I73: oom_score_adj is inherited, not changed", async () => {
  const before = ["sh", "-c", 'echo 123 > /proc/self/oom_score_adj; exec "$@"', "sh"];
  const script = "cat /proc/$PPID/oom_score_adj /proc/self/oom_score_adj";
  expect((await runUnder(KNELL, ["sh", "-c", script], { before })).stdout).toBe("123\n123\n");
});
