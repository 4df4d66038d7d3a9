// The import rules of binary/ and cli/ (design.md D12). Pure.

import { posix } from "node:path";

/** Folders below the modes, lowest first: each may use what stands before it. */
const LAYERS = ["system", "net", "probe"];
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

/** Folders of cli/ and what each may use beside itself. Folders that are not named may use everything but commands. */
const CLI_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  kube: [],
  probe: ["kube"],
  input: ["kube"],
  lint: ["kube", "probe", "input"],
  fix: ["kube", "probe", "lint"],
  run: ["kube", "probe"],
  "command-line": [],
  commands: ["kube", "probe", "input", "lint", "fix", "run", "command-line"],
};
/** Files beside main.ts that every folder may use; the others are where programs and the package begin. */
const CLI_SHARED_FILES = ["nearest.ts", "environment.ts"];
/** What the package exports: it prints nothing and leaves its caller alive. */
const CLI_LIBRARIES = ["kube", "probe", "lint", "fix"];
const CLI_IMPORT = /^(import\s+type\b|import|export)\b(?:[^;"]*\bfrom)?\s+"([^"]+)"/gm;

/** The same for cli/. An `import type` is gone when the program runs: it may go to any folder but commands. */
export function cliImportFaults(path: string, source: string): string[] {
  const faults: string[] = [];
  const from = folderOf(path);
  for (const [, kind = "", specifier = ""] of source.matchAll(CLI_IMPORT)) {
    if (!specifier.startsWith(".")) continue;
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    if (isAllowedInCli(from, target, /^import\s+type/.test(kind))) continue;
    faults.push(`${path}: ${from} may not import "${specifier}"`);
  }
  const isLibrary = CLI_LIBRARIES.includes(from);
  const [talk] = (isLibrary && /\bconsole\.\w+|\bprocess\.exit\w*/.exec(source)) || [];
  if (talk !== undefined)
    faults.push(`${path}: "${talk}" in a library; give it back to the caller`);
  return faults;
}

function isAllowedInCli(from: string, target: string, isType: boolean): boolean {
  const to = folderOf(target);
  if (from === "") return true;
  if (target.startsWith("..")) return /\.json$/.test(target);
  if (to === "")
    return CLI_SHARED_FILES.includes(target) || (from === "commands" && target !== "main.ts");
  if (to === from || (isType && to !== "commands")) return true;
  return CLI_FOLDERS[from]?.includes(to) ?? to !== "commands";
}
