// `knell redis …` from npm: the Linux program beside this one, in this one's place.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { Failure } from "../command-line/options.ts";

/** Ended by these, the child shall end too. Those that a terminal sends reach it anyway. */
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/**
 * Runs dist/knell with `args`: same stdin, stdout and stderr, signals passed on. Gives its exit status, 128 + n if signal n
 * ended it. Throws a Failure where it cannot run.
 */
export async function runBinary(args: readonly string[]): Promise<number> {
  const program = findBinary();
  let child: ChildProcess | undefined;
  const forwards = FORWARDED.map((name) => [name, () => void child?.kill(name)] as const);
  // Before the child is there: a signal that came in between would end this process and leave the child.
  for (const [name, forward] of forwards) process.on(name, forward);
  try {
    child = spawn(program, args, { stdio: "inherit" });
    return await ended(child);
  } finally {
    for (const [name, forward] of forwards) process.off(name, forward);
  }
}

/** Where the Linux program is. Throws a Failure if it is nowhere or of no use here. */
export function findBinary(): string {
  if (process.platform !== "linux" || process.arch !== "x64") {
    const here = `${process.platform} ${process.arch}`;
    throw new Failure(`runs on x86-64 Linux, this is ${here}; run it in the container`);
  }
  // dist/cli/knell.js when built, cli/commands/binary.ts when run from source.
  const candidates = ["../knell", "../../dist/knell"].map((path) =>
    join(import.meta.dirname, path),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Failure(`no program at "${candidates[0]}"; reinstall the package, or npm run build`);
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new Failure(`cannot run "${child.spawnfile}": ${error.message}`)),
    );
    child.once("exit", (status, signal) =>
      resolve(status ?? 128 + constants.signals[signal as NodeJS.Signals]),
    );
  });
}
