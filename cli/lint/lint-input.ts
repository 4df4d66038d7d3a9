// From paths or stdin and their configuration to findings: reads files, leaves the rules to engine.ts.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { contextReader } from "../input/build-context.ts";
import { discover } from "../input/discover.ts";
import { readBytes, UnreadableError } from "../input/read.ts";
import { ConfigFiles, type ConfigSource, isExcluded } from "./config-files.ts";
import { type LintOptions, lint, type RuleSetting } from "./engine.ts";
import type { Finding, LintResult, Problem } from "./finding.ts";
import type { Input } from "./inputs.ts";
import { RULES } from "./rules.ts";
import { type FileSettings, type Flags, reaches, Settings } from "./settings.ts";

/** What came on stdin, under the name it is reported by, or paths: files, folders, globs. */
export type LintTarget =
  | { readonly kind: "paths"; readonly paths: readonly string[] }
  | { readonly kind: "stdin"; readonly name: string; readonly bytes: Uint8Array };

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

/** What a request comes down to: the inputs, and how they are to be linted. */
export interface Prepared {
  readonly inputs: readonly Input[];
  /** What could not be read, configurations included. */
  readonly problems: readonly Problem[];
  readonly options: LintOptions;
  isFailing(finding: Finding): boolean;
}

/** Lints what `request` names. What cannot be read is a problem in the result; throws only for bugs. */
export function lintInput(request: LintRequest): LintRun {
  const { inputs, problems, options, isFailing } = prepare(request);
  const result = lint(inputs, options);
  return { result: { ...result, problems: [...problems, ...result.problems] }, isFailing };
}

/** Reads the inputs of `request` and their configurations. */
export function prepare(request: LintRequest): Prepared {
  const { target, config, flags } = request;
  const rules = RULES.map(({ meta }) => meta);
  const configFiles = new ConfigFiles(config, rules);
  const settings = new Settings(rules, flags);
  const settingsOf = (file: string): FileSettings => {
    const path = resolve(config.cwd, file);
    return settings.of(configFiles.chainFor(path), path);
  };
  const { inputs, problems } = readInputs(request, configFiles);
  return {
    inputs,
    problems: [...configFiles.problems, ...problems],
    options: {
      settingsFor: (file) => engineSettings(settingsOf(file)),
      profile: request.reportsUnusedIgnores ? "strict" : "default",
      requireReason: request.isReasonRequired,
      readFile: contextReader(contextFolders(target, config.cwd), config.cwd),
    },
    isFailing: ({ severity, file }) => reaches(severity, settingsOf(file).failOn),
  };
}

function readInputs(
  { target, config: { cwd }, isGitignoreHonoured }: LintRequest,
  configFiles: ConfigFiles,
): { inputs: Input[]; problems: Problem[] } {
  const isExcludedFile = (path: string) => isExcluded(configFiles.chainFor(path), path);
  if (target.kind === "stdin") {
    const isLeftOut = isExcludedFile(resolve(cwd, target.name));
    return { inputs: isLeftOut ? [] : [{ file: target.name, bytes: target.bytes }], problems: [] };
  }
  const options = { cwd, isGitignoreHonoured, isExcluded: isExcludedFile };
  const { files, problems } = discover(target.paths, options);
  const inputs: Input[] = [];
  const unreadable: Problem[] = [];
  for (const file of files) {
    try {
      inputs.push({ file, bytes: readBytes(resolve(cwd, file)) });
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      unreadable.push({ file, message: error.message });
    }
  }
  return { inputs, problems: [...problems, ...unreadable] };
}

/** Where build contexts may lie: this folder, and the folders given or around what was given. */
function contextFolders(target: LintTarget, cwd: string): string[] {
  const given = target.kind === "stdin" ? [target.name] : target.paths;
  const folders = given.map((path) => {
    const absolute = resolve(cwd, path);
    const isFolder = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true;
    return isFolder ? absolute : dirname(absolute);
  });
  return [cwd, ...folders];
}

/** Every rule is named: nothing is left to the engine's defaults. */
function engineSettings({ rules }: FileSettings): Record<string, RuleSetting> {
  return Object.fromEntries(
    RULES.map(({ meta: { id } }) => {
      const active = rules.get(id);
      if (active === undefined) return [id, "off"];
      return [id, [active.severity ?? "on", active.options]];
    }),
  );
}
