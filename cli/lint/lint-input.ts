// From paths or stdin and their configuration to findings: reads files, leaves the rules to engine.ts.

import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { discover } from "../input/discover.ts";
import { readSource, type Source, UnreadableError } from "../input/read.ts";
import type { ImageHint } from "../probe/image.ts";
import { type ConfigChain, ConfigFiles, type ConfigSource, isExcluded } from "./config-files.ts";
import { lint, type RuleSetting } from "./engine.ts";
import type { Finding, LintResult, Problem } from "./finding.ts";
import type { Input } from "./inputs.ts";
import { RULES } from "./rules.ts";
import { type FileSettings, type Flags, reaches, Settings } from "./settings.ts";

/** Text under the name it is reported by, or paths: files, folders, globs. */
export type LintTarget =
  | { readonly kind: "paths"; readonly paths: readonly string[] }
  | { readonly kind: "stdin"; readonly name: string; readonly source: Source };

export interface LintRequest {
  readonly target: LintTarget;
  readonly config: ConfigSource;
  readonly flags: Flags;
  readonly isGitignoreHonoured: boolean;
  readonly isReasonRequired: boolean;
  readonly reportsUnusedIgnores: boolean;
  onProgress?(done: number, total: number): void;
}

export interface LintRun {
  readonly result: LintResult;
  /** True if the finding makes the run fail, by what its file's configuration and --fail-on say. */
  isFailing(finding: Finding): boolean;
}

/** Lints what `request` names. What cannot be read is a problem in the result; throws only for bugs. */
export function lintInput(request: LintRequest): LintRun {
  const { target, config, flags } = request;
  const { cwd } = config;
  const rules = RULES.map(({ meta }) => meta);
  const configFiles = new ConfigFiles(config, rules);
  const settings = new Settings(rules, flags);
  const settingsOf = (file: string): FileSettings => {
    const path = resolve(cwd, file);
    return settings.of(configFiles.chainFor(path), path);
  };
  const { inputs, problems } = readInputs(request, configFiles);
  const result = lint(inputs, {
    settingsFor: (file) => engineSettings(settingsOf(file)),
    profile: request.reportsUnusedIgnores ? "strict" : "default",
    requireReason: request.isReasonRequired,
    readFile: contextReader(rootsOf(target, cwd), cwd),
  });
  return {
    result: { ...result, problems: [...configFiles.problems, ...problems, ...result.problems] },
    isFailing: ({ severity, file }) => reaches(severity, settingsOf(file).failOn),
  };
}
