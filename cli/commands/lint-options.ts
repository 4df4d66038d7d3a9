import type { CommandHelp } from "../command-line/help.ts";
import { PROFILES } from "../lint/options.ts";
import { FORMATS } from "../lint/reporters/report.ts";
import { FAIL_LEVELS } from "../lint/settings.ts";

const WHAT = "What is checked";
const VERDICT = "Verdict";
const INPUT = "Input";
const OUTPUT = "Output";

export const DEFAULT_BASELINE = ".knell-baseline.json";

/** What lint and fix share. */
export const SHARED_OPTIONS = {
  rule: {
    group: WHAT,
    value: "ID",
    isRepeatable: true,
    summary: "check only this rule, by number or name",
  },
  ignore: { group: WHAT, value: "ID", isRepeatable: true, summary: "leave this rule out" },
  severity: {
    group: WHAT,
    value: "ID=LEVEL",
    isRepeatable: true,
    summary: "report this rule as error, warning, info or off",
  },
  "kube-version": {
    group: WHAT,
    value: "VERSION",
    summary: "judge for this Kubernetes, such as 1.34",
  },
  "no-ignore": { group: INPUT, summary: "look into files that .gitignore names" },
  "stdin-filename": {
    group: INPUT,
    value: "NAME",
    completes: "file",
    summary: "the name of what comes on stdin",
  },
  config: {
    group: INPUT,
    value: "FILE",
    completes: "file",
    summary: "this configuration, and no .knell.yaml",
  },
  "no-config": { group: INPUT, summary: "no configuration" },
  color: {
    group: OUTPUT,
    value: "WHEN",
    choices: ["auto", "always", "never"],
    summary: "auto, always or never; NO_COLOR is honoured",
  },
  quiet: { group: OUTPUT, short: "q", summary: "one line per finding, nothing else" },
  help: { group: OUTPUT, short: "h", summary: "this text" },
} as const;

const { color, quiet, help, ...checked } = SHARED_OPTIONS;

export const LINT_OPTIONS = {
  ...checked,
  profile: {
    group: WHAT,
    value: "NAME",
    choices: PROFILES,
    summary: "default; strict: unused ignores too; all: every rule",
  },
  "require-reason": { group: WHAT, summary: 'an ignore comment needs "-- reason"' },
  "fail-on": {
    group: VERDICT,
    value: "LEVEL",
    choices: FAIL_LEVELS,
    summary: "exit 1 from error, warning (default), info; or never",
  },
  "max-findings": { group: VERDICT, value: "N", summary: "show no more than N" },
  baseline: {
    group: VERDICT,
    value: "FILE",
    completes: "file",
    summary: "leave out the findings listed in FILE",
  },
  "update-baseline": {
    group: VERDICT,
    summary: `list all findings of now in --baseline (${DEFAULT_BASELINE})`,
  },
  format: {
    group: OUTPUT,
    value: "F[:PATH]",
    examples: FORMATS,
    isRepeatable: true,
    summary: `${FORMATS.join(", ")}; into a file with :PATH`,
  },
  explain: { group: OUTPUT, value: "ID", summary: "what a rule is about, and stop" },
  "list-rules": { group: OUTPUT, summary: "all rules, and stop; --format json for programs" },
  color,
  quiet,
  help,
} as const;

export const LINT_HELP: CommandHelp = {
  usage: "knell lint [OPTION…] [PATH…]",
  description: [
    "Reads Kubernetes manifests, Compose files and Dockerfiles, and reports probes that leave zombies,",
    "cannot fail, outlive their timeout or restart what works. PATH is a file, a folder, a glob or -.",
    "Without PATH: stdin if it is a pipe, else this folder.",
  ].join("\n"),
  example: "helm template ./chart | knell lint -",
  options: LINT_OPTIONS,
  notes: "exit status: 0 nothing at or above --fail-on, 1 findings, 2 could not do the job",
};
