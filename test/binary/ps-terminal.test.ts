import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { childrenOf, KNELL, type Namespace, run, startNamespace, until } from "./harness.ts";
import { PTY, withPython, zombieParent } from "./ps-processes.ts";

const DIM = "\x1b[2m";
const RED = "\x1b[1;31m";
const PLAIN = "\x1b[0m";
const CLEAR = "\x1b[H\x1b[2J";

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, TERM: "xterm", LC_ALL: "C", ...more };
}

/** Runs `knell ps` on a terminal of `columns` inside `init`'s namespace; gives what is shown. */
async function onTerminal(
  init: number,
  columns: number,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const inside = ["nsenter", "-t", String(init), "-p", "-m", KNELL, "ps", ...args];
  const result = await run("python3", ["-c", PTY, String(columns), ...inside], {
    env: environment(env),
  });
  expect(result).toMatchObject({ status: 0, stderr: "" });
  return result.stdout.replaceAll("\r\n", "\n");
}

test("ps: on a terminal the header is dim, and what is about zombies is red", async () => {
  await withPython(zombieParent(1), async (space) => {
    const text = await onTerminal(space.init, 200);
    const named = text.replaceAll(DIM, "<dim>").replaceAll(RED, "<red>").replaceAll(PLAIN, "<>");
    const lines = named.split("\n");
    expect(lines[0]).toMatch(/^<dim>PID .*COMMAND$/);
    expect(lines[1]).toMatch(/^<> *1 /);
    expect(lines[2]).toMatch(/^<red>.* ZOMBIE .*\[redis-cli\]<>$/);
    expect(named).toMatch(/^<red>zombie \d+ redis-cli<>: parent 1 redis-server /m);
    expect(named).toMatch(/^3 processes, <red>1 zombie<>$/m);
  });
});

test.each([
  ["with NO_COLOR=1", { NO_COLOR: "1" }],
  ["with TERM=dumb", { TERM: "dumb" }],
  ["without TERM", { TERM: undefined }],
])("ps: on a terminal %s there are no escape sequences", async (_, env) => {
  await withPython(zombieParent(1), async (space) => {
    const text = await onTerminal(space.init, 200, [], env);
    expect(text).toContain("[redis-cli]\n");
    expect(text).not.toContain("\x1b");
  });
});

test("ps: an empty NO_COLOR is none (no-color.org), and JSON has no colour anywhere", async () => {
  await withPython(zombieParent(1), async (space) => {
    expect(await onTerminal(space.init, 200, [], { NO_COLOR: "" })).toContain("\x1b[1;31m");
    expect(await onTerminal(space.init, 200, ["--json"])).toMatch(/^\{"processes":.*\}\n$/);
  });
});

test("ps: not on a terminal there is no colour and nothing is cut", async () => {
  await withPython(zombieParent(1), async (space) => {
    const { stdout } = await space.exec([KNELL, "ps"], { env: environment({ COLUMNS: "40" }) });
    expect(stdout).not.toContain("\x1b");
    expect(stdout).toMatch(/^ *1 +- .*ready\(\)\\x0a$/m);
  });
});

test.each([
  [200, "C", ">"],
  [80, "C", ">"],
  [61, "C", ">"],
  [80, "C.UTF-8", "…"],
])(
  "ps: on a terminal of %i columns (%s) long commands end with %s there",
  async (columns, locale, mark) => {
    await withPython(zombieParent(1), async (space) => {
      const text = await onTerminal(space.init, columns, [], { LC_ALL: locale, NO_COLOR: "1" });
      const long = text.split("\n").find((line) => / *1 +- /.test(line)) ?? "";
      // A byte that is shown as \xNN is not cut in two: up to three columns stay free.
      expect(long.length).toBeLessThanOrEqual(columns);
      expect(long.length).toBeGreaterThan(columns - 4);
      expect(long.endsWith(mark)).toBe(true);
      expect(text).toContain(locale === "C" ? "`- [redis-cli]\n" : "└─ [redis-cli]\n");
    });
  },
);

