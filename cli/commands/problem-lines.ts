import type { Environment } from "../environment.ts";
import type { Problem } from "../lint/finding.ts";

/** One line each on stderr: `knell lint: FILE:LINE:COLUMN: what`. */
export function reportProblems(
  prefix: string,
  problems: readonly Problem[],
  { writeErr }: Environment,
): void {
  for (const { file, span, message } of problems) {
    const place = span === undefined ? file : `${file}:${span.start.line}:${span.start.column}`;
    writeErr(`${prefix}: ${place}: ${message}\n`);
  }
}
