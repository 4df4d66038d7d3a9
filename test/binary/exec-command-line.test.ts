// E1, E4, E19: what knell exec is given, what its command is given, and what comes back.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EXEC, runExec } from "./execs.ts";
import { run } from "./harness.ts";
import { signalsIn, statusOf } from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const folder = mkdtempSync(join(tmpdir(), "exec-command-line-"));
afterAll(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);
writeFileSync(join(folder, "plain"), "no program\n", { mode: 0o644 });

const GUARDS = [[[]], [["--no-guard"]]] as const;

test.each([
  [["--timeout", "5s", "sh", "-c", "exit 7"], 7],
  [["--timeout=0", "sh", "-c", "exit 0"], 0],
  [["sh", "-c", "kill -9 $$"], 137],
  [["sh", "-c", "kill -TERM $$"], 143],
  [["--", "sh", "-c", "exit 255"], 255],
  [["--no-guard", "--", "sh", "-c", "exit 124"], 124],
])("E1: knell exec %j leaves with %i, the command's own code", async (words, status) => {
  expect(await runExec(words)).toMatchObject({ status, stderr: "" });
});

test.each(["900ms", "1s", "1.5", "2m", "0"])("E1: --timeout %s is a duration", async (value) => {
  expect(await runExec(["--timeout", value, "true"])).toMatchObject({ status: 0, stderr: "" });
});

test.each([
  [["--timeout", "1x", "true"], 'option "--timeout": bad value "1x"'],
  [["--timeout=-1", "true"], "bad value"],
  [["--timeout"], "needs a value"],
  [["--on-timeout", "256", "true"], "from 0 to 255"],
  [["--max-output", "8q", "true"], "bad value"],
  [["--output=file", "true"], "relay, inherit or null"],
  [["--stdin=file", "true"], "inherit or null"],
  [["--keep=1", "true"], "takes no value"],
  [["--timout", "1s", "true"], 'did you mean "--timeout"?'],
  [["-x", "true"], "unknown option"],
  [[], "no command"],
  [["--timeout", "1s", "--"], "no command"],
])("E1: the mistake in %j is one line and 125", async (words, text) => {
  const { status, stdout, stderr } = await runExec(words);
  expect({ status, stdout }).toEqual({ status: 125, stdout: "" });
  expect(stderr).toMatch(/^knell exec: [^\n]+\n$/);
  expect(stderr).toContain(text);
});

test.each(GUARDS)("E1: what cannot be run is one line, 127 or 126 (%j)", async (guard) => {
  const missing = await runExec([...guard, "no-such-program"]);
  expect(missing).toMatchObject({ status: 127, stdout: "" });
  expect(missing.stderr).toMatch(/^knell exec: cannot run "no-such-program": [^\n]+\n$/);
  expect(await runExec([...guard, "/etc"])).toMatchObject({ status: 126 });
  const plain = await runExec([...guard, "--output=null", join(folder, "plain")]);
  expect(plain).toMatchObject({ status: 126 });
  expect(plain.stderr).toContain("EACCES");
});

test("E1: options end at the command, whose own stay its own", async () => {
  const { stdout } = await runExec(["echo", "--timeout", "1s", "--", "-x"]);
  expect(stdout).toBe("--timeout 1s -- -x\n");
  expect(await runExec(["--", "--timeout"])).toMatchObject({ status: 127 });
});

