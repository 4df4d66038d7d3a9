// I10–I18: from the command line to a running child.

import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { KNELL as BINARY, childrenOf, run, until } from "./harness.ts";
import { compare, INITS, type Init, isKnellRun, knellTest } from "./inits.ts";
import {
  type LaunchOptions,
  launch,
  launchAsPid1,
  nameOf,
  runUnder,
  settle,
  signal,
  signalsIn,
  statusOf,
} from "./launch.ts";
import { program } from "./programs.ts";
import { RACES, SLACK } from "./timing.ts";

const KNELL = INITS.knell;
const folder = mkdtempSync(join(tmpdir(), "init-spawning-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const ELF_OTHER = Buffer.alloc(64);
ELF_OTHER.write("\x7fELF\x02\x01\x01", 0, "latin1");
ELF_OTHER.writeUInt16LE(2, 16);
ELF_OTHER.writeUInt16LE(183, 18);

const status = async (init: Init, words: string[]) => (await runUnder(init, words)).status;

compare(
  "I10: a program that does not exist: 127",
  { knell: [127, 127], tini: [127, 127], "dumb-init": [2, 2], catatonit: [1, 1] },
  async (init) => [
    await status(init, ["no-such-program"]),
    await status(init, ["/no/such/program"]),
  ],
);

compare(
  "I10: a folder, or a file without x: 126",
  { knell: [126, 126], tini: [126, 126], "dumb-init": [2, 2], catatonit: [1, 1] },
  async (init) => [
    await status(init, ["/etc"]),
    await status(init, [file("not-executable", "#!/bin/sh\n", 0o644)]),
  ],
);

compare(
  "I10: ENOTDIR, ELOOP, ENAMETOOLONG: 126",
  { knell: [126, 126, 126], tini: [1, 1, 1], "dumb-init": [2, 2, 2], catatonit: [1, 1, 1] },
  async (init) => {
    const loop = join(folder, "loop");
    rmSync(loop, { force: true });
    symlinkSync(loop, loop);
    return [
      await status(init, ["/etc/passwd/x"]),
      await status(init, [loop]),
      await status(init, [`/${"x".repeat(300)}`]),
    ];
  },
);

test.runIf(isKnellRun).each([
  ["", "/no/such/program", /"\/no\/such\/program".*ENOENT/],
  ["", "/etc", /"\/etc".*EACCES/],
  ["-vvv", "/etc", /"\/etc".*EACCES/],
  ["TINI_VERBOSITY=0", "/etc", /"\/etc".*EACCES/],
])("I10: %s %s: one line names program and reason at every verbosity", async (how, path, line) => {
  const env = how.includes("=") ? { ...process.env, TINI_VERBOSITY: "0" } : process.env;
  const { stderr } = await runUnder(KNELL, [path], {
    options: how.startsWith("-") ? [how] : [],
    env,
  });
  expect(stderr.split("\n").filter((text) => line.test(text))).toHaveLength(1);
});

knellTest("I11: a script whose interpreter is missing: 127, and the line names it", async () => {
  const { status, stderr } = await runUnder(KNELL, [file("script", "#!/no/such/interpreter -x\n")]);
  expect(status).toBe(127);
  expect(stderr).toContain('"/no/such/interpreter"');
});

knellTest("I11: a program whose loader is missing: 127, and the line names it", async () => {
  const source = file("dynamic.c", "int main(void) { return 0; }\n");
  const target = join(folder, "dynamic");
  await run("gcc", [source, "-Wl,--dynamic-linker=/no/such/ld.so", "-o", target]);
  const { status, stderr } = await runUnder(KNELL, [target]);
  expect(status).toBe(127);
  expect(stderr).toContain('"/no/such/ld.so"');
});

compare(
  "I12: a text file without #! and an empty file run under /bin/sh",
  { knell: [5, "text a\n", 0], tini: [5, "text a\n", 0] },
  async (init) => {
    const text = await runUnder(init, [file("text", "echo text $1; exit 5\n"), "a"]);
    return [text.status, text.stdout, await status(init, [file("empty", "")])];
  },
);

compare(
  "I12: an ELF file that cannot run is not handed to a shell: 126",
  { knell: 126, tini: 127, "dumb-init": 127, catatonit: 127 },
  (init) => status(init, [file("damaged", Buffer.from("\x7fELF\x02\x01\x01", "latin1"))]),
);

knellTest("I12: an ELF file for another machine: both machines are named", async () => {
  const { stderr } = await runUnder(KNELL, [file("other-machine", ELF_OTHER)]);
  expect(stderr).toMatch(/aarch64.*x86-64/);
});

knellTest("I12: a text file where there is no /bin/sh: 126", async () => {
  const root = join(folder, "root");
  await run("sh", ["-c", `mkdir -p ${root} && cp ${BINARY} ${root}/knell`]);
  file("root/text", "echo text\n");
  const { status } = await run("chroot", [root, "/knell", "init", "/text"]);
  expect(status).toBe(126);
});

compare("I13: fork that fails with EAGAIN exits 1", { knell: 1, tini: 1 }, async (init) => {
  const inject = ["strace", "-o", "/dev/null", "-e", "inject=clone,fork,clone3:error=EAGAIN"];
  return (await runUnder(init, ["true"], { before: inject })).status;
});

knellTest.each(["EAGAIN", "ENOMEM"])(
  "I13: fork that fails with %s: one line with the pids limit",
  async (error) => {
    const inject = ["strace", "-o", "/dev/null", "-e", `inject=clone,fork,clone3:error=${error}`];
    const { status, stderr } = await runUnder(KNELL, ["true"], { before: inject });
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^knell.*${error}.*\n$`));
  },
);

compare(
  "I14: a failure is reported once, although stdout and stderr are a pipe and fork has copied the buffers",
  { knell: true, tini: false },
  async (init) => {
    const { stdout } = await run("sh", [
      "-c",
      '"$@" -s -vvv /no/such/program 2>&1 | cat',
      "sh",
      ...init.command,
    ]);
    const lines = stdout.trim().split("\n");
    return lines.length > 0 && new Set(lines).size === lines.length;
  },
);

const STATE = `
  self=$(cut -d' ' -f5,6 /proc/$$/stat); parent=$(cut -d' ' -f6 /proc/$PPID/stat)
  [ "\${self% *}" = $$ ] && echo "new group"
  [ "\${self#* }" = "$parent" ] && echo "same session"
  pwd; umask; nice; ulimit -c; ulimit -n; readlink /proc/$$/root
  cat /proc/$$/oom_score_adj /proc/$$/cgroup; id
  grep -E '^(Cap|NoNewPrivs)' /proc/$$/status`;

compare(
  "I15: the child has a new group, the same session, and everything else as it was",
  { knell: true, tini: true },
  async (init) => {
    const before = [
      "sh",
      "-c",
      'umask 027; ulimit -c 8; ulimit -n 100; echo 77 > /proc/self/oom_score_adj; exec "$@"',
      ...["sh", "nice", "-n", "7", "setpriv", "--no-new-privs", "--bounding-set=-net_raw"],
    ];
    const under = await runUnder(init, ["sh", "-c", STATE], { before, cwd: folder });
    const [command = "", ...args] = [...before, "sh", "-c", STATE];
    const bare = await run(command, args, { cwd: folder });
    const lines = under.stdout.split("\n");
    expect(lines.slice(0, 5)).toEqual(["new group", "same session", folder, "0027", "7"]);
    // Without an init the group is the test's own: only what follows is compared.
    expect(lines.slice(2)).toEqual(bare.stdout.split("\n").slice(-(lines.length - 2)));
    return under.status === 0;
  },
);

/** Starts `words` under the init under strace that tampers with its system calls; gives strace and the init. */
async function tamper(init: Init, inject: string, words: string[], options: LaunchOptions = {}) {
  const before = [
    "strace",
    "-f",
    "-o",
    "/dev/null",
    "-e",
    `inject=${inject}`,
    ...(options.before ?? []),
  ];
  const running = launch(init, words, { ...options, before });
  const name = basename(init.command[0] ?? "");
  const pid = await until("the init", () =>
    childrenOf(running.pid).find((child) => nameOf(child) === name),
  );
  return { running, pid };
}

compare(
  "I16: a signal to the group right behind fork arrives although the child's setpgid is late",
  { knell: 143, tini: "the child runs on" },
  async (init) => {
    const { running, pid } = await tamper(init, "setpgid:delay_enter=1000000", ["sleep", "30"], {
      options: ["-g"],
    });
    await until("the child", () => childrenOf(pid)[0]);
    signal(pid, "SIGTERM");
    const ended = running.finished.then(({ status }) => status);
    return Promise.race([ended, settle(3500).then(() => "the child runs on")]);
  },
);

compare(
  "I16: a signal that comes before fork is delivered after it",
  { knell: [10, 12], tini: [10, 12] },
  async (init) => {
    // Blocked in the child from its birth on: it cannot die of what comes before it listens.
    const { running, pid } = await tamper(
      init,
      "clone,fork,clone3:delay_enter=300000:when=1",
      [program("recorder"), "12=0"],
      { before: [program("preset"), "-b", "10,12", "--"] },
    );
    await until("the init's own mask", () => signalsIn(statusOf(pid).SigBlk).includes(15));
    signal(pid, "SIGUSR1");
    await until("the signal", () => running.stdout().includes("\n10 "));
    signal(pid, "SIGUSR2");
    const { stdout } = await running.finished;
    return stdout
      .split("\n")
      .slice(1, -1)
      .map((line) => Number.parseInt(line, 10));
  },
);

knellTest(
  "I17: all signals are blocked within 5 ms of execve and before anything else is done",
  async () => {
    const trace = join(folder, "trace");
    await runUnder(KNELL, ["true"], { before: ["strace", "-ttt", "-o", trace] });
    const calls = readFileSync(trace, "utf8")
      .split("\n")
      .map((line) => line.split(" ", 2));
    const at = calls.findIndex(([, call]) => call?.startsWith("rt_sigprocmask(SIG_SETMASK,"));
    const before = calls.slice(0, at).map(([, call]) => call?.replace(/\(.*/s, ""));
    // What the C library does before main.
    const start = ["execve", "arch_prctl", "set_tid_address", "brk", "mmap", "mprotect", "munmap"];
    expect(before.filter((call) => !start.includes(call ?? ""))).toEqual([]);
    const seconds = Number(calls[at]?.[0]) - Number(calls[0]?.[0]);
    expect(seconds * 1000).toBeLessThan(5 * SLACK);
  },
);

knellTest(`I17: PID 1 loses no signal from 5 ms after its execve on (${RACES} times)`, async () => {
  for (let time = 0; time < RACES; time++) {
    const space = await launchAsPid1(KNELL, [program("recorder"), "10=0"]);
    await until("knell's execve", () => readlinkSync(`/proc/${space.init}/exe`) === BINARY);
    await settle(5);
    signal(space.init, "SIGUSR1");
    const { status } = await space.finished;
    // 138 if it came before the recorder had blocked it: that is an arrival as well.
    expect([0, 138]).toContain(status);
  }
});

for (const closed of ["0", "1", "2", "0,1,2"]) {
  compare(
    `I18: fd ${closed} closed on entry stays closed for the child and is no error`,
    {
      knell: 42,
      ...(closed.startsWith("0") ? { tini: 1 } : {}),
    },
    async (init) => {
      const first = closed.slice(0, 1);
      const script = `[ -e /proc/self/fd/${first} ] && exit 1; exit 42`;
      const before = [program("preset"), "-x", closed, "--"];
      return (await runUnder(init, ["sh", "-c", script], { before })).status;
    },
  );
}
