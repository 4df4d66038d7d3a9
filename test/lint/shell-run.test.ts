// The shell that probes are run in in thought, beside the real ones.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askWithKnell } from "../../cli/probe/knell-command.ts";
import { parseScript } from "../../cli/probe/script.ts";
import { Refusal, runScript, type World } from "../../cli/probe/shell-run.ts";
import { probesIn } from "./probes.ts";

const REPLIES = ["PONG", "LOADING Redis is loading the dataset in memory", ""];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "shell-run-"));
  writeFileSync(
    join(folder, "redis-cli"),
    '#!/bin/sh\n[ -z "$FAKE" ] && exit 1\nprintf "%s\\n" "$FAKE"\n',
  );
  chmodSync(join(folder, "redis-cli"), 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

function foretold(text: string, reply: string, isErrexit = false): number | undefined {
  const world: World = {
    answer: ({ invocation }) =>
      invocation.program === "redis-cli"
        ? { output: reply === "" ? "" : `${reply}\n`, status: reply === "" ? 1 : 0 }
        : undefined,
    readFile: () => undefined,
    hostRanges: [],
  };
  try {
    const statuses = runScript(parseScript(text), world, { isErrexit, isPipefail: false });
    return statuses.length === 1 ? statuses[0] : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function real(shell: readonly string[], text: string, reply: string): number | null {
  const [program, ...options] = shell;
  const env = { PATH: `${folder}:${process.env.PATH}`, FAKE: reply };
  return spawnSync(program!, [...options, "-c", text], { env, timeout: 10_000 }).status;
}

describe("every reply gives the status that the real shell gives", () => {
  test.each([
    ["an assignment has its substitution's status", "x=$(redis-cli ping)"],
    ["$? after a pipeline is the last one's", 'x=$(redis-cli ping | cat); [ "$?" = 0 ]'],
    ["! turns a pipeline", "! redis-cli ping | grep LOADING"],
    ["if without else", 'if [ "$(redis-cli ping)" = PONG ]; then exit 3; fi'],
    [
      "elif",
      'x=$(redis-cli ping); if [ -z "$x" ]; then exit 4; elif [ "$x" = PONG ]; then exit 5; else exit 6; fi',
    ],
    ["a test with too many words is an error", "[ $(redis-cli ping) = PONG ]"],
    ["-a and -o", 'x=$(redis-cli ping); [ "$x" != PONG -a -n "$x" ]'],
    ["a case without a match", "case $(redis-cli ping) in LOADING*) exit 7;; esac"],
    [
      "a quoted star is no pattern",
      'case $(redis-cli ping) in "LOADING*") exit 7;; PON?) exit 8;; esac',
    ],
    ["a subshell keeps its variables", 'x=a; (x=$(redis-cli ping)); [ "$x" = a ]'],
    ["exit in a subshell", "(redis-cli ping || exit 9); exit $?"],
    ["&& and || go from left to right", "redis-cli ping | grep -q PONG && false || redis-cli ping"],
    ["grep -x, -F, -v and -c's kin", "redis-cli ping | grep -xF PONG"],
    ["cut and tr", 'x=$(redis-cli ping | cut -d " " -f 1 | tr -d "\\n"); [ "$x" = LOADING ]'],
    ["head and tail", "redis-cli ping | head -n 1 | tail -1 | grep PONG"],
    ["sed and awk", `[ "$(redis-cli ping | sed -n 1p | awk '{print $1}')" = LOADING ]`],
    ["expr", 'expr "$(redis-cli ping)" : "L.*"'],
    ["a default", 'x=$(redis-cli ping); [ "${x:-none}" = none ]'],
  ])("%s", (_, text) => {
    for (const reply of REPLIES) {
      const status = foretold(text, reply);
      expect(status, `${reply}: must be followed`).toBeDefined();
      expect(status === 0, reply).toBe(real(["sh"], text, reply) === 0);
    }
  });

  test("errexit ends at the first failure that nothing tests", () => {
    const scripts = [
      "redis-cli ping | grep PONG; exit 0",
      'x=$(redis-cli ping); [ -n "$x" ]',
      "redis-cli ping || true; exit 0",
      "if redis-cli ping; then exit 0; fi; exit 1",
      "! redis-cli ping; exit 0",
      "(! { exit 2; }); redis-cli ping",
      "(exit 2 && false) || true; redis-cli ping | grep PONG; exit 0",
    ];
    for (const text of scripts) {
      for (const reply of REPLIES) {
        expect(foretold(text, reply, true) === 0, `${text}: ${reply}`).toBe(
          real(["sh", "-e"], text, reply) === 0,
        );
      }
    }
  });

  const simple = fc.constantFrom(
    "redis-cli ping",
    "redis-cli ping | grep -q PONG",
    "redis-cli ping | grep LOADING",
    "x=$(redis-cli ping)",
    '[ "$x" = PONG ]',
    '[ -n "$x" ]',
    "true",
    "false",
    'echo "$x" | grep P',
    "exit 2",
  );
  const { script } = fc.letrec<{ script: string }>((tie) => ({
    script: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      simple,
      fc
        .tuple(tie("script"), fc.constantFrom(" && ", " || ", "; "), tie("script"))
        .map((parts) => parts.join("")),
      tie("script").map((inner) => `(${inner})`),
      tie("script").map((inner) => `! { ${inner}; }`),
      fc.tuple(tie("script"), tie("script")).map(([a, b]) => `if ${a}; then ${b}; else false; fi`),
    ),
  }));

  test("for any composition of them, in dash and bash, with and without errexit", {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(
        script,
        fc.constantFrom(...REPLIES),
        fc.constantFrom("sh", "bash"),
        fc.boolean(),
        (text, reply, shell, isErrexit) => {
          const status = foretold(`x=; ${text}`, reply, isErrexit);
          if (status === undefined) return;
          // Under -e bash 5.2 leaves "(! { false; true; })" with 0, against POSIX: dash decides there.
          const words = isErrexit ? ["sh", "-e"] : [shell];
          expect(status === 0).toBe(real(words, `x=; ${text}`, reply) === 0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("no text makes it throw", () => {
  const token = fc.constantFrom(
    ..."redis-cli ping | grep -E ( ) [[ =~ ]] [ ] { } $( ` ' \" \\ $x ${x:-y} ${#x} $1 case in esac ;; * if then fi ; && || & > < 2>&1 <<< awk '{print $1;}' [a-".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 25 }), (tokens) => {
      const command = JSON.stringify(["sh", "-c", tokens.join(" ")]);
      const pod = `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - {name: r, image: redis, livenessProbe: {exec: {command: ${command}}}}\n`;
      expect(askWithKnell(probesIn(pod)[0]!)).toHaveProperty("isRefused");
    }),
    { numRuns: 1000 },
  );
  const deep = `${"(".repeat(3000)}redis-cli ping${")".repeat(3000)}`;
  expect(foretold(deep, "PONG")).toBeUndefined();
});
