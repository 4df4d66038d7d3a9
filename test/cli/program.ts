// The built command, run as users run it.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
export const KNELL = join(root, "dist/cli/knell.js");

/** Longer than any run takes, so that one that hangs is a failure. */
const DEADLINE_MS = 60_000;

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `knell ARGS`. stdin is /dev/null unless `input` is piped in. */
export function knell(
  args: readonly string[],
  { cwd, input, env = {} }: { cwd?: string; input?: string; env?: Record<string, string> } = {},
): Ran {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [KNELL, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env.PATH, HOME: "/nonexistent", ...env },
    encoding: "utf8",
    timeout: DEADLINE_MS,
    maxBuffer: 1 << 28,
    ...(input === undefined ? { stdio: ["ignore", "pipe", "pipe"] } : { input }),
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}
