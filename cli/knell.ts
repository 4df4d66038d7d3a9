// The library: `import { fix, lint } from "knell"`. Prints nothing, reads no file, ends nothing.

import { fix as fixInputs } from "./fix/fix.ts";
import type { FixOptions, FixResult } from "./fix/fix-result.ts";
import { lint as lintInputs } from "./lint/engine.ts";
import type { LintResult, RuleMeta } from "./lint/finding.ts";
import type { Input, LintOptions } from "./lint/options.ts";
import { RULE_METAS } from "./lint/rule-metas.ts";

export type { AppliedFix, FixedFile, FixOptions, FixResult } from "./fix/fix-result.ts";
export type {
  Edit,
  Finding,
  Fix,
  FixKind,
  Intent,
  LintResult,
  Position,
  Problem,
  RuleMeta,
  Severity,
  Skipped,
  Span,
} from "./lint/finding.ts";
export type {
  FileSettings,
  Input,
  LintOptions,
  OptionValue,
  Profile,
  RuleSetting,
} from "./lint/options.ts";

/** Every rule, by number. */
export const rules: readonly RuleMeta[] = RULE_METAS;

/**
 * Every finding in `inputs`, in the order of the inputs and then of the text. Never throws for what an input holds: what
 * cannot be parsed is a problem with its place, and the rest is linted all the same.
 */
export function lint(inputs: readonly Input[], options: LintOptions = {}): LintResult {
  return lintInputs(inputs, options);
}

/** The texts of `inputs` after their fixes, and the findings that are left. Writes nothing. */
export function fix(inputs: readonly Input[], options: FixOptions = {}): FixResult {
  return fixInputs(inputs, options);
}
