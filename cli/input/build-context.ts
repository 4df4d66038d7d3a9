// Files that a Dockerfile or Compose file builds from: read where they lie inside what was given, nowhere else.

import { readFileSync, realpathSync, statSync } from "node:fs";
import { resolve, sep } from "node:path";

/** Scripts and package.json are small; what is larger is no script. */
const LARGEST_BYTES = 1 << 20;

/**
 * Reads a file below one of `folders` (absolute), links followed; undefined if it is missing, no text, over 1 MiB, or lies
 * elsewhere.
 */
export function contextReader(
  folders: readonly string[],
  cwd: string,
): (path: string) => string | undefined {
  const roots = folders.flatMap((folder) => realpath(folder) ?? []);
  return (path) => {
    const file = realpath(resolve(cwd, path));
    if (file === undefined || !roots.some((root) => isBelow(file, root))) return undefined;
    const status = statSync(file);
    if (!status.isFile() || status.size > LARGEST_BYTES) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  };
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isBelow(file: string, root: string): boolean {
  return file.startsWith(root.endsWith(sep) ? root : root + sep);
}
