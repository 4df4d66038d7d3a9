import { createHash } from "node:crypto";
import type { Severity } from "../finding.ts";
import { fingerprints } from "../fingerprint.ts";
import { type Reporter, workspacePath } from "./report.ts";

const SEVERITY: Readonly<Record<Severity, string>> = {
  error: "critical",
  warning: "major",
  info: "info",
};

/** GitLab's Code Quality report (docs.gitlab.com/ci/testing/code_quality, "report format"). */
export const reportGitlab: Reporter = (result, context) => {
  const prints = fingerprints(result.findings, result.texts);
  const findings = result.findings.map((finding, index) => ({
    description: finding.message,
    check_name: finding.name,
    fingerprint: prints[index],
    severity: SEVERITY[finding.severity],
    location: {
      path: workspacePath(finding.file, context),
      lines: { begin: finding.span.start.line, end: finding.span.end.line },
    },
  }));
  const problems = result.problems.map(({ file, span, message }) => ({
    description: message,
    check_name: "unreadable-input",
    fingerprint: createHash("sha256").update(`${file}\n${message}`).digest("hex").slice(0, 16),
    severity: "blocker",
    location: {
      path: workspacePath(file, context),
      lines: { begin: span?.start.line ?? 1, end: span?.end.line ?? 1 },
    },
  }));
  return `${JSON.stringify([...findings, ...problems], undefined, 2)}\n`;
};
