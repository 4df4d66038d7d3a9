// Runs the probes that are no Redis probe, and checks what all of them owe.

import { expect } from "vitest";
import { type Finished, KNELL, type RunOptions, run } from "./harness.ts";
import { verdictOf } from "./redis-server.ts";

/** Runs `knell MODE` with `words`; no proxy or listen address comes from outside. */
export function runProbe(
  mode: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { KNELL_LISTEN: _, ...environment } = process.env;
  return run(KNELL, [mode, ...words], { env: environment, ...options });
}

/** The one line of a verdict, which must go with the exit status. */
export async function verdictLine(
  mode: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await runProbe(mode, words, options);
  verdictOf(result);
  return result.stdout.trimEnd();
}

/** Throws unless the command line is refused with 64 and one line; gives that line. */
export async function refusal(
  mode: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await runProbe(mode, words, options);
  expect([result.status, result.stdout]).toEqual([64, ""]);
  expect(result.stderr).toMatch(new RegExp(`^knell ${mode}: [ -~]+\n$`));
  return result.stderr;
}
