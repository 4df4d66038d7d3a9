import { resolve } from "node:path";
import { type OptionValues, readOptions, UsageError } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { replaceFile } from "../file-write.ts";
import { fix } from "../fix/fix.ts";
import type { FixedFile, FixResult } from "../fix/fix-result.ts";
import { systemMessage } from "../input/read.ts";
import { encodeText } from "../kube/text.ts";
import type { Fix, FixKind, Problem } from "../lint/finding.ts";
import { type LintTarget, type Prepared, prepare } from "../lint/lint-input.ts";
import { colors, shouldColor } from "../lint/reporters/colors.ts";
import { counted } from "../lint/reporters/report.ts";
import { RULES } from "../lint/rules.ts";
import { FIX_OPTIONS } from "./fix-options.ts";
import { reportProblems } from "./problem-lines.ts";
import { readConfigSource, readFlags, readTarget } from "./request.ts";
import { unifiedDiff } from "./unified-diff.ts";

type Values = OptionValues<typeof FIX_OPTIONS>;

/** `knell fix`: 0 clean afterwards, 1 findings remain (--check: something would change), 2 failed. */
export function fixCommand(args: readonly string[], environment: Environment): number {
  const { values, positionals } = readOptions(args, FIX_OPTIONS);
  checkCombination(values);
  const target = readTarget(positionals, values["stdin-filename"], environment);
  const prepared = prepareFix(values, target, environment);
  const inputs = [...prepared.files.entries()].map(([, input]) => input);
  const result = fix(inputs, {
    ...prepared.options,
    kinds: kindsOf(values),
    accepts: (offer) => values.live === true || !asksForLiveness(offer),
  });
  const isDry = Boolean(values["dry-run"] || values.diff || values.check);
  const isFilter = target.kind === "stdin" && !isDry;
  const failures = isDry || isFilter ? [] : writeFiles(result.files, environment.cwd);
  if (isFilter) environment.writeOut(filteredText(target, result));
  if (values.diff) writeDiffs(result.files, values, environment);
  else listFixes(result, prepared, isDry, isFilter, values, environment);
  const problems = [...prepared.problems(), ...result.remaining.problems, ...failures];
  reportProblems("knell fix", problems, environment);
  if (problems.length > 0) return 2;
  if (values.check) return result.files.length > 0 ? 1 : 0;
  return result.remaining.findings.some(prepared.isFailing) ? 1 : 0;
}

function checkCombination(values: Values): void {
  if (values.live && !values["assume-installed"]) {
    throw new UsageError("--live: goes with --assume-installed, which puts knell commands in");
  }
}

function prepareFix(values: Values, target: LintTarget, environment: Environment): Prepared {
  const rules = RULES.map(({ meta }) => meta);
  return prepare({
    target,
    config: readConfigSource(values, environment.cwd),
    flags: readFlags(values, rules),
    isGitignoreHonoured: values["no-ignore"] !== true,
    isReasonRequired: false,
    reportsUnusedIgnores: false,
  });
}

function kindsOf(values: Values): FixKind[] {
  return [
    "safe",
    ...(values.unsafe ? (["unsafe"] as const) : []),
    ...(values["assume-installed"] ? (["knell"] as const) : []),
  ];
}

/** R130: a probe gets `knell redis --live`, which passes on more replies than before, only when asked. */
function asksForLiveness({ kind, edits }: Fix): boolean {
  return kind === "knell" && edits.some(({ text }) => text.includes("--live"));
}

/** Replaces every file. Those that cannot be written are problems; the others are written all the same. */
function writeFiles(files: readonly FixedFile[], cwd: string): Problem[] {
  return files.flatMap(({ file, after, encoding }): Problem[] => {
    try {
      replaceFile(resolve(cwd, file), encodeText(after, encoding));
      return [];
    } catch (error) {
      return [{ file, message: `cannot be written: ${systemMessage(error)}` }];
    }
  });
}

/** What came on stdin with its fixes, unchanged where there are none. */
function filteredText(
  target: Extract<LintTarget, { kind: "stdin" }>,
  { files }: FixResult,
): string | Uint8Array {
  const [fixed] = files;
  return fixed === undefined ? target.bytes : encodeText(fixed.after, fixed.encoding);
}

function writeDiffs(files: readonly FixedFile[], values: Values, environment: Environment): void {
  const isColored = shouldColor(values.color, environment.env, environment.isOutTerminal);
  for (const { file, before, after } of files) {
    environment.writeOut(unifiedDiff(file, before, after, colors(isColored)));
  }
}

/** One line per fix, then what is left: on stdout, or on stderr where stdout has the text. */
function listFixes(
  { files, remaining }: FixResult,
  { isFailing }: Prepared,
  isDry: boolean,
  isFilter: boolean,
  values: Values,
  environment: Environment,
): void {
  const write = isFilter ? environment.writeErr : environment.writeOut;
  const isTerminal = isFilter ? environment.isErrTerminal : environment.isOutTerminal;
  const paint = colors(shouldColor(values.color, environment.env, isTerminal));
  for (const { file, applied } of files) {
    for (const { finding, fix: done } of applied) {
      const place = paint.bold(`${file}:${finding.span.start.line}:`);
      write(`${place} ${done.description} ${paint.dim(`[${finding.name} ${finding.id}]`)}\n`);
    }
  }
  if (values.quiet) return;
  const fixCount = files.reduce((sum, { applied }) => sum + applied.length, 0);
  const done = isDry ? "would be applied" : "applied";
  const left = remaining.findings.length;
  const failing = remaining.findings.filter(isFailing).length;
  const below = failing < left ? ` (${left - failing} of them below the level that fails)` : "";
  const rest = left === 0 ? "nothing is left" : `${counted(left, "finding")} left${below}`;
  const hint = left === 0 || isFilter ? "" : "; knell lint shows what to do by hand";
  write(
    `${counted(fixCount, "fix", "fixes")} ${done} in ${counted(files.length, "file")}, ${rest}${hint}\n`,
  );
}
