import { resolve } from "node:path";
import { Failure, type OptionValues, readOptions, UsageError } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { writeWholeFile } from "../file-write.ts";
import { readText, systemMessage, UnreadableError } from "../input/read.ts";
import {
  type Baseline,
  BaselineError,
  formatBaseline,
  parseBaseline,
  withoutBaselined,
} from "../lint/baseline.ts";
import { type LintRun, type LintTarget, lintInput } from "../lint/lint-input.ts";
import { shouldColor } from "../lint/reporters/colors.ts";
import { counted, FORMATS, type Format, type ReportContext } from "../lint/reporters/report.ts";
import { loadReporter } from "../lint/reporters/reporters.ts";
import { RULE_METAS } from "../lint/rule-metas.ts";
import { RULES } from "../lint/rules.ts";
import type { FailLevel } from "../lint/settings.ts";
import { suggestion } from "../nearest.ts";
import { VERSION } from "../version.ts";
import { DEFAULT_BASELINE, LINT_OPTIONS } from "./lint-options.ts";
import { reportProblems } from "./problem-lines.ts";
import { startProgress } from "./progress.ts";
import { readConfigSource, readFlags, readTarget } from "./request.ts";
import { explainRule, listRules } from "./rule-texts.ts";

type Values = OptionValues<typeof LINT_OPTIONS>;

interface Output {
  readonly format: Format;
  /** undefined: stdout. */
  readonly path?: string;
}

/** `knell lint`: 0 nothing at or above --fail-on, 1 findings, 2 something could not be read. */
export async function lintCommand(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { values, positionals } = readOptions(args, LINT_OPTIONS);
  const outputs = readOutputs(values.format);
  if (values.explain !== undefined) {
    environment.writeOut(explainRule(values.explain));
    return 0;
  }
  if (values["list-rules"]) {
    environment.writeOut(listRules(outputs[0]?.format === "json"));
    return 0;
  }
  const limit = readLimit(values["max-findings"]);
  const known = values["update-baseline"] ? undefined : readBaseline(values.baseline, environment);
  const target = readTarget(positionals, values["stdin-filename"], environment);
  const run = runLint(values, target, environment);
  const { findings, problems, texts } = run.result;
  reportProblems("knell lint", problems, environment);
  if (values["update-baseline"]) return updateBaseline(run, values.baseline, environment);
  const fresh = known === undefined ? findings : withoutBaselined(findings, texts, known);
  const shown = fresh.slice(0, limit);
  const context: ReportContext = {
    rules: RULE_METAS,
    version: VERSION,
    cwd: environment.cwd,
    workspace: environment.env.GITHUB_WORKSPACE || environment.cwd,
    isFailing: run.isFailing,
    baselinedCount: findings.length - fresh.length,
    truncatedCount: fresh.length - shown.length,
    useColor: shouldColor(values.color, environment.env, environment.isOutTerminal),
    isQuiet: values.quiet === true,
    ...fixCommandOf(positionals, target),
  };
  for (const output of outputs) {
    const report = await loadReporter(output.format);
    write(output, report({ ...run.result, findings: shown }, context), environment);
  }
  if (problems.length > 0) return 2;
  return fresh.some(run.isFailing) ? 1 : 0;
}

/** --format F[:PATH], text where there is none; two for stdout would mix. Throws a UsageError. */
function readOutputs(formats: readonly string[] = ["text"]): Output[] {
  const outputs = formats.map((text): Output => {
    const colon = text.indexOf(":");
    const name = colon === -1 ? text : text.slice(0, colon);
    const format = FORMATS.find((known) => known === name);
    if (format === undefined) {
      const hint = suggestion(name, FORMATS);
      throw new UsageError(`--format: "${name}" is none of ${FORMATS.join(", ")}${hint}`);
    }
    if (colon === -1) return { format };
    const path = text.slice(colon + 1);
    if (path === "") throw new UsageError(`--format: "${text}" has no path after the colon`);
    return { format, path };
  });
  const onStdout = outputs.filter(({ path }) => path === undefined);
  if (onStdout.length <= 1) return outputs;
  const names = onStdout.map(({ format }) => format).join(" and ");
  throw new UsageError(`--format: ${names} both go to stdout; give one a file, F:PATH`);
}

/** Throws a UsageError. */
function readLimit(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--max-findings: "${text}" is no number; give one such as 50`);
}

/** Throws a Failure where the file cannot be used. */
function readBaseline(path: string | undefined, { cwd }: Environment): Baseline | undefined {
  if (path === undefined) return undefined;
  try {
    return parseBaseline(readText(resolve(cwd, path)));
  } catch (error) {
    if (error instanceof UnreadableError) {
      throw new Failure(`${path}: ${error.message}; make it with --update-baseline`);
    }
    if (!(error instanceof BaselineError)) throw error;
    throw new Failure(`${path}: ${error.message}; make it anew with --update-baseline`);
  }
}

function runLint(values: Values, target: LintTarget, environment: Environment): LintRun {
  const rules = RULES.map(({ meta }) => meta);
  const flags = readFlags(values, rules);
  const failOn = values["fail-on"] as FailLevel | undefined;
  const progress = startProgress("linted", environment);
  try {
    return lintInput({
      target,
      config: readConfigSource(values, environment.cwd),
      flags: {
        ...flags,
        isEveryRuleOn: values.profile === "all",
        ...(failOn === undefined ? {} : { failOn }),
      },
      isGitignoreHonoured: values["no-ignore"] !== true,
      isReasonRequired: values["require-reason"] === true,
      reportsUnusedIgnores: values.profile === "strict" || values.profile === "all",
      onProgress: progress.update,
    });
  } finally {
    progress.end();
  }
}

function updateBaseline(
  { result }: LintRun,
  path: string = DEFAULT_BASELINE,
  environment: Environment,
): number {
  write({ format: "json", path }, formatBaseline(result.findings, result.texts), environment);
  const count = counted(result.findings.length, "finding");
  environment.writeErr(`${path}: ${count} listed; use it with --baseline ${path}\n`);
  return result.problems.length > 0 ? 2 : 0;
}

/** Throws a Failure where the file cannot be written. */
function write({ path }: Output, text: string, { cwd, writeOut }: Environment): void {
  if (path === undefined) {
    writeOut(text);
    return;
  }
  try {
    writeWholeFile(resolve(cwd, path), text);
  } catch (error) {
    throw new Failure(`${path}: cannot be written: ${systemMessage(error)}`);
  }
}

function fixCommandOf(
  positionals: readonly string[],
  target: LintTarget,
): Pick<ReportContext, "fixCommand"> {
  if (target.kind === "stdin") return {};
  const words = positionals.length > 0 ? positionals : ["."];
  const quoted = words.map((word) =>
    /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  const shown = quoted.length > 3 ? [...quoted.slice(0, 3), "…"] : quoted;
  return { fixCommand: ["knell fix", ...shown].join(" ") };
}
