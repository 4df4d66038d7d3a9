// Whether a text means more to a shell than its words. Pure.

import { parseScript } from "./script.ts";

/** True if a shell does more with `text` than split it into words: operators, expansions, several commands, builtins. */
export function needsShell(text: string): boolean {
  const { ast, invocations, hasError } = parseScript(text);
  const [statement, ...more] = ast.commands;
  const [invocation] = invocations;
  if (hasError || more.length > 0 || invocation === undefined) return true;
  const isSimple = statement?.command === invocation.node && !statement?.background;
  const isPlain = invocation.assignments.size === 0 && invocation.node?.redirects.length === 0;
  const isLiteral = invocation.words.every((word) => word.isLiteral);
  return !isSimple || !isPlain || !isLiteral || invocation.isBuiltin || invocation.isExec;
}
