// What lint and fix read alike from a command line: inputs, rules, configuration.

import { Failure, type OptionValues, UsageError } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { STDIN_NAME, systemMessage } from "../input/read.ts";
import { isKubeVersion, RULE_LEVELS, type RuleLevel } from "../lint/config.ts";
import type { ConfigSource } from "../lint/config-files.ts";
import type { RuleMeta } from "../lint/finding.ts";
import type { LintTarget } from "../lint/lint-input.ts";
import { type Flags, ruleId } from "../lint/settings.ts";
import { suggestion } from "../nearest.ts";
import type { SHARED_OPTIONS } from "./lint-options.ts";

type Values = OptionValues<typeof SHARED_OPTIONS>;

/** `-` or, without a path, a pipe: stdin; else the paths, or this folder. Throws a UsageError or a Failure. */
export function readTarget(
  positionals: readonly string[],
  stdinName: string | undefined,
  environment: Environment,
): LintTarget {
  const isStdin =
    positionals.includes("-") || (positionals.length === 0 && environment.isStdinGiven());
  if (!isStdin) {
    if (stdinName !== undefined) throw new UsageError("--stdin-filename: nothing comes on stdin");
    return { kind: "paths", paths: positionals.length > 0 ? positionals : ["."] };
  }
  if (positionals.length > 1) throw new UsageError('"-" is stdin; give it alone, without paths');
  const bytes = readStdin(environment);
  if (bytes.length > 0) return { kind: "stdin", name: stdinName ?? STDIN_NAME, bytes };
  throw new Failure("stdin is empty; give a path, such as . for this folder");
}

function readStdin(environment: Environment): Buffer {
  try {
    return environment.readStdin();
  } catch (error) {
    throw new Failure(`stdin cannot be read: ${systemMessage(error)}`);
  }
}

/** Throws a UsageError for both --config and --no-config. */
export function readConfigSource(values: Values, cwd: string): ConfigSource {
  const isNone = values["no-config"] === true;
  if (values.config === undefined) return { choice: isNone ? "none" : "auto", cwd };
  if (isNone) throw new UsageError("--config and --no-config contradict each other; give one");
  return { choice: { path: values.config }, cwd };
}

/** Throws a UsageError for an unknown rule, severity or version. */
export function readFlags(values: Values, rules: readonly RuleMeta[]): Omit<Flags, "failOn"> {
  const ids = (option: string, list: readonly string[] = []) =>
    list.flatMap((text) => text.split(",")).map((text) => idOf(option, text.trim(), rules));
  const kubeVersion = values["kube-version"];
  if (kubeVersion !== undefined && !isKubeVersion(kubeVersion)) {
    throw new UsageError(`--kube-version: "${kubeVersion}" is none; give one such as 1.34`);
  }
  return {
    only: ids("--rule", values.rule),
    ignored: ids("--ignore", values.ignore),
    levels: Object.fromEntries((values.severity ?? []).map((text) => levelOf(text, rules))),
    isEveryRuleOn: false,
    ...(kubeVersion === undefined ? {} : { kubeVersion }),
  };
}

function idOf(option: string, text: string, rules: readonly RuleMeta[]): string {
  try {
    return ruleId(text, rules);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

function levelOf(text: string, rules: readonly RuleMeta[]): [string, RuleLevel] {
  const [rule = "", level] = text.split("=");
  if (level === undefined) {
    throw new UsageError(`--severity: "${text}" has no level; give ID=${RULE_LEVELS.join("|")}`);
  }
  const known = RULE_LEVELS.find((name) => name === level);
  if (known === undefined) {
    const hint = suggestion(level, RULE_LEVELS);
    throw new UsageError(`--severity: "${level}" is none of ${RULE_LEVELS.join(", ")}${hint}`);
  }
  return [idOf("--severity", rule, rules), known];
}
