import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readOptions } from "../../cli/command-line/options.ts";
import { COMMANDS } from "../../cli/commands/commands.ts";
import { splitWords } from "../../cli/kube/words.ts";
import { parseConfig } from "../../cli/lint/config.ts";
import { FORMATS } from "../../cli/lint/reporters/report.ts";
import { RULES } from "../../cli/lint/rules.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/lint.md"), "utf8");

test("docs/lint.md: the configuration shown is one that the program takes", () => {
  const shown = page
    .split("```yaml\n")
    .map((part) => part.split("```")[0]!)
    .find((block) => block.startsWith("root: true"))!;
  expect(parseConfig(shown, ".knell.yaml", RULES).problems).toEqual([]);
});

test("docs/lint.md: every option named is one of a command, and every format is named", () => {
  const known = new Set(
    COMMANDS.flatMap(({ options }) => Object.keys(options).map((name) => `--${name}`)),
  );
  // npx's own, and knell redis's.
  for (const other of ["--yes", "--live"]) known.add(other);
  const named = [...page.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option);
  expect(named.filter((option) => !known.has(option))).toEqual([]);
  for (const format of FORMATS) expect(page).toContain(`| \`${format}\` |`);
});

test("every --help has an example that its own options take", () => {
  for (const { name, help, options } of COMMANDS) {
    const [, line = ""] = new RegExp(`knell ${name} (.*?)(?:\\)"|$)`).exec(help.example)!;
    const words = splitWords(line)!;
    expect(words).not.toEqual([]);
    expect(() => readOptions(words, options)).not.toThrow();
  }
});

test("no line of --help is wider than a terminal", () => {
  for (const { help } of COMMANDS) {
    for (const line of help.description.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  }
});
