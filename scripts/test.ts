// `npm test`: everything in order, with a summary. `npm test -- WORD…` runs only the test files whose path holds a WORD.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const tool = (name: string) => join(root, "node_modules/.bin", name);
const node = process.execPath;

interface Step {
  readonly name: string;
  /** True if it passed. Prints what went wrong itself. */
  run(): boolean;
}

/** A step that is one command: silent if it passes, unless `isShown`. */
function command(name: string, words: readonly string[], isShown = false): Step {
  const [program = "", ...args] = words;
  const stdio = isShown ? "inherit" : "pipe";
  return {
    name,
    run: () => passed(spawnSync(program, args, { cwd: root, encoding: "utf8", stdio })),
  };
}

function passed(result: SpawnSyncReturns<string>): boolean {
  if (result.status === 0) return true;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  if (result.error) console.error(result.error.message);
  return false;
}

/** Builds a copy of the sources in another folder: the bytes may depend on neither path nor time. */
function buildElsewhere(): boolean {
  const elsewhere = mkdtempSync(join(tmpdir(), "knell-build-"));
  try {
    for (const part of ["binary", "scripts", "package.json"]) {
      cpSync(join(root, part), join(elsewhere, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(elsewhere, "node_modules"));
    const build = [join(elsewhere, "scripts/build-binary.ts")];
    if (!passed(spawnSync(node, build, { cwd: elsewhere, encoding: "utf8" }))) return false;
    const [first, second] = [root, elsewhere].map((at) => readFileSync(join(at, "dist/knell")));
    if (first?.equals(second as Buffer)) return true;
    console.error("a second build of dist/knell gives other bytes");
    return false;
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

function stepsFor(filters: readonly string[]): Step[] {
  const build = command("build", [node, "scripts/build-binary.ts", "--test"]);
  const tests = command("tests", [tool("vitest"), "run", ...filters], true);
  if (filters.length > 0) return [build, tests];
  return [
    build,
    command("types of binary/", [tool("tsc"), "--noEmit", "-p", "binary"]),
    command("types", [tool("tsc"), "--noEmit"]),
    command("format and lint", [tool("biome"), "check", "."]),
    command("imports", [node, "scripts/check-imports.ts"]),
    { name: "second build, same bytes", run: buildElsewhere },
    command("statements", [node, "scripts/statements.ts", "--check"]),
    tests,
  ];
}

/** Runs every step, also after a failed one; a failed build leaves nothing to test. */
function runAll(steps: readonly Step[]): number {
  const failed: string[] = [];
  for (const { name, run } of steps) {
    const startedAtMs = performance.now();
    const isFine = run();
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    console.log(`${isFine ? "ok  " : "FAIL"} ${name.padEnd(26)}${seconds.padStart(7)} s`);
    if (isFine) continue;
    failed.push(name);
    if (name === "build") break;
  }
  console.log(failed.length === 0 ? "passed" : `failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = runAll(stepsFor(process.argv.slice(2)));
