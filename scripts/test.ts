// `npm test`: everything in order, with a summary. `npm test -- WORD…` runs only the test files whose path holds a WORD,
// `--reference BIN` the real-process tests of the inits, on another init in knell's place.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const tool = (name: string) => join(root, "node_modules/.bin", name);
const node = process.execPath;

/** The inits that the tests have expectations for (test/binary/inits.ts). */
const REFERENCES = ["tini", "dumb-init", "catatonit"];
/** Where those expectations are. */
const REFERENCE_TESTS = "test/binary/init-";

/** A command line that cannot be followed. */
class UsageError extends Error {}

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
    for (const part of ["binary", "scripts", "package.json", "LICENSE"]) {
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

/** The filters and the reference on the command line. Throws a UsageError. */
function readArguments(args: string[]): { filters: string[]; reference?: string } {
  const { values, positionals, tokens } = parse(args);
  if (values.reference === undefined) return { filters: positionals };
  const isTwice = tokens.filter((token) => token.kind === "option").length > 1;
  if (isTwice) throw new UsageError("--reference: given twice; one run takes one init");
  return {
    filters: positionals.length > 0 ? positionals : [REFERENCE_TESTS],
    reference: findReference(values.reference),
  };
}

function parse(args: string[]) {
  try {
    const options = { reference: { type: "string" } } as const;
    return parseArgs({ args, options, allowPositionals: true, tokens: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
      throw new UsageError(
        `--reference: no value; give ${REFERENCES.join(", ")}, or the path of one`,
      );
    }
    const [reason = ""] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(reason.charAt(0).toLowerCase() + reason.slice(1).replaceAll("'", '"'));
  }
}

/** `given` as the tests take it: a name as it is, a path from the root. Throws a UsageError if there is no such init. */
function findReference(given: string): string {
  if (!REFERENCES.includes(basename(given))) {
    throw new UsageError(
      `--reference "${given}": not one of ${REFERENCES.join(", ")}, or the path of one`,
    );
  }
  if (given.includes("/")) {
    if (isExecutable(given)) return resolve(given);
    throw new UsageError(`--reference "${given}": no such program`);
  }
  const folders = (process.env.PATH ?? "").split(":");
  if (folders.some((folder) => isExecutable(join(folder, given)))) return given;
  throw new UsageError(`--reference "${given}": not in PATH; install it or give its path`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function stepsFor(filters: readonly string[]): Step[] {
  const build = command("build", [node, "scripts/build-binary.ts", "--test"]);
  const cli = command("build of the command", [node, "scripts/build-cli.ts"]);
  const tests = command("tests", [tool("vitest"), "run", ...filters], true);
  if (filters.length > 0) return [build, cli, tests];
  return [
    build,
    cli,
    command("types of binary/", [tool("tsc"), "--noEmit", "-p", "binary"]),
    command("types", [tool("tsc"), "--noEmit"]),
    command("format and lint", [tool("biome"), "check", "."]),
    command("imports", [node, "scripts/check-imports.ts"]),
    command("rule pages", [node, "scripts/check-docs.ts"]),
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
    if (name.startsWith("build")) break;
  }
  console.log(failed.length === 0 ? "passed" : `failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

function main(): number {
  try {
    const { filters, reference } = readArguments(process.argv.slice(2));
    if (reference !== undefined) process.env.REFERENCE = reference;
    return runAll(stepsFor(filters));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`npm test: ${error.message}`);
    return 2;
  }
}

process.exitCode = main();
