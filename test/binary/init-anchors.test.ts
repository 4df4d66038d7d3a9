// The tests of the inits that knell replaces, done again: each case runs on knell, on knell under that init's name,
// and on the init itself. Where the original's expectation is another than knell's, a comment says why.

import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { KNELL as BINARY, childrenOf, ROOT, run, start, until } from "./harness.ts";
import { INITS, type Init, isKnellRun, personality } from "./inits.ts";
import {
  descendantsOf,
  launch,
  launchAsPid1,
  launchRecorder,
  launchRecorderAsPid1,
  runAsPid1,
  runUnder,
  settle,
  signal,
  signalsIn,
  stateOf,
  statusOf,
} from "./launch.ts";
import { program } from "./programs.ts";
import { CTRL_C, CTRL_D, Terminal } from "./pty.ts";

const folder = mkdtempSync(join(tmpdir(), "init-anchors-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const LICENSE = readFileSync(join(ROOT, "LICENSE"), "utf8");

interface Subject {
  readonly what: string;
  readonly init: Init;
}

function subjects(name: "tini" | "dumb-init"): Subject[] {
  const real = { what: name, init: INITS[name] };
  if (!isKnellRun) return process.env.REFERENCE?.endsWith(name) ? [real] : [];
  const ours = {
    what: `knell named ${name}`,
    init: { ...INITS[name], command: [personality(name)] },
  };
  const native = { what: "knell init", init: INITS.knell };
  return name === "tini" ? [native, ours, real] : [ours, real];
}

const bare = (init: Init, words: string[], env: NodeJS.ProcessEnv = {}) => {
  const [command = "", ...args] = [...init.command, ...words];
  return run(command, args, { env: { ...process.env, ...env } });
};

describe.each(subjects("tini"))("tini's own tests: $what", ({ what, init }) => {
  const isTini = what !== "knell init";
  const subreapers: [string, string[], string[], NodeJS.ProcessEnv][] = [
    ["a subreaper from before", [program("preset"), "-s", "1", "--"], [], {}],
    ["-s", [], ["-s"], {}],
    ["TINI_SUBREAPER", [], [], { TINI_SUBREAPER: "" }],
  ];

  test.runIf(isTini)("run_build.sh: --version contains tini version", async () => {
    expect((await bare(init, ["--version"])).stdout).toContain("tini version");
  });

  test("run_build.sh: without arguments: 1", async () => {
    expect((await bare(init, [])).status).toBe(1);
  });

  test.runIf(isTini)("run_build.sh: without arguments: the help text", async () => {
    const { stdout, stderr } = await bare(init, []);
    expect(`${stdout}${stderr}`).toContain("supervision of a valid init process");
    expect(`${stdout}${stderr}`).toContain("more verbose");
  });

  test("run_build.sh: -h and -l", async () => {
    expect((await bare(init, ["-h"])).status).toBe(0);
    expect(await bare(init, ["-l"])).toMatchObject({ status: 0, stderr: "" });
  });

  test.runIf(isKnellRun && what !== "tini")("run_build.sh: -l equals LICENSE", async () => {
    expect((await bare(init, ["-l"])).stdout).toBe(LICENSE);
  });

  test("run_build.sh: the help names only options that exist", async () => {
    const { stdout } = await bare(init, ["-h"]);
    const letters = [...stdout.matchAll(/^ +-(\w)\b/gm)].map((match) => match[1] ?? "");
    expect(letters.length).toBeGreaterThan(4);
    const values: Record<string, string> = { e: "7", p: "SIGTERM" };
    for (const letter of letters) {
      const value = values[letter] ? [values[letter]] : [];
      const { status } = await bare(init, [`-${letter}`, ...value, "--", "true"], {
        TINI_SUBREAPER: "",
      });
      expect(status, letter).toBe(0);
    }
  });

  test("run_build.sh: programs named like options run when they are the program", async () => {
    for (const name of ["-h", "-s", "-w", "-x", "--version"]) {
      copyFileSync("/bin/true", join(folder, name));
      chmodSync(join(folder, name), 0o755);
      const env = { PATH: `${folder}:${process.env.PATH}` };
      const { status, stdout } = await bare(init, ["--", name, "--foo"], env);
      expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    }
  });

  test.each<[string[], number]>([
    [["-vvv", "true"], 0],
    [["-vvv", "false"], 1],
    [["-vvv", "--", "true"], 0],
    [["-vvv", "--", "--", "true"], 127],
    [["foobar123"], 127],
    [["/etc"], 126],
  ])("run_build.sh: %j gives %i", async (words, status) => {
    expect((await bare(init, words)).status).toBe(status);
  });

  test.runIf(isTini)("run_build.sh: TINI_VERBOSITY=3 shows Received SIGCHLD", async () => {
    const { stdout, stderr } = await bare(init, ["true"], { TINI_VERBOSITY: "3" });
    expect(`${stdout}${stderr}`).toContain("Received SIGCHLD");
  });

  test("run_build.sh: stdin is handed to the child", async () => {
    expect((await runUnder(init, ["sh"], { input: "exit 6\n" })).status).toBe(6);
  });

  for (const [how, before, options, env] of subreapers) {
    test(`run_inner_tests.py: reaping with ${how}: only the main child stays, and nothing is said`, async () => {
      // stage_2: 100 children of a process that does not wait; stage_1: its parent, which waits for all to be gone.
      const stage2 = "i=0; while [ $i -lt 100 ]; do sleep 0.$((i % 10 + 1)) & i=$((i + 1)); done";
      const stage1 = `sh -c '${stage2}'
        init=$PPID; until [ "$(cat /proc/$init/task/$init/children)" = "$$ " ]; do sleep 0.05; done; echo alone`;
      const { status, stdout, stderr } = await runUnder(init, ["sh", "-c", stage1], {
        before,
        options,
        env: { ...process.env, ...env },
      });
      expect({ status, stdout }).toEqual({ status: 0, stdout: "alone\n" });
      expect(stderr).not.toContain("zombie reaping won't work");
      expect(stderr).not.toContain("Reaped zombie process with pid=");
    });

    test(`run_inner_tests.py: -w with ${how} says what is reaped`, async () => {
      const script = "(sleep 0.05 &); sleep 0.2";
      const { stderr } = await runUnder(init, ["sh", "-c", script], {
        before,
        options: [...options, "-w"],
        env: { ...process.env, ...env },
      });
      expect(stderr).toContain("Reaped zombie process with pid=");
    });

    test.each([[15], [10], [12]])(
      `run_inner_tests.py: signal %i with ${how} gives 128 + n`,
      async (number) => {
        const running = launch(init, ["sh", "-c", "sleep 60 & wait"], {
          before,
          options,
          env: { ...process.env, ...env },
        });
        await until("the tree", () => descendantsOf(running.pid).length > 1);
        signal(running.pid, number);
        const code = await new Promise((resolve) => running.process.once("exit", resolve));
        expect(code).toBe(128 + number);
      },
    );
  }

  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ["-g", ["-g"], {}],
    ["TINI_KILL_PROCESS_GROUP=1", [], { TINI_KILL_PROCESS_GROUP: "1" }],
  ])(
    "run_inner_tests.py: %s reaches a grandchild behind a child that ignores USR1",
    async (_, options, env) => {
      const grandchild = [program("recorder"), "10=0"].join(" ");
      const running = launch(init, ["sh", "-c", `trap '' USR1; ${grandchild}; exit 4`], {
        options,
        env: { ...process.env, ...env },
      });
      await until("the grandchild", () => running.stdout().includes("ready"));
      signal(running.pid, "SIGUSR1");
      expect((await running.finished).status).toBe(4);
    },
  );

  test.runIf(isTini)(
    "run_inner_tests.py: without subreaper a warning, and orphans do not come",
    async () => {
      const running = launch(init, [program("orphans"), "1", "5000"]);
      await until("the orphan", () => running.stdout() === "made\n");
      expect(running.stderr()).toContain("zombie reaping won't work");
      expect(childrenOf(running.pid)).toHaveLength(1);
    },
  );

  test("run_inner_tests.py: sigconf-test: ignored and blocked signals are restored", async () => {
    const before = [program("preset"), "-i", "22,11,2", "-b", "21,4,15", "--"];
    const { stdout } = await runUnder(init, ["cat", "/proc/self/status"], { before });
    const { SigIgn, SigBlk } = statusOf(0, stdout);
    expect(signalsIn(SigIgn)).toEqual([2, 11, 22]);
    expect(signalsIn(SigBlk)).toEqual([4, 15, 21]);
  });

  test("run_inner_tests.py: pdeathsignal: the parent's death is heard through -p SIGUSR1", async () => {
    const words = [...init.command, "-vvv", "-p", "SIGUSR1", "--", program("recorder")];
    const stage1 = start("sh", ["-c", '"$@" & wait', "sh", ...words]);
    await until("the recorder", () => stage1.stdout().includes("ready"));
    signal(stage1.pid, "SIGKILL");
    await until("USR1", () => /^10 /m.test(stage1.stdout()));
  });

  test("run_outer_tests.py: as PID 1: reaping, and TERM, USR1, USR2", async () => {
    const space = await launchAsPid1(init, [program("orphans"), "100", "100"]);
    await until("the orphans", () => space.stdout() === "made\n");
    await until("the reaping", () => childrenOf(space.init).length === 1);
    await space.stop();
    for (const number of [15, 10, 12]) {
      const one = await launchAsPid1(init, ["sleep", "60"]);
      await until("the child", () => childrenOf(one.init)[0]);
      await settle(30);
      signal(one.init, number);
      expect((await one.finished).status).toBe(128 + number);
    }
  });

  test.each<[string[], number]>([
    [["-z"], 1],
    [["-h"], 0],
    [["zzzz"], 127],
    // The original says 0 here, which its own code contradicts.
    [["-w"], 1],
  ])("run_outer_tests.py: as PID 1 %j gives %i", async (words, status) => {
    const unshare = ["--pid", "--fork", "--mount-proc", "--", ...init.command, ...words];
    expect((await run("unshare", unshare)).status).toBe(status);
  });

  test("run_outer_tests.py: a shell on a terminal: exit 0 gives 0, Ctrl-C on a loop 130", async () => {
    const shell = new Terminal([...init.command, "--", "dash"]);
    shell.enter("exit 0");
    expect(await shell.finished).toBe(0);
    const loop = new Terminal([
      ...init.command,
      "--",
      "sh",
      "-c",
      "echo up; while :; do sleep 0.1; done",
    ]);
    await loop.expect("up");
    await settle(50);
    loop.type(CTRL_C);
    expect(await loop.finished).toBe(130);
  });
});

