// C programs that do on purpose what a test needs and no shell can: built on demand, static, so that they also run
// without a file system around them.

import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./harness.ts";

const BUILT = join(ROOT, "build/test");

/** The path of the program made from `programs/NAME.c`. Throws with the compiler's words if it cannot be made. */
export function program(name: string): string {
  const source = join(import.meta.dirname, "programs", `${name}.c`);
  const target = join(BUILT, name);
  if (modified(target) > modified(source)) return target;
  mkdirSync(BUILT, { recursive: true });
  // Two test files may build the same program at once: each its own, and the last one stays.
  const made = `${target}.${process.pid}`;
  execFileSync("gcc", ["-static", "-O1", "-Wall", "-Werror", source, "-o", made]);
  renameSync(made, target);
  return target;
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
