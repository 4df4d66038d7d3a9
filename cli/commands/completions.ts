import { completionScript } from "../command-line/completion-script.ts";
import { readOptions, UsageError } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { suggestion } from "../nearest.ts";
import { BINARY_MODES, COMMANDS, SHELLS } from "./commands.ts";

/** `knell completions SHELL`: a script for the shell to read. */
export function completionsCommand(args: readonly string[], { writeOut }: Environment): number {
  const { positionals } = readOptions(args, {});
  const [shell, superfluous] = positionals;
  if (shell === undefined) throw new UsageError(`no shell; give ${SHELLS.join(", ")}`);
  if (superfluous !== undefined) throw new UsageError(`one shell only; got "${superfluous}" too`);
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) {
    const hint = suggestion(shell, SHELLS) || `; there are ${SHELLS.join(", ")}`;
    throw new UsageError(`unknown shell "${shell}"${hint}`);
  }
  writeOut(completionScript(known, COMMANDS, BINARY_MODES));
  return 0;
}
