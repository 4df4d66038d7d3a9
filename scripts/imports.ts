// The import rules of binary/. Pure.

import { posix } from "node:path";

/** Folders below the modes, lowest first: each may use what stands before it. */
const LAYERS = ["system", "net", "tls", "probe"];
/** The modes that others may build on, and who may. */
const SHARED_MODES: Readonly<Record<string, readonly string[]>> = {
  init: ["personality"],
  pause: ["personality"],
  health: ["healthcheck", "init"],
  redis: ["health"],
  tcp: ["health"],
  http: ["health", "healthcheck"],
  exec: ["health"],
};
const HOST = "system/host.ts";
/** Where programs begin, and so may import every mode: files beside main.ts, and the entries of tests. */
const ENTRIES = ["", "test-entry"];
const IMPORT = /^(?:import\s+|(?:import|export)\b[^;"]*\bfrom\s+)"([^"]+)"/gm;

/** One line for each import or declaration in `source` that the rules forbid. `path` is relative to binary/. */
export function importFaults(path: string, source: string): string[] {
  const faults: string[] = [];
  const from = folderOf(path);
  for (const [, specifier = ""] of source.matchAll(IMPORT)) {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    if (!specifier.startsWith(".") || target.startsWith("..")) {
      faults.push(`${path}: imports "${specifier}" from outside binary/`);
    } else if (!isAllowed(from, folderOf(target))) {
      faults.push(`${path}: ${from} may not import "${specifier}"`);
    }
  }
  if (path !== HOST && /^\s*(?:export\s+)?declare\s+function\b/m.test(source)) {
    faults.push(`${path}: host imports are declared in ${HOST} only`);
  }
  return faults;
}

/** The first folder of a path inside binary/, "" for a file beside main.ts. */
function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function isAllowed(from: string, to: string): boolean {
  if (to === from || ENTRIES.includes(from)) return true;
  if (LAYERS.includes(from)) return LAYERS.slice(0, LAYERS.indexOf(from)).includes(to);
  return LAYERS.includes(to) || (SHARED_MODES[to]?.includes(from) ?? false);
}
