// Golden pairs: RULE.yaml, RULE.compose.yaml or RULE.Dockerfile in golden/bad and what that rule says of it in the .out beside
// it; golden/good gives nothing under any rule.
// UPDATE_GOLDEN=1 writes the .out files: read them before they are committed.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lint } from "../cli/lint/engine.ts";
import type { LintResult } from "../cli/lint/finding.ts";
import type { LintOptions } from "../cli/lint/options.ts";

const folder = join(import.meta.dirname, "golden");
const inputs = (name: string) =>
  readdirSync(join(folder, name)).filter((file) => !file.endsWith(".out"));

function lintFile(group: string, file: string, options: LintOptions): LintResult {
  const bytes = readFileSync(join(folder, group, file));
  return lint([{ file, bytes }], options);
}

/** One line per finding, and one per problem. */
function print({ findings, problems, skipped }: LintResult): string {
  const lines = findings.map(({ span, severity, message, name, id, objectPath, fixes }) => {
    const place = `${span.start.line}:${span.start.column}-${span.end.line}:${span.end.column}`;
    const kinds = fixes.map(({ kind, description }) => `\n    ${kind}: ${description}`).join("");
    return `${place} ${severity} ${message} [${name} ${id}]\n    ${objectPath}${kinds}`;
  });
  for (const { span, message } of problems) lines.push(`${span?.start.line} ${message}`);
  for (const { reason } of skipped) lines.push(`skipped: ${reason}`);
  return `${lines.join("\n")}\n`;
}

test.each(inputs("bad"))("golden/bad/%s gives what its .out says", (file) => {
  const expected = join(folder, "bad", file.replace(/\.[^.]*$/, ".out"));
  const rule = file.replace(/\..*$/, "");
  const printed = print(lintFile("bad", file, { only: [rule] }));
  if (process.env.UPDATE_GOLDEN) writeFileSync(expected, printed);
  expect(existsSync(expected), `${expected} is missing`).toBe(true);
  expect(printed).toBe(readFileSync(expected, "utf8"));
  expect(printed).toContain(`[${rule} KN`);
});

test.each(inputs("good"))("golden/good/%s gives no finding under the strict profile", (file) => {
  expect(print(lintFile("good", file, { profile: "strict" }))).toBe("\n");
});
