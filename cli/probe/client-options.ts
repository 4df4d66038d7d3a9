// Options of clients on a command line: "-h db", "-hdb", "--host db", "--host=db", "-addr=:50051".

import type { Word } from "./script.ts";

/** The value of the first of `names` that is given, with the word that holds it; undefined if none is. */
export function optionValue(
  args: readonly Word[],
  names: readonly string[],
): (Word & { readonly name: string }) | undefined {
  for (const [index, arg] of args.entries()) {
    for (const name of names) {
      const next = args[index + 1];
      if (arg.text === name && next !== undefined) return { ...next, name };
      const glued = name.startsWith("--") || name.length > 2 ? `${name}=` : name;
      if (arg.text.startsWith(glued) && arg.text.length > glued.length) {
        return { ...arg, text: arg.text.slice(glued.length), name };
      }
    }
  }
  return undefined;
}

/** The words that are no options: `valued` are those whose value stands in the next word. */
export function operandsOf(args: readonly Word[], valued: ReadonlySet<string>): Word[] {
  const operands: Word[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (valued.has(arg.text)) at++;
    else if (!/^-./.test(arg.text)) operands.push(arg);
  }
  return operands;
}

/** It is run as it is written: no shell, no kubelet and no Compose changes it. */
export function isFixed({ isLiteral, text }: Word): boolean {
  return isLiteral && !text.includes("$");
}
