// Changes of a client's arguments that keep everything around it.

import type { Rewrite } from "../kube/rewrite.ts";
import type { Command } from "./command.ts";
import type { Probe } from "./container.ts";
import type { Invocation } from "./script.ts";

/** Puts `text` right behind the program's word. */
export function addArgument(
  text: string,
  { words, args }: Invocation,
  { argv, script, scriptSource }: Command,
  { setCommand }: Probe,
): Rewrite | undefined {
  const before = words.length - args.length;
  if (script === undefined) return setCommand(argv.toSpliced(before, 0, text));
  const at = words[before - 1]!.end;
  return at === 0 ? undefined : scriptSource?.splice([{ start: at, end: at, text: ` ${text}` }]);
}
