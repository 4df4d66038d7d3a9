// knell under the names of the inits it replaces, beside those inits themselves. I28, I41, I70

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { childrenOf, ROOT, run, start, until } from "./harness.ts";
import { INITS, type Init, isKnellRun, knellTest, personality } from "./inits.ts";
import { launch, launchRecorder, runAsPid1, runUnder, settle, signal, stateOf } from "./launch.ts";
import { program } from "./programs.ts";

const as = (name: "tini" | "dumb-init" | "catatonit"): Init => ({
  ...INITS[name],
  command: [personality(name)],
});
const TINI = as("tini");
const DUMB_INIT = as("dumb-init");
const CATATONIT = as("catatonit");

const LICENSE = readFileSync(join(ROOT, "LICENSE"), "utf8");

test.runIf(isKnellRun).each(["tini", "tini-static", "docker-init"])(
  "I70: %s --version is what docker info takes apart",
  async (name) => {
    const { status, stdout, stderr } = await run(personality(name), ["--version"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^tini version [\w.]+( - \S.*)?\n$/);
    expect(stdout.split(" - ").length).toBeLessThanOrEqual(2);
  },
);

/** The same command line under tini and under knell's personality, with the pids taken out. */
async function both(args: string[], env: NodeJS.ProcessEnv = {}) {
  const outcome = async (command: string) => {
    const { status, stdout, stderr } = await run(command, args, {
      env: { ...process.env, ...env },
    });
    return { status, stdout, said: `${stdout}${stderr}` };
  };
  return { real: await outcome("tini"), ours: await outcome(personality("tini")) };
}

test.runIf(isKnellRun).each<[string, string[], NodeJS.ProcessEnv, string]>([
  ["a child at -vvv", ["-vvv", "true"], {}, "Received SIGCHLD"],
  ["TINI_VERBOSITY=3", ["true"], { TINI_VERBOSITY: "3" }, "Received SIGCHLD"],
  [
    "an orphan with -w",
    ["-s", "-w", "--", "sh", "-c", "(sleep 0.05 &); sleep 0.2"],
    {},
    "Reaped zombie process with pid=",
  ],
  ["no subreaper", ["true"], {}, "zombie reaping won't work"],
  ["no program", [], {}, "supervision of a valid init process"],
  ["-h", ["-h"], {}, "supervision of a valid init process"],
  ["-h and its options", ["-h"], {}, "more verbose"],
  ["an unknown option", ["-Z"], {}, "more verbose"],
])(
  "I70: tini personality, %s: the text that scripts look for is the same",
  async (_, args, env, text) => {
    const { real, ours } = await both(args, env);
    expect(real.said).toContain(text);
    expect(ours.said).toContain(text);
    expect(ours.status).toBe(real.status);
  },
);

knellTest(
  "I70: tini personality: diagnostics go to stderr at every level, not between the program's output",
  async () => {
    const { stdout, stderr } = await runUnder(TINI, ["echo", "mine"], { options: ["-vvv"] });
    expect(stdout).toBe("mine\n");
    expect(stderr).toMatch(/^\[(INFO |DEBUG|TRACE) tini \(\d+\)\] /m);
  },
);

test.runIf(isKnellRun).each<[string, string[], NodeJS.ProcessEnv]>([
  ["-e 7", ["-e", "7", "--", "sh", "-c", "exit 7"], {}],
  ["-e 256", ["-e", "256", "--", "true"], {}],
  ["-e x", ["-e", "x", "true"], {}],
  ["-p SIGNONE", ["-p", "SIGNONE", "true"], {}],
  ["a missing value", ["-e"], {}],
  ["-w alone", ["-w"], {}],
  ["--version x", ["--version", "x"], {}],
  ["a missing program", ["--", "no-such-program"], {}],
  ["a folder", ["--", "/etc"], {}],
  ["a signal", ["--", "sh", "-c", "kill -USR2 $$"], {}],
  ["TINI_VERBOSITY=0", ["-vvv", "true"], { TINI_VERBOSITY: "0", TINI_SUBREAPER: "" }],
])(
  "I4, I7, I10, I43, I44: tini personality, %s: code and stdout as tini's",
  async (_, args, env) => {
    const { real, ours } = await both(args, env);
    expect({ status: ours.status, stdout: ours.stdout }).toEqual({
      status: real.status,
      stdout: real.stdout,
    });
  },
);

knellTest(
  "I41: tini personality: not PID 1 and no -s: a warning, and no orphan is adopted; not at verbosity 0",
  async () => {
    const running = launch(TINI, [program("orphans"), "1", "10000"]);
    await until("the orphan", () => running.stdout() === "made\n");
    expect(childrenOf(running.pid)).toHaveLength(1);
    expect(running.stderr()).toContain("zombie reaping won't work");
    const quiet = await runUnder(TINI, ["true"], { env: { ...process.env, TINI_VERBOSITY: "0" } });
    expect(quiet.stderr).toBe("");
  },
);

knellTest(
  "I41: tini personality: as PID 1, with -s and with TINI_SUBREAPER there is no warning",
  async () => {
    expect((await runAsPid1(TINI, ["true"])).stderr).toBe("");
    expect((await runUnder(TINI, ["true"], { options: ["-s"] })).stderr).toBe("");
    const env = { ...process.env, TINI_SUBREAPER: "" };
    expect((await runUnder(TINI, ["true"], { env })).stderr).toBe("");
  },
);

knellTest(
  "I70: dumb-init personality: the child leads a session, and its group gets the signals",
  async () => {
    const script = `${program("recorder")} 10=0 & exec ${program("recorder")} 10=5`;
    const running = launch(DUMB_INIT, ["sh", "-c", script]);
    await until("both", () => running.stdout().match(/ready/g)?.length === 2);
    signal(running.pid, "SIGUSR1");
    const { status, stdout } = await running.finished;
    expect(status).toBe(5);
    expect(stdout.match(/^10 /gm)).toHaveLength(2);
  },
);

for (const [how, options, env] of [
  ["-c", ["-c"], {}],
  ["--single-child", ["--single-child"], {}],
  ["DUMB_INIT_SETSID=0", [], { DUMB_INIT_SETSID: "0" }],
] as const) {
  knellTest(
    `I27: dumb-init personality: with ${how} only the child gets them, in the same session`,
    async () => {
      const script = `${program("recorder")} & exec ${program("recorder")}`;
      const running = launch(DUMB_INIT, ["sh", "-c", script], {
        options: [...options],
        env: { ...process.env, ...env },
      });
      await until("both", () => running.stdout().match(/ready/g)?.length === 2);
      signal(running.pid, "SIGUSR1");
      await settle(100);
      expect(running.stdout().match(/^10 /gm)).toHaveLength(1);
    },
  );
}

test.runIf(isKnellRun).each(["SIGTSTP", "SIGTTIN", "SIGTTOU"] as const)(
  "I28: dumb-init personality: %s stops the child, CONT continues it",
  async (name) => {
    const recorder = await launchRecorder(DUMB_INIT);
    signal(recorder.init, name);
    await until("the stop", () => stateOf(recorder.child) === "T");
    signal(recorder.init, "SIGCONT");
    await until("the child to go on", () => stateOf(recorder.child) === "S");
    expect(await recorder.received(1)).toEqual([18]);
  },
);

knellTest(
  "I70: catatonit personality: -V is tini's shape, -L gives LICENSE, -h answers, an unknown option exits 1",
  async () => {
    const run1 = (option: string) => run(personality("catatonit"), [option]);
    expect((await run1("-V")).stdout).toMatch(/^tini version \S+/);
    expect(await run1("-L")).toMatchObject({ status: 0, stderr: "", stdout: LICENSE });
    expect(await run1("-h")).toMatchObject({ status: 0 });
    expect((await run1("-Z")).status).toBe(1);
  },
);

knellTest(
  "I70: catatonit personality: it is a subreaper always, and -g signals the group",
  async () => {
    const running = launch(CATATONIT, [program("orphans"), "1", "10000"]);
    await until("the orphan", () => running.stdout() === "made\n");
    expect(childrenOf(running.pid)).toHaveLength(2);
    expect(running.stderr()).toBe("");
    const refused = await runUnder(CATATONIT, ["true"], {
      before: ["strace", "-o", "/dev/null", "-e", "inject=prctl:error=EINVAL"],
    });
    expect(refused.status).toBe(1);
    const script = `${program("recorder")} 10=0 & exec ${program("recorder")} 10=5`;
    const group = launch(CATATONIT, ["sh", "-c", script], { options: ["-g"] });
    await until("both", () => group.stdout().match(/ready/g)?.length === 2);
    signal(group.pid, "SIGUSR1");
    expect((await group.finished).stdout.match(/^10 /gm)).toHaveLength(2);
  },
);

knellTest("I70: a name that is none of them is knell itself", async () => {
  const { status, stdout } = await run(personality("an-init"), ["init", "--", "echo", "ran"]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "ran\n" });
});

knellTest(
  "I70: the personality is found whatever the path is, and from argv[0], not the file",
  async () => {
    const running = start("bash", ["-c", `exec -a tini ${INITS.knell.command[0]} --version`]);
    expect((await running.finished).stdout).toMatch(/^tini version /);
  },
);
