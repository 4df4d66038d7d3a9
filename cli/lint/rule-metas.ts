import type { RuleMeta } from "./finding.ts";
import { RULES } from "./rules.ts";
import { NO_REASON, UNUSED } from "./suppressions.ts";

/** Whatever can be reported, by number: the rules, and what is said of suppressions, which --profile and --require-reason turn on. */
export const RULE_METAS: readonly RuleMeta[] = [
  UNUSED,
  NO_REASON,
  ...RULES.map(({ meta }) => meta),
];
