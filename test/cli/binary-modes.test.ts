import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { expect, test } from "vitest";
import { BINARY_MODES } from "../../cli/commands/commands.ts";
import { KNELL, knell } from "./program.ts";

test("stdin, stdout, stderr and the exit status are the program's", () => {
  const ran = knell(["exec", "--", "sh", "-c", "cat; echo talk >&2; exit 7"], { input: "text" });
  expect(ran).toEqual({ status: 7, stdout: "text", stderr: "talk\n" });
});

test.each(Object.keys(BINARY_MODES))("knell %s --help is the program's help", (mode) => {
  const { status, stdout } = knell([mode, "--help"]);
  expect([status, stdout.includes(`knell ${mode}`)]).toEqual([0, true]);
});

test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)(
  "%s is passed on, and the status says so",
  async (signal) => {
    const child = spawn(process.execPath, [
      KNELL,
      "init",
      "--",
      "sh",
      "-c",
      `trap 'echo got; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`,
    ]);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output === "ready\n") child.kill(signal);
    });
    const [status] = await once(child, "exit");
    expect([output, status]).toEqual(["ready\ngot\n", 9]);
  },
);

test("a program that a signal ends gives 128 + its number", () => {
  expect(knell(["exec", "--", "sh", "-c", "kill -KILL $$"]).status).toBe(
    128 + constants.signals.SIGKILL,
  );
});
