// The library: `import { lint } from "knell"`. Prints nothing, ends nothing.

export { type LintOptions, lint, type RuleSetting } from "./lint/engine.ts";
export type {
  Edit,
  Finding,
  Fix,
  FixKind,
  LintResult,
  Position,
  Problem,
  RuleMeta,
  Severity,
  Skipped,
  Span,
} from "./lint/finding.ts";
export type { Input } from "./lint/inputs.ts";
