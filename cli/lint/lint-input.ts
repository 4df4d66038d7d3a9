// From paths or stdin and their configuration to findings: reads files, leaves the rules to engine.ts.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { contextReader } from "../input/build-context.ts";
import { discover } from "../input/discover.ts";
import { readBytes, UnreadableError } from "../input/read.ts";
import { ConfigFiles, type ConfigSource, isExcluded } from "./config-files.ts";
import { Linter, mergeResults } from "./engine.ts";
import type { Finding, LintResult, Problem } from "./finding.ts";
import { decodeInput, readInput } from "./inputs.ts";
import type { FileSettings, Input, LintOptions, RuleSetting } from "./options.ts";
import { RULES } from "./rules.ts";
import { type Flags, type ResolvedSettings, reaches, Settings } from "./settings.ts";
import { World } from "./world.ts";

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

/** What a request comes down to: what is to be linted, and how. */
export interface Prepared {
  readonly files: InputFiles;
  readonly options: LintOptions;
  isFailing(finding: Finding): boolean;
  /** What could not be read so far, configurations included. */
  problems(): readonly Problem[];
}

/** Lints what `request` names, one file in memory at a time. What cannot be read is a problem; throws only for bugs. */
export function lintInput(request: LintRequest): LintRun {
  const { files, options, problems, isFailing } = prepare(request);
  const linter = new Linter(worldOf(files), options);
  const results: LintResult[] = [];
  for (const [index, input] of files.entries()) {
    results.push(linter.lint(readInput(input)));
    request.onProgress?.(index + 1, files.count);
  }
  const result = mergeResults(results);
  return { result: { ...result, problems: [...problems(), ...result.problems] }, isFailing };
}

/** A file alone needs nothing of others, so that it is read once. */
function worldOf(files: InputFiles): World {
  const world = new World();
  if (files.count === 1) return world;
  for (const [, input] of files.entries()) world.add(input.file, decodeInput(input).text);
  return world;
}

/** Finds the inputs of `request` and the configurations that apply to them. */
export function prepare(request: LintRequest): Prepared {
  const { target, config, flags } = request;
  const configFiles = new ConfigFiles(config, RULES);
  const settings = new Settings(
    RULES.map(({ meta }) => meta),
    flags,
  );
  const settingsOf = (file: string): ResolvedSettings => {
    const path = resolve(config.cwd, file);
    return settings.of(configFiles.chainFor(path), path);
  };
  const engineSettings = memoised(toEngineSettings);
  const files = new InputFiles(request, configFiles);
  return {
    files,
    options: {
      settingsFor: (file) => engineSettings(settingsOf(file)),
      profile: request.reportsUnusedIgnores ? "strict" : "default",
      requireReason: request.isReasonRequired,
      readFile: contextReader(contextFolders(target, config.cwd), config.cwd),
    },
    isFailing: ({ severity, file }) => reaches(severity, settingsOf(file).failOn),
    problems: () => [...configFiles.problems, ...files.problems],
  };
}

/** Up to here inputs are kept for the second pass; beyond, files are read again. */
const KEPT_BYTES = 8 << 20;

/** The inputs of a request. Files are read when their turn comes, and again where they are asked for again. */
export class InputFiles {
  /** Grows as files turn out to be unreadable. */
  readonly problems: Problem[] = [];
  readonly #names: readonly string[];
  readonly #cwd: string;
  /** What cannot be read twice (stdin, and pipes such as /dev/fd/63), and small inputs as long as they are few. */
  readonly #kept = new Map<string, Input>();
  #keptBytes = 0;

  constructor({ target, config: { cwd }, isGitignoreHonoured }: LintRequest, configs: ConfigFiles) {
    this.#cwd = cwd;
    const isExcludedFile = (path: string) => isExcluded(configs.chainFor(path), path);
    if (target.kind === "stdin") {
      const { name, bytes } = target;
      this.#kept.set(name, { file: name, bytes });
      this.#names = isExcludedFile(resolve(cwd, name)) ? [] : [name];
    } else {
      const options = { cwd, isGitignoreHonoured, isExcluded: isExcludedFile };
      const { files, problems } = discover(target.paths, options);
      this.#names = files;
      this.problems.push(...problems);
    }
  }

  get count(): number {
    return this.#names.length;
  }

  /** Those that can be read, with their place in the order. */
  *entries(): Generator<[number, Input]> {
    for (const [index, file] of this.#names.entries()) {
      const input = this.#kept.get(file) ?? this.#read(file);
      if (input !== undefined) yield [index, input];
    }
  }

  #read(file: string): Input | undefined {
    const path = resolve(this.#cwd, file);
    try {
      const input = { file, bytes: readBytes(path) };
      const { length } = input.bytes;
      if (this.#keptBytes + length <= KEPT_BYTES || !statSync(path).isFile()) {
        this.#keptBytes += length;
        this.#kept.set(file, input);
      }
      return input;
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      const isKnown = this.problems.some((problem) => problem.file === file);
      if (!isKnown) this.problems.push({ file, message: error.message });
      return undefined;
    }
  }
}

/** Where build contexts may lie: this folder, and the folders given or around what was given. */
function contextFolders(target: LintTarget, cwd: string): string[] {
  const given = target.kind === "stdin" ? [target.name] : target.paths;
  const folders = given.map((path) => {
    const absolute = resolve(cwd, path);
    const isFolder = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true;
    return isFolder ? absolute : dirname(absolute);
  });
  return [...new Set([cwd, ...folders])];
}

/** Every rule is named: nothing is left to the engine's defaults. */
function toEngineSettings({ rules, images, kubeVersion }: ResolvedSettings): FileSettings {
  const settings = RULES.map(({ meta: { id } }): [string, RuleSetting] => {
    const active = rules.get(id);
    return [id, active === undefined ? "off" : [active.severity ?? "on", active.options]];
  });
  return {
    rules: Object.fromEntries(settings),
    images,
    ...(kubeVersion === undefined ? {} : { kubeVersion }),
  };
}

function memoised<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}
