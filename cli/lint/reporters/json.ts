import type { Finding } from "../finding.ts";
import { countBySeverity, type Reporter } from "./report.ts";

/** Grows when a field is renamed, removed or changes its meaning; new fields do not count. */
export const JSON_FORMAT_VERSION = 1;

/** For programs: schemas/lint-output.schema.json. */
export const reportJson: Reporter = (result, context) => {
  const counts = countBySeverity(result.findings);
  const report = {
    version: JSON_FORMAT_VERSION,
    knell: context.version,
    findings: result.findings.map(printed),
    problems: result.problems,
    skipped: result.skipped,
    summary: {
      files: result.fileCount,
      errors: counts.error,
      warnings: counts.warning,
      infos: counts.info,
      fixable: result.findings.filter(({ fixes }) => fixes.length > 0).length,
      baselined: context.baselinedCount,
      truncated: context.truncatedCount,
    },
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
};

/** Without what only the check of a fix needs. */
function printed({ fixes, ...finding }: Finding) {
  return {
    ...finding,
    fixes: fixes.map(({ kind, description, edits }) => ({ kind, description, edits })),
  };
}