test("E1: --help goes to stdout and names every option", async () => {
  const { status, stdout, stderr } = await runExec(["--help"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const options = ["timeout", "grace", "on-timeout", "keep", "output", "max-output", "stdin"];
  for (const name of [...options, "no-guard"]) expect(stdout).toContain(`--${name}`);
  expect(await run(EXEC[0], ["help", "exec"])).toMatchObject({ status: 0, stdout });
});

test("E4: a command that ends at once costs 3 ms more under the wrapper", async () => {
  const median = async (command: readonly string[]) => {
    const [name = "", ...args] = command;
    const times: number[] = [];
    for (let i = 0; i < 31; i++) times.push((await run(name, args)).milliseconds);
    return times.sort((a, b) => a - b)[15] ?? 0;
  };
  const plain = await median(["/bin/true"]);
  expect(await median([...EXEC, "--timeout", "5s", "--", "/bin/true"])).toBeLessThan(
    plain + 3 * SLACK,
  );
});

test.each(GUARDS)(
  "E19: blocked and ignored signals are as knell found them (%j)",
  async (guard) => {
    const preset = ["-b", "4,15,21,45", "-i", "1,2,13,17,40", "--"];
    const status = ["cat", "/proc/self/status"];
    const plain = await run(program("preset"), [...preset, ...status]);
    const wrapped = await run(program("preset"), [...preset, ...EXEC, ...guard, "--", ...status]);
    const [before, after] = [statusOf("self", plain.stdout), statusOf("self", wrapped.stdout)];
    expect(signalsIn(after.SigBlk)).toEqual([4, 15, 21, 45]);
    expect(signalsIn(after.SigIgn)).toEqual(signalsIn(before.SigIgn));
    expect(after.SigCgt).toBe(before.SigCgt);
  },
);

test.each(GUARDS)("E19: an ignored SIGCHLD takes no exit code away (%j)", async (guard) => {
  const words = ["-i", "17", "--", ...EXEC, ...guard, "--", "sh", "-c", "exit 7"];
  expect(await run(program("preset"), words)).toMatchObject({ status: 7 });
});

const DESCRIPTORS = ["sh", "-c", "cd /proc/self/fd && echo *"];

test.each(GUARDS)(
  "E19: the command has the descriptors that knell was given (%j)",
  async (guard) => {
    const plain = await run("sh", ["-c", 'exec 7</dev/null; exec "$@"', "sh", ...DESCRIPTORS]);
    for (const output of ["relay", "inherit"]) {
      const words = [...EXEC, ...guard, `--output=${output}`, "--", ...DESCRIPTORS];
      const wrapped = await run("sh", ["-c", 'exec 7</dev/null; exec "$@"', "sh", ...words]);
      expect(wrapped.stdout).toBe(plain.stdout);
    }
  },
);

test.each([[["-x", "0"]], [["-x", "1"]], [["-x", "2"]], [["-x", "0,1,2"]]])(
  "E19: descriptors closed on entry stay closed (%j)",
  async (closed) => {
    const file = join(folder, "descriptors");
    const script = `a=; for n in 0 1 2; do if [ -e /proc/$$/fd/$n ]; then a=$a$n; fi; done; echo $a >${file}`;
    const words = ["--", ...EXEC, "--timeout", "5s", "--", "sh", "-c", script];
    const result = await run(program("preset"), [...closed, ...words]);
    expect(result.status).toBe(0);
    const { stdout } = await run("cat", [file]);
    const list = closed[1]?.split(",") ?? [];
    expect(stdout).toBe(`${["0", "1", "2"].filter((number) => !list.includes(number)).join("")}\n`);
  },
);

test("E19: environment and folder are untouched, and the process group is the command's own", async () => {
  const env = { PATH: process.env.PATH, LISTEN_PID: "1", KNELL_X: "a b", EMPTY: "" };
  const plain = await run("env", [], { env, cwd: folder });
  const wrapped = await run(EXEC[0], ["exec", "env"], { env, cwd: folder });
  expect(wrapped.stdout).toBe(plain.stdout);
  const script = "pwd; cut -d' ' -f1,5 /proc/$$/stat";
  const { stdout } = await run(EXEC[0], ["exec", "sh", "-c", script], { cwd: folder });
  const [cwd, ids = ""] = stdout.split("\n");
  const [pid, group] = ids.split(" ");
  expect(cwd).toBe(folder);
  expect(group).toBe(pid);
});
