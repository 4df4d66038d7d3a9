// What every output format is given.

import { isAbsolute, relative, sep } from "node:path";
import { STDIN_NAME } from "../../input/read.ts";
import type { Finding, LintResult, RuleMeta, Severity } from "../finding.ts";

export const FORMATS = ["text", "json", "sarif", "junit", "github", "gitlab"] as const;
export type Format = (typeof FORMATS)[number];

export interface ReportContext {
  /** Every rule there is, by number. */
  readonly rules: readonly RuleMeta[];
  readonly version: string;
  /** Absolute: machine-readable formats name files from here. */
  readonly workspace: string;
  /** Absolute: relative file names begin here. */
  readonly cwd: string;
  /** True if a finding makes the run fail. */
  isFailing(finding: Finding): boolean;
  /** Left out because the baseline lists them. */
  readonly baselinedCount: number;
  /** Left out by --max-findings. */
  readonly truncatedCount: number;
  /** Text only. */
  readonly useColor: boolean;
  /** Text only: one line per finding. */
  readonly isQuiet: boolean;
  /** Text only: the command that repairs what can be repaired, undefined where the input is stdin. */
  readonly fixCommand?: string;
}

/** The whole output of one format, with its last line end; "" for nothing to print. */
export type Reporter = (result: LintResult, context: ReportContext) => string;

/** The file as URIs and CI services want it: from the workspace if inside, "/" between folders. */
export function workspacePath(file: string, { cwd, workspace }: ReportContext): string {
  if (file === STDIN_NAME) return file;
  const path = isAbsolute(file) ? file : `${cwd}${sep}${file}`;
  const inside = relative(workspace, path);
  const isOutside = inside.startsWith("..") || isAbsolute(inside);
  return (isOutside ? path : inside).split(sep).join("/");
}

/** How many there are of each severity. */
export function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** "1 file", "2 files", "2 fixes". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
