// From the paths of a command line to the files that are read: folders by name, globs by pattern, files as they are.

import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, normalize, relative, resolve, sep } from "node:path";
import picomatch from "picomatch";
import type { Problem } from "../lint/finding.ts";
import { GitIgnore } from "./gitignore.ts";
import { systemMessage } from "./read.ts";

/** What may hold something to lint, by name; what a file is, its content decides. */
const LINTED_NAME = /\.(?:ya?ml|json)$|^Dockerfile|\.Dockerfile$|^Containerfile$/i;
/** Never entered: not written by hand, whatever .gitignore says. */
const SKIPPED_FOLDERS = new Set([".git", "node_modules"]);

export interface DiscoverOptions {
  /** Absolute; paths are relative to it. */
  readonly cwd: string;
  readonly isGitignoreHonoured: boolean;
  /** True for a file (absolute path) that the configuration leaves out. Files named one by one are asked about too. */
  isExcluded(path: string): boolean;
}

export interface Discovered {
  /** As given or found below what was given, each once, in order of the arguments, then of the names. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Files, folders and globs to files. A path that does not exist and a glob without a match are problems. A symbolic link met
 * in a folder is followed only to a file inside that folder.
 */
export function discover(paths: readonly string[], options: DiscoverOptions): Discovered {
  const problems: Problem[] = [];
  // By absolute path: "a.yaml ./a.yaml" is one file.
  const files = new Map<string, string>();
  const add = (path: string) => {
    const absolute = resolve(options.cwd, path);
    if (!files.has(absolute) && !options.isExcluded(absolute)) files.set(absolute, normalize(path));
  };
  const report = (file: string, message: string) => void problems.push({ file, message });
  for (const path of paths) {
    let status: Stats | undefined;
    try {
      status = statusOf(resolve(options.cwd, path));
    } catch (error) {
      report(path, `cannot be read: ${systemMessage(error)}`);
      continue;
    }
    if (status?.isDirectory()) {
      for (const file of walk(path, options, report)) if (isLintedName(file)) add(file);
    } else if (status !== undefined) {
      add(path);
    } else if (picomatch.scan(path).isGlob) {
      const matches = filesOfGlob(path, options, report);
      if (matches.length === 0) report(path, "no file matches");
      for (const file of matches) add(file);
    } else {
      report(path, "no such file or folder");
    }
  }
  return { files: [...files.values()], problems };
}

type ReportProblem = (file: string, message: string) => void;

/** undefined if there is nothing; throws what the system says otherwise. */
function statusOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function isLintedName(path: string): boolean {
  return LINTED_NAME.test(path.slice(path.lastIndexOf(sep) + 1));
}

function filesOfGlob(glob: string, options: DiscoverOptions, report: ReportProblem): string[] {
  const { base } = picomatch.scan(glob);
  const matches = picomatch(normalize(glob));
  if (!statusOf(resolve(options.cwd, base))?.isDirectory()) return [];
  return [...walk(base === "" ? "." : base, options, report)].filter((file) => matches(file));
}

/** Every file below `folder`, named from it: `folder/…`. */
function* walk(
  folder: string,
  { cwd, isGitignoreHonoured }: DiscoverOptions,
  report: ReportProblem,
): Generator<string> {
  const root = resolve(cwd, folder);
  const realRoot = realpathSync(root);
  const initial = isGitignoreHonoured ? GitIgnore.above(root) : undefined;
  const pending = [{ path: root, outer: initial }];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const ignored = current.outer?.with(current.path);
    const folders: typeof pending = [];
    for (const entry of entriesOf(current.path, report, cwd)) {
      const path = join(current.path, entry.name);
      if (entry.isDirectory()) {
        if (SKIPPED_FOLDERS.has(entry.name) || ignored?.isIgnored(path, true)) continue;
        folders.push({ path, outer: ignored });
      } else if (entry.isFile() || (entry.isSymbolicLink() && isFileInside(path, realRoot))) {
        if (!ignored?.isIgnored(path, false)) yield join(folder, relative(root, path));
      }
    }
    pending.push(...folders.reverse());
  }
}

/** Sorted by name; none, and a problem, where the folder cannot be read. */
function entriesOf(folder: string, report: ReportProblem, cwd: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    report(relative(cwd, folder) || ".", `cannot be read: ${systemMessage(error)}`);
    return [];
  }
}

/** A link to a file that lies in the tree and that the walk does not meet under a name of its own. */
function isFileInside(link: string, realRoot: string): boolean {
  let target: string;
  try {
    target = realpathSync(link);
    if (!statSync(target).isFile()) return false;
  } catch {
    // Dangling, in a loop, or not ours to look at.
    return false;
  }
  const isInside = target.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
  return isInside && !isLintedName(target);
}