test("ps: a command that just fits is not cut", async () => {
  await withPython("ready()", async (space) => {
    const text = await onTerminal(space.init, 500, [], { NO_COLOR: "1" });
    const own = text.split("\n").find((line) => line.includes(" outside ")) ?? "";
    expect(own).toContain(`${KNELL} ps`);
    const exact = await onTerminal(space.init, own.length, [], { NO_COLOR: "1" });
    expect(exact).toContain(`${KNELL} ps\n`);
    const tight = await onTerminal(space.init, own.length - 1, [], { NO_COLOR: "1" });
    expect(tight).toContain(`${KNELL} >\n`);
  });
});

/** Runs `use` with `knell ps` as PID 1, the only process of a namespace. */
async function alone(args: string[], use: (space: Namespace) => Promise<void>): Promise<void> {
  const space = await startNamespace([KNELL, "ps", ...args], { env: environment() });
  try {
    await use(space);
  } finally {
    await space.stop();
  }
}

test.each([["SIGTERM"], ["SIGINT"], ["SIGHUP"], ["SIGQUIT"]] as const)(
  "ps --watch: a new list each second until %s",
  async (signal) => {
    await alone(["--watch"], async (space) => {
      const lists = () => space.stdout().split("no zombies\n").length - 1;
      await until("a list", () => lists() === 1);
      const at = performance.now();
      process.kill(space.init, "SIGUSR1");
      process.kill(space.init, "SIGCHLD");
      await until("a second one", () => lists() === 2);
      expect(performance.now() - at).toBeGreaterThan(800);
      process.kill(space.init, signal);
      const result = await space.finished;
      expect(result).toMatchObject({ status: 0, stderr: "" });
      expect(result.stdout).toMatch(/^PID [^\n]*\n[^\n]*ps --watch\n1 process, no zombies\n\nPID /);
    });
  },
);

test("ps --watch=DURATION: the interval can be given", async () => {
  await alone(["--watch=100ms"], async (space) => {
    await until("20 lists", () => space.stdout().split("no zombies\n").length > 20);
    process.kill(space.init, "SIGTERM");
    expect((await space.finished).milliseconds).toBeGreaterThan(1_900);
  });
});

test("ps --watch --json: one object a line", async () => {
  await alone(["--watch=100ms", "--json"], async (space) => {
    await until("three objects", () => space.stdout().split("\n").length > 3);
    for (const line of space.stdout().split("\n").slice(0, 3))
      expect(JSON.parse(line)).toMatchObject({ processCount: 1, isComplete: true });
  });
});

test("ps --watch: shows what changes, and its last verdict is its exit status", async () => {
  await withPython("ready()", async (space) => {
    const running = space.startExec([KNELL, "ps", "--watch=100ms", "--max-zombies", "0"]);
    await until("a list", () => running.stdout().includes("no zombies\n"));
    await space.exec(["sh", "-c", "true & exec true"]);
    await until("a zombie", () => running.stdout().includes("\n1 zombie, more than"));
    for (const pid of childrenOf(running.pid)) process.kill(pid, "SIGTERM");
    expect((await running.finished).status).toBe(1);
  });
});

test("ps --watch: a reader that leaves ends it", async () => {
  const result = await run("bash", ["-c", `${KNELL} ps --watch=100ms | head -n 3 >/dev/null`]);
  expect(result).toMatchObject({ status: 0, stderr: "" });
});

test("ps --watch: on a terminal each list has a clear screen, and Ctrl-C ends it", async () => {
  const watch = [KNELL, "ps", "--watch=100ms", "--zombies"];
  const script = `{ read stop; printf '\\003'; } | python3 -c "$1" 80 "\${@:2}"`;
  const terminal = spawn("bash", ["-c", script, "bash", PTY, ...watch], { env: environment() });
  let shown = "";
  terminal.stdout.on("data", (data) => {
    shown += data;
  });
  await until("four lists", () => shown.split(CLEAR).length > 4);
  expect(shown.startsWith(CLEAR)).toBe(true);
  terminal.stdin.end("\n");
  expect(await new Promise((resolve) => terminal.on("close", resolve))).toBe(0);
});

test("ps --watch: a resized terminal is drawn at once", async () => {
  await alone(["--watch=1h"], async (space) => {
    const lists = () => space.stdout().split("no zombies\n").length - 1;
    await until("a list", () => lists() === 1);
    process.kill(space.init, "SIGWINCH");
    await until("a second one", () => lists() === 2);
  });
});
