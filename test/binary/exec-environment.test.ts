// E20, E21: limits and rights that containers have.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cgroup } from "./cgroup.ts";
import { EXEC, startContainer, uniqueSeconds, untilGone } from "./execs.ts";
import { run, start, until } from "./harness.ts";
import { signal } from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const folder = mkdtempSync(join(tmpdir(), "exec-environment-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MARGIN_MS = 25 * SLACK;
const pids = cgroup("pids");

/** Under "true" a wrapper leaves at once: 5 ms more than that are allowed, and what the shell needs. */
const FORK_FAILED_MS = 5 * SLACK;

test.skipIf(!pids).each([
  [1, []],
  [2, []],
  [1, ["--no-guard"]],
])(
  "E20: in a pids cgroup full at %i fork fails at once, with the numbers (%j)",
  async (limit, guard) => {
    const group = pids?.make();
    group?.write("pids.max", String(limit));
    const wrapper = [...EXEC, ...guard, "--timeout", "5s", "--", "true"].join(" ");
    const enter = `echo $$ >${group?.path}/cgroup.procs`;
    const plain = await run("sh", ["-c", `exec ${EXEC[0]} --version`]);
    const result = await run("sh", ["-c", `${enter}; exec ${wrapper}`]);
    expect(result.status).toBe(125);
    expect(result.stderr).toMatch(
      new RegExp(
        `^knell exec: cannot fork: resource temporarily unavailable \\(EAGAIN\\), pids cgroup at ${limit} of ${limit}, \\d+ zombies\\n$`,
      ),
    );
    expect(result.milliseconds).toBeLessThan(plain.milliseconds + FORK_FAILED_MS + MARGIN_MS);
    await group?.remove();
  },
);

test.skipIf(!pids)("E20: the zombies that fill the cgroup are counted", async () => {
  const space = await startContainer();
  for (let i = 0; i < 3; i++) await space.exec(["sh", "-c", "sleep 0.05 &"], { stdio: "ignore" });
  await until("the zombies", () => space.zombies().length === 3);
  const group = pids?.make();
  group?.write("pids.max", "1");
  const script = `echo 0 >${group?.path}/cgroup.procs; exec ${EXEC.join(" ")} true`;
  const { status, stderr } = await space.exec(["sh", "-c", script]);
  expect(status).toBe(125);
  expect(stderr).toContain("at 1 of 1, 3 zombies\n");
  await space.stop();
  await group?.remove();
});

const ANYONE = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
const READ_ONLY = "mount --make-rprivate / && mount -o remount,bind,ro / && exec";

const PLACES: [string, (command: string[]) => string[]][] = [
  ["uid 65534", (command) => [...ANYONE, ...command]],
  ["no_new_privs", (command) => [...ANYONE, "--no-new-privs", ...command]],
  ["no capabilities", (command) => ["setpriv", "--bounding-set=-all", ...command]],
  [
    "a read-only root",
    (command) => ["unshare", "-m", "--", "sh", "-c", `${READ_ONLY} "$@"`, "sh", ...command],
  ],
  ["an unmapped user namespace", (command) => [...ANYONE, "unshare", "--user", "--", ...command]],
];

test.each(PLACES)("E21: works with %s", async (_, place) => {
  const seconds = uniqueSeconds();
  const script = `setsid -f sleep ${seconds}; echo begun; exec sleep 60`;
  const words = place([...EXEC, "--timeout", "400ms", "--", "sh", "-c", script]);
  const result = await run(words[0] ?? "", words.slice(1));
  expect(result).toMatchObject({
    status: 124,
    stdout: "begun\n",
    stderr: 'knell exec: "sh": not done within 400.0 ms; ended\n',
  });
  expect(result.milliseconds).toBeLessThan(400 + MARGIN_MS);
  await untilGone(`sleep ${seconds}`);
});

test("E21: without subreapers the group is killed, and one line warns", async () => {
  const seconds = uniqueSeconds();
  const words = ["EINVAL", "prctl", "--", ...EXEC, "--timeout", "400ms", "--"];
  const script = `sleep ${seconds} & exec sleep ${seconds}`;
  const result = await run(program("deny"), [...words, "sh", "-c", script]);
  expect(result.status).toBe(124);
  expect(result.stderr).toBe(
    "knell exec: warning: cannot adopt orphans, only the command's group is killed: invalid argument (EINVAL)\n" +
      'knell exec: "sh": not done within 400.0 ms; ended\n',
  );
  await untilGone(`sleep ${seconds}`);
});

test.each([[[]], [["--no-guard"]]])(
  "E21: without subreapers the group also dies with the command (%j)",
  async (guard) => {
    const seconds = uniqueSeconds();
    const words = ["EINVAL", "prctl", "--", ...EXEC, ...guard, "--", "sh", "-c"];
    const { status } = await run(program("deny"), [...words, `sleep ${seconds} & exit 3`]);
    expect(status).toBe(3);
    await untilGone(`sleep ${seconds}`);
  },
);

test.each(["ENOSYS", "EPERM"])(
  "E15, I66: without signalfd (%s) signals and output pass all the same",
  async (error) => {
    const script = "trap 'echo told; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
    const words = [error, "signalfd4", "--", ...EXEC, "--", "sh", "-c", script];
    const running = start(program("deny"), words);
    await until("the command", () => running.stdout() === "ready\n");
    signal(running.pid, "SIGTERM");
    const { status, stdout, stderr } = await running.finished;
    expect({ status, stdout }).toEqual({ status: 143, stdout: "ready\ntold\n" });
    expect(stderr).not.toContain("knell");
  },
);
