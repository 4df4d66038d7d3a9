import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BINARY_MODES, COMMANDS, SHELLS } from "../../cli/commands/commands.ts";
import { KNELL } from "./program.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "knell-completions-"));
  writeFileSync(join(folder, "redis.yaml"), "");
  for (const shell of SHELLS) writeFileSync(join(folder, `knell.${shell}`), scriptFor(shell));
});
afterAll(() => rmSync(folder, { recursive: true }));

function scriptFor(shell: string): string {
  const { stdout, status } = spawnSync(process.execPath, [KNELL, "completions", shell], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  return stdout;
}

function run(program: string, args: string[], input = ""): string {
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    cwd: folder,
    input,
    encoding: "utf8",
  });
  expect([error, stderr, status]).toEqual([undefined, "", 0]);
  return stdout;
}

function isThere(shell: string): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

/** What each shell offers for the last word. */
const COMPLETERS: Readonly<Record<(typeof SHELLS)[number], (words: string[]) => string[]>> = {
  bash: (words) =>
    run("bash", [
      "--norc",
      "-c",
      'source knell.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _knell; printf "%s\\n" "${COMPREPLY[@]}"',
      "bash",
      ...words,
    ])
      .trim()
      .split("\n"),
  fish: (words) =>
    run("fish", [
      "--no-config",
      "-c",
      `source knell.fish; complete -C ${JSON.stringify(words.join(" "))}`,
    ])
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]!),
  zsh: (words) =>
    run("python3", [join(import.meta.dirname, "zsh-complete.py"), "knell.zsh", words.join(" ")])
      .trim()
      .split(/\s+/),
};

describe.each(SHELLS)("%s", (shell) => {
  const offered = (...words: string[]) => COMPLETERS[shell](words);
  const testIfThere = test.skipIf(!isThere(shell));

  testIfThere("commands and modes by their beginning", () => {
    const names = [...COMMANDS.map(({ name }) => name), ...Object.keys(BINARY_MODES)];
    const beginning = names.filter((name) => name.startsWith("p")).sort();
    expect(
      offered("knell", "p")
        .filter((word) => !word.startsWith("-"))
        .sort(),
    ).toEqual(beginning);
    expect(beginning).toEqual(["pause", "ps"]);
  });

  testIfThere("every option of a command", () => {
    for (const { name, options } of COMMANDS.filter((command) => command.name !== "completions")) {
      const expected = Object.keys(options).map((option) => `--${option}`);
      expect(
        offered("knell", name, "--")
          .map((word) => word.replace(/=$/, ""))
          .sort(),
      ).toEqual(expected.sort());
    }
  });

  testIfThere("the values of an option, also the open ones", () => {
    expect(offered("knell", "lint", "--fail-on", "n")).toEqual(["never"]);
    expect(offered("knell", "lint", "--format", "gi").sort()).toEqual(["github", "gitlab"]);
  });

  testIfThere("file names", () => {
    expect(offered("knell", "lint", "red")).toEqual(["redis.yaml"]);
    expect(offered("knell", "fix", "--config", "red")).toEqual(["redis.yaml"]);
  });
});

describe("bash", () => {
  test("--option=value: readline hands it over as three words", () => {
    expect(COMPLETERS.bash(["knell", "lint", "--fail-on", "=", "n"])).toEqual(["never"]);
    expect(COMPLETERS.bash(["knell", "lint", "--fail-on", "="])).toContain("never");
  });
});
