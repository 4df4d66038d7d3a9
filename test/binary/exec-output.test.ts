// E11–E13, E19: what the command prints, what it costs, and who holds the runtime's pipes.

import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EXEC, runExec, startExec, uniqueSeconds, untilGone, untilRunning } from "./execs.ts";
import { childrenOf, KNELL, run, until } from "./harness.ts";
import { statusOf } from "./launch.ts";
import { openShell } from "./pty.ts";
import { SLACK } from "./timing.ts";

const folder = mkdtempSync(join(tmpdir(), "exec-output-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MARGIN_MS = 25 * SLACK;
const GUARDS = [[[]], [["--no-guard"]]] as const;

/** A line of `bytes` on stdout. */
const line = (bytes: number) => ["sh", "-c", `head -c ${bytes - 1} /dev/zero | tr '\\0' x; echo`];

test.each(GUARDS)(
  "E11: what was written before the end arrives, in order and whole (%j)",
  async (guard) => {
    const script = "i=0; while [ $i -lt 1000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
    const words = [...guard, "--max-output", "1m", "--", "sh", "-c", script];
    const { status, stdout, stderr } = await runExec(words);
    expect(status).toBe(0);
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    expect(stdout).toBe(numbers.map((number) => `out ${number}\n`).join(""));
    expect(stderr).toBe(numbers.map((number) => `err ${number}\n`).join(""));
  },
);

test("E11: more than any buffer holds arrives whole at a slow reader", async () => {
  const slow =
    "import sys, time\nn = 0\nwhile True:\n  b = sys.stdin.buffer.read1(65536)\n  if not b: break\n  n += len(b); time.sleep(0.005)\nprint(n)";
  const writer = `${EXEC.join(" ")} --max-output 8m -- head -c 5000000 /dev/zero`;
  const { stdout, stderr } = await run("sh", ["-c", `${writer} | python3 -c '${slow}'`]);
  expect({ stdout, stderr }).toEqual({ stdout: "5000000\n", stderr: "" });
});

test.each(GUARDS)("E11: no descendant holds the runtime's pipes (%j)", async (guard) => {
  const seconds = uniqueSeconds();
  const words = [...guard, "--keep", "--", "sh", "-c", `setsid -f sleep ${seconds}; echo done`];
  const result = await runExec(words);
  expect(result).toMatchObject({ status: 0, stdout: "done\n" });
  expect(result.milliseconds).toBeLessThan(1_000 * SLACK);
  for (const pid of await untilRunning(`sleep ${seconds}`)) process.kill(pid, "SIGKILL");
});

test("E11: nor does the guard", async () => {
  const running = startExec(["--", "sleep", "60"]);
  await until("the command", () => childrenOf(running.pid).flatMap(childrenOf).length === 1);
  const pipes = (pid: number) => [1, 2].map((file) => readlinkSync(`/proc/${pid}/fd/${file}`));
  const guard = childrenOf(running.pid)[0] ?? 0;
  await until("the guard to let go", () => {
    try {
      return !pipes(guard).some((pipe) => pipes(running.pid).includes(pipe));
    } catch {
      return true;
    }
  });
  process.kill(running.pid, "SIGTERM");
  await running.finished;
});

/** Runs without reading stdout, or having closed it; gives status and time. */
function runUnread(words: readonly string[], isGone: boolean): Promise<[number | null, number]> {
  const startedAt = performance.now();
  const child = spawn(KNELL, ["exec", ...words], { stdio: ["ignore", "pipe", "ignore"] });
  if (isGone) child.stdout?.destroy();
  return new Promise((resolve) =>
    child.on("exit", (status) => {
      resolve([status, performance.now() - startedAt]);
      child.stdout?.destroy();
    }),
  );
}

const WRITES_FOR_EVER = ["sh", "-c", "cat /dev/zero; exit 9"];

test.each([
  [false, []],
  [true, []],
  [false, ["--no-guard"]],
  [true, ["--no-guard"]],
])(
  "E12: a reader that stalls (or is gone: %j) does not delay the deadline (%j)",
  async (isGone, guard) => {
    const words = [
      ...guard,
      "--timeout",
      "400ms",
      "--max-output",
      "100m",
      "--",
      ...WRITES_FOR_EVER,
    ];
    const [status, milliseconds] = await runUnread(words, isGone);
    expect(status).toBe(124);
    expect(milliseconds).toBeGreaterThan(300 - 1);
    expect(milliseconds).toBeLessThan(400 + MARGIN_MS);
  },
);

test.each([[false], [true]])(
  "E12: a reader that stalls (or is gone: %j) does not block the command, and costs output only",
  async (isGone) => {
    const file = join(folder, `written-${isGone}`);
    const script = `head -c 3000000 /dev/zero && echo yes >${file}; exit 3`;
    const [status] = await runUnread(["--max-output", "100m", "--", "sh", "-c", script], isGone);
    expect(status).toBe(3);
    expect(readFileSync(file, "utf8")).toBe("yes\n");
  },
);

test("E12: --max-output is 8k a stream by default, and one line says what was dropped", async () => {
  const result = await runExec([
    "--",
    "sh",
    "-c",
    "head -c 20000 /dev/zero; head -c 8193 /dev/zero >&2",
  ]);
  expect(result.stdout).toHaveLength(8192);
  expect(result.stderr.replaceAll("\0", "")).toBe(
    "knell exec: warning: stdout: 11808 bytes dropped after the first 8192; raise --max-output\n" +
      "knell exec: warning: stderr: 1 bytes dropped after the first 8192; raise --max-output\n",
  );
});

test.each([
  ["0", 100, 0],
  ["99", 100, 99],
  ["100", 100, 100],
  ["1k", 2000, 1024],
  ["1K", 2000, 1024],
  ["64k", 65_537, 65_536],
  ["1m", 1_048_577, 1_048_576],
  ["1g", 3_000_000, 3_000_000],
])("E12: --max-output %s lets of %i bytes %i through", async (limit, written, passed) => {
  const { stdout, stderr } = await runExec(["--max-output", limit, "--", ...line(written)]);
  expect(stdout).toHaveLength(passed);
  expect(stderr === "").toBe(written === passed);
});

test("E12: knell's own messages are not part of the limit", async () => {
  const words = [
    "--max-output",
    "0",
    "--timeout",
    "100ms",
    "--",
    "sh",
    "-c",
    "echo x >&2; sleep 60",
  ];
  const { stderr } = await runExec(words);
  expect(stderr).toContain('"sh": not done within 100.0 ms; ended\n');
  expect(stderr).toContain("stderr: 2 bytes dropped");
});

test("E12: a writer of 1 GiB costs less than 1 MiB of memory", async () => {
  const running = startExec(["--", "sh", "-c", "head -c 1073741824 /dev/zero; read x"], {
    keepStdin: true,
  });
  await until("all to be written", () => {
    const command = childrenOf(running.pid).flatMap(childrenOf)[0];
    return (
      command !== undefined && running.stdout().length === 8192 && childrenOf(command).length === 0
    );
  });
  for (const pid of [running.pid, ...childrenOf(running.pid)]) {
    expect(Number.parseInt(statusOf(pid).VmHWM ?? "", 10)).toBeLessThanOrEqual(1024);
  }
  running.process.stdin?.end("\n");
  const { stdout, stderr } = await running.finished;
  expect(stdout).toHaveLength(8192);
  expect(stderr).toContain(`stdout: ${1_073_741_824 - 8192} bytes dropped`);
});

test.each(GUARDS)("E13: --output=inherit passes the descriptors through (%j)", async (guard) => {
  const file = join(folder, "inherited");
  const out = openSync(file, "w");
  const words = [
    ...guard,
    "--output=inherit",
    "--",
    "sh",
    "-c",
    "readlink /proc/$$/fd/1; head -c 9000 /dev/zero >&2",
  ];
  const result = await runExec(words, { stdio: ["ignore", out, "pipe"] });
  closeSync(out);
  expect(readFileSync(file, "utf8")).toBe(`${file}\n`);
  expect(result.stderr).toHaveLength(9000);
});

test("E13: with --output=inherit the end of the tree frees the pipe", async () => {
  const seconds = uniqueSeconds();
  const words = [
    "--output=inherit",
    "--timeout",
    "300ms",
    "--",
    "sh",
    "-c",
    `setsid -f sleep ${seconds}; cat`,
  ];
  const result = await runExec(words, { keepStdin: true });
  expect(result.status).toBe(124);
  expect(result.milliseconds).toBeLessThan(300 + MARGIN_MS);
  await untilGone(`sleep ${seconds}`);
});

test.each(GUARDS)("E13: --output=null discards (%j)", async (guard) => {
  const script = "echo out; echo err >&2; exit 5";
  const result = await runExec([...guard, "--output=null", "--", "sh", "-c", script]);
  expect(result).toMatchObject({ status: 5, stdout: "", stderr: "" });
});

test.each(GUARDS)("E13: stdin is inherited, or empty with --stdin=null (%j)", async (guard) => {
  const input = "one\ntwo\n";
  expect((await runExec([...guard, "cat"], { input })).stdout).toBe(input);
  const result = await runExec([...guard, "--stdin=null", "--", "cat"], { input });
  expect(result).toMatchObject({ status: 0, stdout: "" });
});

test("E19: on a foreground terminal Ctrl-C reaches the command, which can read, and the shell goes on", async () => {
  const shell = await openShell();
  shell.enter(`${EXEC.join(" ")} -- sh -c 'read x; echo got $x; exec sleep 60'; echo code $?`);
  shell.enter("words");
  await shell.expect("got words");
  shell.type("\x03");
  await shell.expect("code 130");
  await shell.prompt();
  shell.enter("read y; echo $y");
  shell.enter("again");
  await shell.expect("again");
  await shell.close();
});

test("E19: Ctrl-Z stops the wrapper as a job, and fg continues it", async () => {
  const shell = await openShell();
  shell.enter(`${EXEC.join(" ")} -- sh -c 'echo begun; read x; echo got $x'`);
  await shell.expect("begun");
  shell.type("\x1a");
  await shell.expect("Stopped");
  await shell.prompt();
  shell.enter("jobs");
  await shell.expect(/Stopped.*exec/);
  await shell.prompt();
  shell.enter("fg");
  shell.enter("words");
  await shell.expect("got words");
  await shell.prompt();
  shell.enter("echo code $?");
  await shell.expect("code 0");
  await shell.close();
});

test("E19: in the background the terminal stays with the shell", async () => {
  const shell = await openShell();
  shell.enter(`${EXEC.join(" ")} -- sleep 60 &`);
  await shell.prompt();
  shell.enter("read y; echo got $y");
  shell.enter("words");
  await shell.expect("got words");
  await shell.prompt();
  shell.enter("kill %1; wait; echo code $?");
  await shell.expect("code");
  await shell.close();
});