describe.runIf(isKnellRun)("what packages are checked for", () => {
  test("run_build.sh and catatonit's CI: one static file with relro and a stack that does not execute", async () => {
    const { stdout } = await run("readelf", ["-lW", BINARY]);
    expect(stdout).not.toMatch(/INTERP|DYNAMIC/);
    expect(stdout).toMatch(/GNU_RELRO/);
    expect(stdout).toMatch(/GNU_STACK.* RW +0x/);
  });

  test.runIf(isKnellRun)("run_outer_tests.py: valgrind finds nothing", async () => {
    const { status, stderr } = await run("sh", [
      "-c",
      `command -v valgrind >/dev/null || exit 0; valgrind -q --error-exitcode=99 ${BINARY} init -v -- ls`,
    ]);
    expect({ status, found: /Invalid|uninitialised/.test(stderr) }).toEqual({
      status: 0,
      found: false,
    });
  });
});

const MODES: [string, NodeJS.ProcessEnv][] = [
  ["setsid", {}],
  ["setsid, debug", { DUMB_INIT_DEBUG: "1" }],
  ["no setsid", { DUMB_INIT_SETSID: "0" }],
  ["no setsid, debug", { DUMB_INIT_SETSID: "0", DUMB_INIT_DEBUG: "1" }],
];

