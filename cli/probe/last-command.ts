// What a shell that is PID 1 becomes in the end. Measured with dash 0.5.12, bash 5.2 and BusyBox 1.35: dash never becomes its
// last command, bash and BusyBox do at the end of a list, unless the script ends in a newline (BusyBox) or the command
// is redirected (bash).

import type { CommandNode } from "unbash";
import type { Command } from "./command.ts";
import type { Invocation } from "./script.ts";

export interface LastCommand {
  /** command: one program. pipeline, background: several, or one beside the shell. compound: a loop, `if`, a builtin. */
  readonly kind: "command" | "pipeline" | "background" | "compound";
  /** Of a "command". */
  readonly invocation?: Invocation;
  /** The shell becomes it. */
  readonly isReplacing: boolean;
  /** In the script. */
  readonly start: number;
  readonly end: number;
}

/** The last thing that the script of `command` does; undefined without a script, or if it cannot be parsed. */
export function lastCommandOf({ script, shell }: Command): LastCommand | undefined {
  const statement = script?.ast.commands.at(-1);
  if (script === undefined || shell === undefined || script.hasError || !statement)
    return undefined;
  const { command, background, pos: start, end } = statement;
  if (background) return { kind: "background", isReplacing: false, start, end };
  const isOrList = command.type === "AndOr" && command.operators.includes("||");
  const last = command.type === "AndOr" ? command.commands.at(-1)! : command;
  if (last.type === "Pipeline") return { kind: "pipeline", isReplacing: false, start, end };
  const invocation = script.invocations.find(({ node }) => node === (last as CommandNode));
  if (isOrList || invocation === undefined || invocation.isBuiltin) {
    return { kind: "compound", isReplacing: false, start, end };
  }
  const isRedirected = (invocation.node?.redirects.length ?? 0) > 0;
  const isTail =
    shell.scriptIndex !== undefined &&
    ((shell.flavour === "bash" && !isRedirected) ||
      (shell.flavour === "busybox" && !script.text.endsWith("\n")));
  const place = { start: invocation.start, end: invocation.end };
  return { kind: "command", invocation, isReplacing: invocation.isExec || isTail, ...place };
}
