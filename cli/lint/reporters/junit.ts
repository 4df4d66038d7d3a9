import type { Finding, LintResult, Problem, Skipped } from "../finding.ts";
import { type ReportContext, type Reporter, workspacePath } from "./report.ts";

/** JUnit XML as Jenkins reads it (junit-4.xsd): a suite per file, a case per finding; a finding below --fail-on passes. */
export const reportJunit: Reporter = (result, context) => {
  const suites = suitesOf(result).map((suite) => suiteElement(suite, context));
  const body = suites.length > 0 ? suites : [cleanSuite(result.fileCount)];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="knell lint">\n${body.join("")}</testsuites>\n`;
};

interface Suite {
  readonly file: string;
  readonly findings: Finding[];
  readonly problems: Problem[];
  readonly skipped: Skipped[];
}

function suitesOf(result: LintResult): Suite[] {
  const suites = new Map<string, Suite>();
  const suiteOf = (file: string) => {
    const suite = suites.get(file) ?? { file, findings: [], problems: [], skipped: [] };
    suites.set(file, suite);
    return suite;
  };
  for (const finding of result.findings) suiteOf(finding.file).findings.push(finding);
  for (const problem of result.problems) suiteOf(problem.file).problems.push(problem);
  for (const skipped of result.skipped) suiteOf(skipped.file).skipped.push(skipped);
  return [...suites.values()];
}

function suiteElement(
  { file, findings, problems, skipped }: Suite,
  context: ReportContext,
): string {
  const failures = findings.filter((finding) => context.isFailing(finding)).length;
  const path = workspacePath(file, context);
  const cases = [
    ...problems.map(({ span, message }) =>
      testCase(`${file}:${span?.start.line ?? 1}`, path, [
        `<error type="problem" message="${escapeXml(message)}"/>`,
      ]),
    ),
    ...findings.map((finding) => findingCase(finding, path, context)),
    ...skipped.map(({ reason }) =>
      testCase(file, path, [`<skipped>${escapeXml(reason)}</skipped>`]),
    ),
  ];
  const counts = `tests="${cases.length}" failures="${failures}" errors="${problems.length}" skipped="${skipped.length}"`;
  return `  <testsuite name="${escapeXml(path)}" ${counts}>\n${cases.join("")}  </testsuite>\n`;
}

function findingCase(finding: Finding, path: string, context: ReportContext): string {
  const { id, name, severity, message, why, remedy, link, span, objectPath } = finding;
  const place = `${path}:${span.start.line}:${span.start.column}`;
  const text = [`${place}: ${message}`, objectPath, why, remedy, link].join("\n");
  const body = context.isFailing(finding)
    ? `<failure type="${severity}" message="${escapeXml(message)}">${escapeXml(text)}</failure>`
    : `<system-out>${escapeXml(`${severity}: ${text}`)}</system-out>`;
  return testCase(`${name} ${id} at ${place}`, path, [body]);
}

/** CI services take a report without a case for a run that broke. */
function cleanSuite(fileCount: number): string {
  const clean = testCase(`no findings in ${fileCount} files`, "knell lint", []);
  return `  <testsuite name="knell lint" tests="1" failures="0" errors="0" skipped="0">\n${clean}  </testsuite>\n`;
}

function testCase(name: string, className: string, children: readonly string[]): string {
  const open = `    <testcase name="${escapeXml(name)}" classname="${escapeXml(className)}"`;
  if (children.length === 0) return `${open}/>\n`;
  return `${open}>\n${children.map((child) => `      ${child}\n`).join("")}    </testcase>\n`;
}

/** Characters that XML 1.0 has no way to write, unpaired surrogates included. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** For text and attributes. A line end in an attribute is written as a reference, or parsers turn it into a space. */
function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN, "\u{FFFD}")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;");
}
