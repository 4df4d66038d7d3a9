// Which files of a tree .gitignore leaves out (gitignore(5)): the nearest file's last matching pattern decides.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

const NAME = ".gitignore";

interface Layer {
  readonly folder: string;
  readonly patterns: Ignore;
}

/** The .gitignore files from the repository's root down to one folder. */
export class GitIgnore {
  readonly #layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** Those above `folder` (absolute) up to the folder that holds .git, without its own; none outside a repository. */
  static above(folder: string): GitIgnore {
    const parents: string[] = [];
    for (let at = folder; ; at = dirname(at)) {
      if (at !== folder) parents.unshift(at);
      if (existsSync(join(at, ".git"))) return new GitIgnore(parents.flatMap(layerOf));
      if (at === dirname(at)) return new GitIgnore([]);
    }
  }

  /** With the file of `folder` too, which lies below all so far. */
  with(folder: string): GitIgnore {
    const layers = layerOf(folder);
    return layers.length === 0 ? this : new GitIgnore([...this.#layers, ...layers]);
  }

  /** `path` is absolute and below every layer. */
  isIgnored(path: string, isFolder: boolean): boolean {
    for (const { folder, patterns } of this.#layers.toReversed()) {
      const inside = relative(folder, path).split(sep).join("/");
      const verdict = patterns.test(isFolder ? `${inside}/` : inside);
      if (verdict.ignored) return true;
      if (verdict.unignored) return false;
    }
    return false;
  }
}

function layerOf(folder: string): Layer[] {
  const file = join(folder, NAME);
  if (!existsSync(file)) return [];
  return [{ folder, patterns: ignore().add(readFileSync(file, "utf8")) }];
}
