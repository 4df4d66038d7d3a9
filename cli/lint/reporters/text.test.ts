import { expect, test } from "vitest";
import { EMPTY_RESULT, SAMPLE_CONTEXT, SAMPLE_RESULT, sampleFinding } from "./sample.ts";
import { reportText } from "./text.ts";

/** The report on one finding in a text of its own. */
function reportOn(text: string, excerpt: string, changes = {}) {
  const finding = sampleFinding("KN302", excerpt, changes, text);
  const result = { ...EMPTY_RESULT, findings: [finding], texts: new Map([[finding.file, text]]) };
  return reportText(result, SAMPLE_CONTEXT);
}

test("a finding is place, severity, message and rule, then the line with carets, the reason and the fix", () => {
  expect(reportText(SAMPLE_RESULT, SAMPLE_CONTEXT).split("\n").slice(0, 6)).toEqual([
    'deploy/redis.yaml:2:3: warning: something about "exec" [exec-default-timeout KN302]',
    "  2 |   exec:",
    "    |   ^^^^",
    "  why: The default is 1 s, and it is enforced since Kubernetes 1.20.",
    "  fix: add timeoutSeconds: 5 (knell fix)",
    "",
  ]);
});

test("the end says how many, where, and what to do next", () => {
  const report = reportText(SAMPLE_RESULT, SAMPLE_CONTEXT);
  expect(report).toContain("3 findings (1 error, 1 warning, 1 info) in 2 of 4 files\n");
  expect(report).toContain("  knell fix deploy            repairs 1 of them\n");
  expect(report).toContain("  knell lint --explain KN302  says more about one\n");
});

test("a template is named, with the command that renders it", () => {
  const report = reportText(SAMPLE_RESULT, SAMPLE_CONTEXT);
  expect(report).toContain("chart/templates/x.yaml: skipped: template\n");
  expect(report).toContain("helm template CHART | knell lint -");
});

test("a clean run says so in one line, and what the baseline hides", () => {
  expect(reportText(EMPTY_RESULT, SAMPLE_CONTEXT)).toBe("ok: no findings in 2 files\n");
  const report = reportText(EMPTY_RESULT, { ...SAMPLE_CONTEXT, baselinedCount: 4 });
  expect(report).toBe("ok: no findings in 2 files; 4 more in the baseline\n");
});

test("--quiet: one line per finding and nothing else", () => {
  const report = reportText(SAMPLE_RESULT, { ...SAMPLE_CONTEXT, isQuiet: true });
  expect(report.split("\n").map((line) => line.split(" ")[0])).toEqual([
    "deploy/redis.yaml:2:3:",
    "deploy/redis.yaml:6:14:",
    "/elsewhere/a",
    "",
  ]);
});

test("carets stand below the text behind tabs, and a byte order mark takes no column", () => {
  expect(reportOn("\tx: bad\n", "bad").split("\n").slice(1, 3)).toEqual([
    "  1 | \tx: bad",
    "    | \t   ^^^",
  ]);
  expect(reportOn("\uFEFFx: bad\n", "bad").split("\n").slice(1, 3)).toEqual([
    "  1 | x: bad",
    "    |    ^^^",
  ]);
});

test("of a long line only the part around the finding is shown", () => {
  const [, shown = "", carets = ""] = reportOn(
    `{"a": "${"x".repeat(5000)}", "b": "bad"}`,
    '"bad"',
  ).split("\n");
  expect(shown.length).toBeLessThan(120);
  expect(shown.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe('"bad"');
});

test("control characters of the input do not reach the terminal", () => {
  expect(reportOn("x: \x1b[2J bad\r\n", "bad", { message: "a \x1b[31m b" })).not.toContain("\x1b");
});

test("colour is only there when asked for", () => {
  expect(reportText(SAMPLE_RESULT, SAMPLE_CONTEXT)).not.toContain("\x1b[");
  expect(reportText(SAMPLE_RESULT, { ...SAMPLE_CONTEXT, useColor: true })).toContain(
    "\x1b[33mwarning\x1b[39m",
  );
});
