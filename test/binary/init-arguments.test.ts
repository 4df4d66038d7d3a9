// I1–I9: the command line and the environment.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { childrenOf, type Finished, run, until } from "./harness.ts";
import { compare, INITS, type Init, isKnellRun, knellTest } from "./inits.ts";
import { launch, launchRecorder, runUnder, settle, signal } from "./launch.ts";
import { program } from "./programs.ts";

const KNELL = INITS.knell;
const folder = mkdtempSync(join(tmpdir(), "init-arguments-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The init's command line as given, without the "--" that the other helpers put before the program. */
async function plain(
  init: Init,
  words: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Finished> {
  const [command = "", ...args] = [...init.command, ...words];
  return run(command, args, env ? { env: { ...process.env, ...env } } : {});
}

async function printed(
  init: Init,
  words: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  const { status, stdout } = await plain(init, words, env);
  return `${status} ${stdout.split("\n")[0]}`;
}

compare(
  "I1: options end at the first word that is none",
  { knell: "0 -l", tini: "0 The MIT License (MIT)", "dumb-init": "0 -l", catatonit: "1 " },
  (init) => printed(init, ["echo", "-l"]),
);

compare("I1: POSIXLY_CORRECT changes nothing", { knell: "0 -l", tini: "0 -l" }, (init) =>
  printed(init, ["echo", "-l"], { POSIXLY_CORRECT: "1" }),
);

compare(
  "I2: a -- after the program belongs to the program",
  { knell: "0 x -- -l", tini: "0 x -l", "dumb-init": "0 x -- -l", catatonit: "0 x -l" },
  (init) => printed(init, ["echo", "x", "--", "-l"]),
);

compare(
  "I2: a -- before the program is eaten, and no second one",
  { knell: "0 x -- -l", tini: "0 x -- -l", "dumb-init": "0 x -- -l", catatonit: "0 x -- -l" },
  (init) => printed(init, ["--", "echo", "x", "--", "-l"]),
);

compare(
  "I2: -- -- true looks for a program named --",
  { knell: 127, tini: 127 },
  async (init) => (await plain(init, ["--", "--", "true"])).status,
);

compare("I3: -e143 and -e 143 both take a value", { knell: [0, 0], tini: [0, 0] }, async (init) => {
  const script = ["sh", "-c", "kill $$"];
  const glued = await runUnder(init, script, { options: ["-e143"] });
  const apart = await runUnder(init, script, { options: ["-e", "143"] });
  return [glued.status, apart.status];
});

compare("I3: -e repeats", { knell: [0, 0, 5], tini: [0, 0, 5] }, (init) =>
  Promise.all(
    [3, 4, 5].map(
      async (code) =>
        (await runUnder(init, ["sh", "-c", `exit ${code}`], { options: ["-e", "3", "-e4"] }))
          .status,
    ),
  ),
);

compare(
  "I3: -pSIGTERM takes the glued value",
  { knell: 0 },
  async (init) => (await runUnder(init, ["true"], { options: ["-pSIGTERM"] })).status,
);

compare(
  "I3: a cluster of flags is as good as each alone",
  { knell: 0, tini: 0 },
  async (init) => (await runUnder(init, ["true"], { options: ["-gswvvv"] })).status,
);

test
  .runIf(isKnellRun)
  .each([
    [["--subreaper"]],
    [["--group"]],
    [["--warn-on-reap"]],
    [["--verbose"]],
    [["--pdeathsig", "TERM"]],
    [["--pdeathsig=TERM"]],
    [["--remap-exit", "7"]],
    [["--remap-exit=7"]],
  ])("I3: the long form %j is taken", async (options) => {
  const result = await runUnder(KNELL, ["echo", "ran"], { options });
  expect(result).toMatchObject({ status: 0, stdout: "ran\n" });
});

for (const [words, what] of [
  [["-Z", "true"], "an unknown option"],
  [["-e"], "a missing value"],
  [[], "no program"],
  [["-w"], "an option and no program"],
  [["--version", "x"], "--version with another word"],
] as const) {
  compare(
    `I4: ${what} is a usage error: stderr, 1, nothing started`,
    { knell: { status: 1, stdout: "", said: true }, tini: { status: 1, stdout: "", said: true } },
    async (init) => {
      const { status, stdout, stderr } = await plain(init, words);
      return { status, stdout, said: /usage|--help/i.test(stderr) };
    },
  );
}

for (const option of ["-h", "-l", "--version"]) {
  compare(
    `I4: ${option} answers on stdout and exits 0`,
    {
      knell: { status: 0, answered: true, stderr: "" },
      tini: { status: 0, answered: true, stderr: "" },
    },
    async (init) => {
      const { status, stdout, stderr } = await plain(init, [option]);
      return { status, answered: stdout.length > 4, stderr };
    },
  );
}

compare(
  "I4: after -- programs named -h and --version run",
  { knell: ["ran -h\n", "ran --version\n"], tini: ["ran -h\n", "ran --version\n"] },
  async (init) => {
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    const names = ["-h", "--version"];
    for (const name of names) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "ran ${name}"\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const env = { PATH: `${bin}:${process.env.PATH}` };
    return Promise.all(names.map(async (name) => (await plain(init, ["--", name], env)).stdout));
  },
);

compare(
  "I5: arguments and environment are bytes: no UTF-8, newlines, nothing, 128 KiB, duplicates",
  { knell: "same\n", tini: "same\n" },
  async (init) => {
    const path = (await run("which", [init.command[0] ?? ""])).stdout.trim();
    return (await run(program("bytes"), [path, ...init.command.slice(1)])).stdout;
  },
);

/** A script named `name` in the folder `inside`, that prints `text`. */
function script(inside: string, name: string, text: string, mode = 0o755): string {
  mkdirSync(join(folder, inside), { recursive: true });
  const path = join(folder, inside, name);
  writeFileSync(path, `#!/bin/sh\necho "${text}"\n`);
  chmodSync(path, mode);
  return path;
}

compare(
  "I6: a program with a slash is used as it is",
  { knell: "here\n", tini: "here\n" },
  async (init) => {
    script("cwd", "a-program", "here");
    return (await runUnder(init, ["./a-program"], { cwd: join(folder, "cwd") })).stdout;
  },
);

compare(
  "I6: an empty element of PATH is the current folder",
  { knell: "here\n", tini: "here\n" },
  async (init) => {
    script("cwd", "a-program", "here");
    const env = { ...process.env, PATH: "/nowhere::/usr/bin" };
    const command = [
      (await run("which", [init.command[0] ?? ""])).stdout.trim(),
      ...init.command.slice(1),
    ];
    return (await runUnder({ ...init, command }, ["a-program"], { cwd: join(folder, "cwd"), env }))
      .stdout;
  },
);

compare(
  "I6: without PATH there is a built-in one",
  { knell: "ran\n", tini: "ran\n" },
  async (init) => {
    const words = ["-u", "PATH", (await run("which", [init.command[0] ?? ""])).stdout.trim()];
    return (await run("env", [...words, ...init.command.slice(1), "--", "echo", "ran"])).stdout;
  },
);

compare(
  "I6: EACCES in one folder of PATH does not end the search",
  { knell: ["second\n", 126], tini: ["second\n", 126] },
  async (init) => {
    script("first", "twice", "first", 0o644);
    script("second", "twice", "second");
    const path = (folders: string[]) => ({
      ...process.env,
      PATH: [...folders.map((name) => join(folder, name)), "/usr/bin", "/bin"].join(":"),
    });
    const found = await runUnder(init, ["twice"], { env: path(["first", "second"]) });
    const denied = await runUnder(init, ["twice"], { env: path(["first", "nowhere"]) });
    return [found.stdout, denied.status];
  },
);

compare(
  "I6: argv[0] of the child is the program as typed",
  { knell: "cat\0/proc/self/cmdline\0", tini: "cat\0/proc/self/cmdline\0" },
  async (init) => (await runUnder(init, ["cat", "/proc/self/cmdline"])).stdout,
);

compare(
  "I6: an empty program name exits 127",
  { knell: 127, tini: 127 },
  async (init) => (await runUnder(init, [""])).status,
);

/** Do orphans come to the init although it is not PID 1? */
async function adopts(init: Init, env: NodeJS.ProcessEnv): Promise<boolean> {
  const words = [program("orphans"), "1", "10000"];
  const running = launch(init, words, { env: { ...process.env, ...env } });
  await until("the orphan", () => running.stdout() === "made\n");
  return childrenOf(running.pid).length === 2;
}

for (const value of ["1", "0", ""]) {
  compare(`I7: TINI_SUBREAPER counts as set for "${value}"`, { knell: true, tini: true }, (init) =>
    adopts(init, { TINI_SUBREAPER: value }),
  );
}

/** Is a signal sent to the child's whole group? */
async function signalsGroup(
  init: Init,
  env: NodeJS.ProcessEnv,
  options: string[] = [],
): Promise<boolean> {
  // The shell ignores USR1, its child does not: only a signal to the group ends it, and the shell after it.
  const group = `trap '' USR1; python3 -c '
import signal, os
signal.signal(signal.SIGUSR1, signal.SIG_DFL)
print("started", flush=True)
os.execvp("sleep", ["sleep", "30"])' & wait $!; exit 5`;
  const running = launch(init, ["sh", "-c", group], { options, env: { ...process.env, ...env } });
  await until("the grandchild", () => running.stdout() === "started\n");
  signal(running.pid, "SIGUSR1");
  const ended = await Promise.race([
    running.finished.then(() => true),
    settle(300).then(() => false),
  ]);
  return ended;
}

for (const value of ["1", "0", ""]) {
  compare(
    `I7: TINI_KILL_PROCESS_GROUP counts as set for "${value}"`,
    { knell: true, tini: true },
    (init) => signalsGroup(init, { TINI_KILL_PROCESS_GROUP: value }),
  );
}

compare(
  "I7: TINI_VERBOSITY replaces the count of -v; what is no number is 0",
  { knell: [true, false, false], tini: [true, false, false] },
  (init) =>
    Promise.all(
      ["3", "0", "much"].map(async (value) => {
        const env = { ...process.env, TINI_VERBOSITY: value, TINI_SUBREAPER: "" };
        const { stdout, stderr } = await runUnder(init, ["true"], { options: ["-vvv"], env });
        return `${stdout}${stderr}`.length > 0;
      }),
    ),
);

knellTest("I8: KNELL_GROUP makes the group the target, and off words disable it", async () => {
  expect(await signalsGroup(KNELL, { KNELL_GROUP: "1" })).toBe(true);
  for (const off of ["", "0", "false", "no", "off"]) {
    expect(await signalsGroup(KNELL, { KNELL_GROUP: off }), off).toBe(false);
  }
});

knellTest("I8: KNELL_SUBREAPER=0 keeps knell from adopting, 1 is as -s", async () => {
  expect(await adopts(KNELL, { KNELL_SUBREAPER: "1" })).toBe(true);
});

knellTest("I8: KNELL_VERBOSITY is as -v, and the command line wins", async () => {
  const said = async (value: string, options: string[]) => {
    const env = { ...process.env, KNELL_VERBOSITY: value };
    return (await runUnder(KNELL, ["true"], { options, env })).stderr.length > 0;
  };
  expect(await said("3", [])).toBe(true);
  expect(await said("0", [])).toBe(false);
  expect(await said("0", ["-vvv"])).toBe(true);
});

knellTest("I8: KNELL_REMAP_EXIT takes a list, and -e wins", async () => {
  const env = { ...process.env, KNELL_REMAP_EXIT: "143,130:0,7:9" };
  const status = async (code: number, options: string[] = []) =>
    (await runUnder(KNELL, ["sh", "-c", `exit ${code}`], { env, options })).status;
  expect(await Promise.all([143, 130, 7, 8].map((code) => status(code)))).toEqual([0, 0, 9, 8]);
  expect(await status(7, ["-e", "7:3"])).toBe(3);
});

knellTest("I8: KNELL_REWRITE is as --rewrite, and the command line wins", async () => {
  const env = { ...process.env, KNELL_REWRITE: "USR1:USR2" };
  const seen = async (options: string[]) => {
    const recorder = await launchRecorder(KNELL, { env, options });
    signal(recorder.init, "SIGUSR1");
    return recorder.received(1);
  };
  expect(await seen([])).toEqual([12]);
  expect(await seen(["--rewrite", "USR1:HUP"])).toEqual([1]);
});

knellTest("I8: KNELL_DRAIN is as --drain", async () => {
  // The orphan needs its TERM to end: without drain it lives on, with drain it has ended when knell has.
  const script =
    "sh -c 'trap \"echo cleaned; exit\" TERM; echo up; while :; do sleep 0.05; done' & read x; exit 4";
  const ended = async (value: string) => {
    const running = startWithInput(["sh", "-c", script], { KNELL_DRAIN: value });
    await until("the other process", () => running.stdout().includes("up"));
    running.process.stdin?.end("x\n");
    await new Promise((resolve) => running.process.on("exit", resolve));
    return running.stdout();
  };
  expect(await ended("5s")).toBe("up\ncleaned\n");
  expect(await ended("off")).toBe("up\n");
});

function startWithInput(words: string[], env: NodeJS.ProcessEnv) {
  return launch(KNELL, words, { env: { ...process.env, ...env }, keepStdin: true });
}

knellTest("I8: KNELL_STOP_TIMEOUT is as --stop-timeout", async () => {
  const env = { ...process.env, KNELL_STOP_TIMEOUT: "100ms" };
  const recorder = await launchRecorder(KNELL, { env });
  signal(recorder.init, "SIGTERM");
  expect((await recorder.finished).status).toBe(137);
});

test.runIf(isKnellRun).each([
  ["KNELL_VERBOSITY", "much"],
  ["KNELL_REMAP_EXIT", "256"],
  ["KNELL_REMAP_EXIT", "1:x"],
  ["KNELL_DRAIN", "soon"],
  ["KNELL_STOP_TIMEOUT", "-1"],
  ["KNELL_REWRITE", "TERM"],
  ["KNELL_REWRITE", "NOSUCH:TERM"],
  ["KNELL_GROUP", "perhaps"],
  ["KNELL_SUBREAPER", "perhaps"],
])("I8: %s=%s is refused: one line that names both, exit 1", async (name, value) => {
  const env = { ...process.env, [name]: value };
  const { status, stdout, stderr } = await runUnder(KNELL, ["echo", "ran"], { env });
  expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({
    status: 1,
    stdout: "",
    lines: 1,
  });
  expect(stderr).toContain(name);
  expect(stderr).toContain(value);
});

compare(
  "I9: the child's environment is the init's own",
  { knell: true, tini: true },
  async (init) => {
    const env = {
      PATH: process.env.PATH,
      TINI_VERBOSITY: "0",
      TINI_SUBREAPER: "",
      KNELL_GROUP: "0",
      OTHER: "x",
      LISTEN_PID: "1",
      LISTEN_FDS: "2",
      LISTEN_PIDFDID: "3",
      WATCHDOG_PID: "4",
    };
    const { stdout } = await runUnder(init, ["cat", "/proc/self/environ"], { env });
    return (
      stdout ===
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\0`)
        .join("")
    );
  },
);

compare(
  "I9: LISTEN_PID and WATCHDOG_PID that name the init name the child then, and LISTEN_PIDFDID is gone",
  {
    knell: "listen child, watchdog child, pidfdid none",
    tini: "listen init, watchdog init, pidfdid 5",
    "dumb-init": "listen init, watchdog init, pidfdid 5",
  },
  async (init) => {
    // exec keeps the shell's pid: it is the init's.
    const before = [
      "sh",
      "-c",
      'export LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_PIDFDID=5; exec "$@"',
      "sh",
    ];
    const script = `who() { [ "$1" = $$ ] && echo child || { [ "$1" = $PPID ] && echo init || echo "$1"; }; }
      echo "listen $(who $LISTEN_PID), watchdog $(who $WATCHDOG_PID), pidfdid \${LISTEN_PIDFDID-none}"`;
    return (await runUnder(init, ["sh", "-c", script], { before })).stdout.trim();
  },
);
