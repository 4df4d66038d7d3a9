// The .knell.yaml files above a linted file: found, read once, from far to near.

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import picomatch from "picomatch";
import { readText, UnreadableError } from "../input/read.ts";
import { CONFIG_NAME, type Config, type ConfigurableRule, parseConfig } from "./config.ts";
import type { Problem } from "./finding.ts";

export interface ConfigSource {
  /** "auto": .knell.yaml upward from each file; "none"; or the path of the only one. */
  readonly choice: "auto" | "none" | { readonly path: string };
  /** Absolute: problems name files from here. */
  readonly cwd: string;
}

interface ConfigFile {
  readonly folder: string;
  readonly config: Config;
}

/** From far to near. The same list for every file it is the same for. */
export type ConfigChain = readonly ConfigFile[];

/** Reads each configuration once. What is wrong with them collects in `problems`. */
export class ConfigFiles {
  readonly problems: Problem[] = [];
  readonly #source: ConfigSource;
  readonly #rules: readonly ConfigurableRule[];
  readonly #chains = new Map<string, ConfigChain>();
  readonly #only: ConfigChain | undefined;

  constructor(source: ConfigSource, rules: readonly ConfigurableRule[]) {
    this.#source = source;
    this.#rules = rules;
    const { choice, cwd } = source;
    if (choice === "none") this.#only = [];
    else if (choice !== "auto") this.#only = this.#read(resolve(cwd, choice.path));
  }

  /** Those for a file, given by its absolute path: upward, up to one that says `root: true`. */
  chainFor(path: string): ConfigChain {
    return this.#only ?? this.#chainOf(dirname(path));
  }

  #chainOf(folder: string): ConfigChain {
    const known = this.#chains.get(folder);
    if (known !== undefined) return known;
    const own = this.#readIfThere(join(folder, CONFIG_NAME));
    const parent = dirname(folder);
    const isLast = parent === folder || own[0]?.config.isRoot === true;
    const above = isLast ? [] : this.#chainOf(parent);
    const chain = own.length === 0 ? above : [...above, ...own];
    this.#chains.set(folder, chain);
    return chain;
  }

  #readIfThere(path: string): ConfigFile[] {
    return existsSync(path) ? this.#read(path) : [];
  }

  #read(path: string): ConfigFile[] {
    const file = relative(this.#source.cwd, path) || path;
    try {
      const { config, problems } = parseConfig(readText(path), file, this.#rules);
      this.problems.push(...problems);
      return [{ folder: dirname(path), config }];
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      this.problems.push({ file, message: error.message });
      return [];
    }
  }
}

/** True if a configuration in `chain` excludes the file at `path` (absolute). */
export function isExcluded(chain: ConfigChain, path: string): boolean {
  return chain.some(({ folder, config }) => matchesGlobs(config.exclude, folder, path));
}

/** True if one of `globs`, written from `folder`, matches the file at `path` or a folder it is in. */
export function matchesGlobs(globs: readonly string[], folder: string, path: string): boolean {
  if (globs.length === 0) return false;
  const inside = relative(folder, path).split(sep).join("/");
  return globs.some((glob) => matcherOf(glob)(inside));
}

const matchers = new Map<string, (path: string) => boolean>();

/** "charts/" and "charts" mean everything below too; a glob without a slash matches at any depth, as in .gitignore. */
function matcherOf(glob: string): (path: string) => boolean {
  const known = matchers.get(glob);
  if (known !== undefined) return known;
  const bare = glob.replace(/^\.\//, "").replace(/\/$/, "");
  const anywhere = bare.includes("/") ? bare : `**/${bare}`;
  const matcher = picomatch([anywhere, `${anywhere}/**`], { dot: true });
  matchers.set(glob, matcher);
  return matcher;
}
