import type { CommandHelp } from "../command-line/help.ts";
import { SHARED_OPTIONS } from "./lint-options.ts";

const WHAT = "What is changed";

const { rule, ...others } = SHARED_OPTIONS;

export const FIX_OPTIONS = {
  rule: { ...rule, group: WHAT, summary: "repair only what this rule reports" },
  unsafe: { group: WHAT, summary: "also changes that may alter what a probe means" },
  "assume-installed": {
    group: WHAT,
    summary: "also put knell commands in: /knell is in the image",
  },
  live: { group: WHAT, summary: "with --assume-installed: also liveness probes" },
  "dry-run": { group: WHAT, summary: "list what would change, write nothing" },
  diff: { group: WHAT, summary: "show what would change as a unified diff, write nothing" },
  check: { group: WHAT, summary: "exit 1 if something would change, write nothing" },
  ...others,
  ignore: { ...others.ignore, group: WHAT },
  severity: { ...others.severity, group: WHAT },
  "kube-version": { ...others["kube-version"], group: WHAT },
} as const;

export const FIX_HELP: CommandHelp = {
  usage: "knell fix [OPTION…] [PATH…]",
  description: [
    "Repairs what knell lint reports, where that is safe. Nothing else in the file changes: comments,",
    "quoting, key order and line ends stay. From stdin the repaired text goes to stdout.",
  ].join("\n"),
  example: "knell fix --diff deploy/",
  options: FIX_OPTIONS,
  notes:
    "exit status: 0 nothing left to report, 1 findings remain (--check: would change), 2 failed",
};
