// The programs of util-linux and iproute2 that this engine starts, by their absolute paths: a container's PATH is not ours.

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../engine.ts";

const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"];

/** The path of a program of this machine; undefined if it is not there. */
export function findProgram(name: string): string | undefined {
  const folders = [...FOLDERS, ...(process.env.PATH ?? "").split(":")];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The same. Throws an EngineError that says which package has it. */
export function needProgram(name: string, packageName: string): string {
  const path = findProgram(name);
  if (path !== undefined) return path;
  throw new EngineError(`"${name}" is not on this machine; install ${packageName}`);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end. Throws an Error with what it wrote if it fails. */
export function runProgram(words: readonly string[], input = ""): void {
  const [program = "", ...args] = words;
  const result = spawnSync(program, args, { input, encoding: "utf8" });
  if (result.status === 0) return;
  const said = (result.stderr ?? "").trim().split("\n")[0] || result.error?.message;
  throw new Error(`${program} ${args.join(" ")}: ${said}`);
}