describe.each(subjects("dumb-init"))("dumb-init's own tests: $what", ({ what, init }) => {
  const isOriginal = what === "dumb-init";
  const inMode = (env: NodeJS.ProcessEnv) => ({ env: { ...process.env, ...env } });

  test.each(MODES)(
    "cli_test.py: no arguments is an error that points to --help (%s)",
    async (_, env) => {
      const { status, stderr } = await bare(init, [], env);
      expect(status).not.toBe(0);
      expect(stderr).toContain("--help");
    },
  );

  /** dumb-init stops itself behind its child, and a CONT that comes before would be lost for it. */
  const untilStopped = async (pid: number) => {
    if (isOriginal) await until("dumb-init's own stop", () => stateOf(pid) === "T");
  };

  test("cli_test.py: an unknown option is named, and is an error", async () => {
    const { status, stderr } = await bare(init, ["--nope"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("nope");
  });

  test.each(["-h", "--help", "-V", "--version"])(
    "cli_test.py: %s answers and exits 0",
    async (flag) => {
      const { status, stdout, stderr } = await bare(init, [flag]);
      expect(status).toBe(0);
      expect(`${stdout}${stderr}`).toContain("dumb-init");
      // knell answers on stdout, dumb-init on stderr.
      expect(isOriginal ? stdout : stderr).toBe("");
    },
  );

  test.each([["-v"], ["--verbose"], ["-v", "-c"], ["--verbose", "--single-child"]])(
    "cli_test.py: %s %s: debug lines on stderr, the program's output untouched",
    async (...flags) => {
      const { status, stdout, stderr } = await bare(init, [
        ...flags.filter(Boolean),
        "echo",
        "oh,",
        "hi",
      ]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: "oh, hi\n" });
      expect(stderr).toMatch(/^\[dumb-init\] .*\n$/s);
    },
  );

  test.each<[string[]]>([
    [["-r"]],
    [["-r", ""]],
    [["-r", "herp"]],
    [["-r", "herp:derp"]],
    [["-r", "15"]],
    [["-r", "15::12"]],
    [["-r", "15:derp"]],
    [["-r", "15:12", "-r"]],
    [["-r", "15:12", "-r", "0"]],
    [["-r", "15:12", "-r", "1:65"]],
  ])("cli_test.py: malformed %j is an error", async (words) => {
    // The last one is 1:32 there; knell takes signals up to 64.
    const { status, stdout } = await bare(init, [
      ...words,
      ...(words.at(-1) === "-r" ? [] : ["echo", "ran"]),
    ]);
    expect(status).not.toBe(0);
    expect(stdout).toBe("");
  });

  /** A pipeline of four under a shell; gives who of the tree is alive after TERM and the init's end. */
  async function killPipeline(env: NodeJS.ProcessEnv): Promise<number> {
    const running = launch(init, ["sh", "-c", "sleep 60 | cat & sleep 60 | cat >&2"], inMode(env));
    await until("the pipeline", () => descendantsOf(running.pid).length >= 4);
    const tree = descendantsOf(running.pid);
    // The shell ends at once or is still there: the four are what counts.
    const four = tree.filter((pid) => ["sleep", "cat"].includes(statusOf(pid).Name ?? ""));
    signal(running.pid, "SIGTERM");
    await new Promise((resolve) => running.process.once("exit", resolve));
    await settle(100);
    return four.filter((pid) => !["Z", undefined].includes(stateOf(pid))).length;
  }

  test.each(MODES)(
    "child_processes_test.py: TERM to a pipeline of four (%s)",
    async (mode, env) => {
      const survivors = await killPipeline(env);
      expect(survivors).toBe(mode.startsWith("no setsid") ? 4 : 0);
    },
  );

  test.each(MODES)(
    "child_processes_test.py: when the child exits the rest is told in setsid mode (%s)",
    async (mode, env) => {
      const script = `${program("recorder")} 15=0 & sleep 0.5`;
      const running = launch(init, ["sh", "-c", script], inMode(env));
      await new Promise((resolve) => running.process.once("exit", resolve));
      await settle(100);
      const told = /^15 /m.test(running.stdout());
      expect(told).toBe(!mode.startsWith("no setsid"));
    },
  );

  test.each<[string[]]>([
    [["/doesnotexist"]],
    [["--", "/doesnotexist"]],
    [["-c", "/doesnotexist"]],
    [["--single-child", "--", "/doesnotexist"]],
  ])("child_processes_test.py: %j fails, and says why, in every mode", async (words) => {
    for (const [, env] of MODES) {
      const { status, stderr } = await bare(init, words, env);
      expect(status).not.toBe(0);
      expect(stderr).toContain("/doesnotexist");
    }
  });

  test.each([0, 1, 2, 32, 64, 127, 254, 255])(
    "exit_status_test.py: %i in every mode",
    async (code) => {
      for (const [, env] of MODES) {
        expect((await runUnder(init, ["sh", "-c", `exit ${code}`], inMode(env))).status).toBe(code);
      }
    },
  );

  test.each([15, 1, 3, 9])("exit_status_test.py: killed by %i in every mode", async (number) => {
    for (const [, env] of MODES) {
      expect((await runUnder(init, ["sh", "-c", `kill -${number} $$`], inMode(env))).status).toBe(
        128 + number,
      );
    }
  });

  test("cwd_test.py: the init is in /, the child where it started", async () => {
    const script = "readlink /proc/$PPID/cwd && readlink /proc/$$/cwd";
    expect((await runUnder(init, ["sh", "-c", script], { cwd: folder })).stdout).toBe(
      `/\n${folder}\n`,
    );
  });

  const NORMAL = Array.from({ length: 31 }, (_, index) => index + 1).filter(
    (number) => ![9, 17, 18, 19, 20, 21, 22].includes(number),
  );

  test.each(MODES)("proxies_signals_test.py: every normal signal (%s)", async (_, env) => {
    const recorder = await launchRecorder(init, inMode(env));
    for (const [index, number] of NORMAL.entries()) {
      signal(recorder.init, number);
      await recorder.received(index + 1);
    }
    expect(recorder.numbers()).toEqual(NORMAL);
  });

  test.each<[string, string[], number[], number[]]>([
    ["nothing", [], [15, 3, 18, 2], [15, 3, 18, 2]],
    ["one", ["-r", "15:2"], [15, 3, 18, 2], [2, 3, 18, 2]],
    ["a swap", ["-r", "15:2", "-r", "2:15", "-r", "3:3"], [15, 3, 18, 2], [2, 3, 18, 15]],
    ["lowest and highest", ["-r", "1:31", "-r", "31:1"], [1, 31], [31, 1]],
    ["ignored ones", ["-r", "15:3", "-r", "2:0", "-r", "28:0"], [15, 2, 28, 1], [3, 0, 0, 1]],
  ])("proxies_signals_test.py: rewriting %s, in every mode", async (_, options, sent, arrive) => {
    for (const [, env] of MODES) {
      const recorder = await launchRecorder(init, { ...inMode(env), options });
      const arrived = arrive.filter((number) => number > 0);
      let count = 0;
      for (const [index, number] of sent.entries()) {
        signal(recorder.init, number);
        if (arrive[index]) await recorder.received(++count);
        else await settle(20);
      }
      expect(recorder.numbers()).toEqual(arrived);
    }
  });

  test("proxies_signals_test.py: the defaults of setsid mode can be overridden", async () => {
    const options = ["-r", "21:15", "-r", "22:2", "-r", "20:1"];
    const recorder = await launchRecorder(init, { options });
    const arrived: number[] = [];
    for (const [send, arrives] of [
      [21, 15],
      [22, 2],
      [20, 1],
    ] as const) {
      const before = recorder.numbers().length;
      signal(recorder.init, send);
      await recorder.received(before + 1);
      arrived.push(recorder.numbers()[before] ?? 0);
      expect(arrived.at(-1)).toBe(arrives);
      // dumb-init stops itself all the same; knell does not, and forwards the CONT either way.
      await untilStopped(recorder.init);
      signal(recorder.init, "SIGCONT");
      await recorder.received(before + 2);
    }
  });

  test.each([20, 21, 22])(
    "shell_background_test.py: %i in setsid mode stops the child, CONT continues it",
    async (number) => {
      const recorder = await launchRecorder(init);
      signal(recorder.init, number);
      await until("the stop", () => stateOf(recorder.child) === "T");
      await untilStopped(recorder.init);
      signal(recorder.init, "SIGCONT");
      expect(await recorder.received(1)).toEqual([18]);
      expect(stateOf(recorder.child)).toBe("S");
    },
  );

  test.each([20, 21, 22])(
    "shell_background_test.py: %i without setsid is forwarded as it is",
    async (number) => {
      const recorder = await launchRecorder(init, inMode({ DUMB_INIT_SETSID: "0" }));
      signal(recorder.init, number);
      expect(await recorder.received(1)).toEqual([number]);
      await untilStopped(recorder.init);
      signal(recorder.init, "SIGCONT");
      expect(await recorder.received(2)).toEqual([number, 18]);
    },
  );

  test("tty_test.py: tac writes to the terminal and ends", async () => {
    const terminal = new Terminal([...init.command, "tac"]);
    terminal.type(`1\n2\n3\n${CTRL_D}${CTRL_D}`);
    expect(await terminal.finished).toBe(0);
    expect(terminal.shown).toBe("3\n2\n1\n");
  });

  test.each(MODES)("tty_test.py: the child gets the controlling terminal (%s)", async (_, env) => {
    const terminal = new Terminal([...init.command, "bash", "--norc", "-m"], {
      ...process.env,
      ...env,
    });
    terminal.enter('echo "flags are: [[$-]]"');
    terminal.enter("exit 0");
    expect(await terminal.finished).toBe(0);
    expect(/flags are: \[\[(\w+)\]\]/.exec(terminal.shown)?.[1]).toContain("m");
  });

  test("tty_test.py: the hand-over's HUP does not reach the child, a later one does", async () => {
    const terminal = new Terminal([...init.command, "sleep", "20"]);
    await settle(300);
    const leader = await until("the child", () => childrenOf(terminal.process.pid ?? 0)[0]);
    expect(stateOf(leader)).toBe("S");
    signal(leader, "SIGHUP");
    expect(await terminal.finished).toBe(129);
  });

  test("test-zombies: a double fork as PID 1 leaves none", async () => {
    const script = `bash -c "bash -c 'echo i am a zombie' &" & sleep 0.5; ps -A -o state= | grep -c Z`;
    const { stdout } = await runAsPid1(init, ["bash", "-c", script]);
    expect(stdout).toBe("i am a zombie\n0\n");
  });
});

describe.runIf(isKnellRun)("pid1-rs sanity.rs", () => {
  const KNELL = INITS.knell;

  test("runs as PID 1", async () => {
    expect((await runAsPid1(KNELL, ["sh", "-c", "echo $PPID"])).stdout).toBe("1\n");
  });

  test("a zombie that an exec made is reaped, and several at once", async () => {
    const space = await launchAsPid1(KNELL, ["sleep", "60"]);
    await Promise.all(
      [1, 5, 20].map((count) => space.exec([program("orphans"), "leave", String(count), "10"])),
    );
    await until("the reaping", () => childrenOf(space.init).length === 1);
    expect(space.zombies()).toEqual([]);
  });

  test("kill -12 of the child gives 140", async () => {
    const space = await launchAsPid1(KNELL, ["sleep", "20"]);
    const child = await until("the child", () => childrenOf(space.init)[0]);
    signal(child, 12);
    expect((await space.finished).status).toBe(140);
  });

  test("TERM to PID 1: a handler that ends gives 0", async () => {
    const recorder = await launchRecorderAsPid1(KNELL, { exits: ["15=0"] });
    await recorder.exec(["kill", "1"]);
    expect((await recorder.finished).status).toBe(0);
  });

  test("TERM ignored: 137 once the time is over", async () => {
    const recorder = await launchRecorderAsPid1(KNELL, { options: ["--stop-timeout=200ms"] });
    await recorder.exec(["kill", "1"]);
    const { status, stdout } = await recorder.finished;
    expect(status).toBe(137);
    expect(stdout).toMatch(/^15 /m);
  });
});

test.runIf(isKnellRun)(
  "kubernetes pause orphan.c: a child whose parent has gone is adopted by PID 1 and reaped",
  async () => {
    const space = await launchAsPid1(INITS.knell, ["sleep", "60"]);
    const entered = await space.exec([program("orphans"), "leave", "1", "50"]);
    expect(entered.status).toBe(3);
    await until("the orphan's end", () => childrenOf(space.init).length === 1);
  },
);
