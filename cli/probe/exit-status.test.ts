import { describe, expect, test } from "vitest";
import { Command } from "./command.ts";
import { isDecisive, whitewashOf } from "./exit-status.ts";
import { parseImage } from "./image.ts";

function command(argv: readonly string[]): Command {
  return new Command(argv, [], { image: parseImage("debian:12"), readFile: () => undefined });
}

/** The part that makes the status 0. */
function whitewash(script: string, shell = ["sh", "-c"]): string | undefined {
  const part = whitewashOf(command([...shell, script]));
  return part && script.slice(part.start, part.end);
}

describe("cannot fail", () => {
  test.each([
    ["curl -f http://a || true", "true"],
    ["curl -f http://a || exit 0", "exit 0"],
    ["curl -f http://a; exit 0", "exit 0"],
    ["curl -f http://a ; true", "true"],
    ["pg_isready || echo down", "echo down"],
    ["pg_isready; echo done >&2", "echo done >&2"],
    ["pg_isready | tee /tmp/log", "tee /tmp/log"],
    ["pg_isready | cat", "cat"],
    ["a && b || echo no", "echo no"],
    ["a || (echo no; exit 0)", "(echo no; exit 0)"],
    ["if a; then echo yes; else echo no; fi", "if a; then echo yes; else echo no; fi"],
    ["set -e\na || true", "true"],
    ["a\n# done\nexit 0\n", "exit 0"],
    ["python3 -c 'import sys; sys.exit(0)'", "python3 -c 'import sys; sys.exit(0)'"],
    ["sleep 5", "sleep 5"],
  ])("%s", (script, part) => {
    expect(whitewash(script)).toBe(part);
  });

  test("a program that always ends well", () => {
    for (const argv of [["true"], ["/bin/echo", "ok"], ["sleep", "1"], ["env", "A=b", "true"]]) {
      expect(whitewashOf(command(argv)), argv.join(" ")).toBeDefined();
    }
  });
});

describe("can fail, or nobody knows", () => {
  test.each([
    "curl -f http://a",
    "a || exit 1",
    "a || exit",
    "a || exit $?",
    "a; b",
    "a && echo ok",
    "set -e; a; echo ok",
    "set -o pipefail; a | tee /tmp/log",
    "a | grep x",
    "a | cat - /missing",
    "if a; then exit 0; else exit 1; fi",
    "a || { echo no; exit 1; }",
    "! true",
    "[ -f /x ]",
    "x=$(a)",
    ". /lib/health.sh; echo ok",
    'eval "$CHECK"; true',
    "trap 'exit 1' TERM; a; true",
    "a || kill 1; true",
    ": ${NAME:?}; echo ok",
    "echo ok > /data/file",
    "check() { return 1; }; check",
    "exec a; echo never",
    "while a; do true; done",
    "case $x in a) true;; *) exit 1;; esac",
    "timeout 5 sleep 9",
    "python -c 'import app; exit(0)'",
    "a &",
    "a | (",
    "",
  ])("%s", (script) => {
    expect(whitewash(script)).toBeUndefined();
  });

  test("options of the shell count", () => {
    expect(whitewash("a; echo ok", ["sh", "-ec"])).toBeUndefined();
    expect(whitewash("a | cat", ["bash", "-o", "pipefail", "-c"])).toBeUndefined();
    expect(whitewash("a || true", ["timeout", "5", "sh", "-c"])).toBeUndefined();
  });

  test("an argv whose program can fail", () => {
    for (const argv of [
      ["cat", "/x"],
      ["timeout", "1", "sleep", "9"],
      ["sh", "/check.sh"],
    ]) {
      expect(whitewashOf(command(argv)), argv.join(" ")).toBeUndefined();
    }
  });
});

describe("decisive is", () => {
  test.each([
    ["curl a", true],
    ["curl a || exit 1", true],
    ["curl a; b", false],
    ["curl a || exit 1; b", true],
    ["set -e; curl a; b", true],
    ["set -e; ask() { curl a; }; ask | grep x", false],
  ])("the first command of %s: %s", (script, decisive) => {
    const probe = command(["sh", "-c", script]);
    const curl = probe.invocations.find(({ program }) => program === "curl")!;
    expect(isDecisive(curl, probe)).toBe(decisive);
  });
});
