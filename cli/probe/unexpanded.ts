// Variables on a command line that nothing replaces by their value, or that become empty (P38, P101).

import { referencesIn } from "../kube/expansion.ts";
import { type Command, isShell } from "./command.ts";
import type { Container } from "./container.ts";

/** A variable in one element of the argv. */
export interface Unexpanded {
  readonly name: string;
  /** As written. */
  readonly text: string;
  /** Of the element; `start` and `end` count in it. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  /** As the end of a sentence that begins with `text`. */
  readonly because: string;
}

/** They read `$` themselves, or run a text that does. */
const READS_DOLLARS =
  /^(?:g?awk|mawk|sed|perl|[ef]?grep|knell|node|php|python[\d.]*|ruby|lua|jq|envsubst|mongo|mongosh|su|runuser|ssh|script|watch|expect|powershell|powershell\.exe|pwsh|cmd|cmd\.exe)$/;
/** Programs have lower-case names. */
const VARIABLE = /^[A-Z_][A-Z\d_]*$/;

const IN_BRACES = /(?<!\$)\$\{([A-Z_][A-Z\d_]*)\}/;
/** Behind a word's character only in `-p$NAME`: passwords hold dollars too. */
const BARE = /(?:(?<=^-\w)|(?<![$\w]))\$([A-Z_][A-Z\d_]+)(?!\w)/;

/** Every such variable in the argv of a probe, or of a lifecycle hook. */
export function unexpandedIn(
  command: Command,
  container: Container,
  isHook: boolean,
): Unexpanded[] {
  return command.argv.flatMap((text, index) => [
    ...kubeletUses(text, index, command, container, isHook),
    ...(command.shell === undefined ? shellUses(text, index, command) : []),
  ]);
}

/** `$(NAME)`, which the kubelet reads in every element of a probe's argv and in none of a hook's. */
function kubeletUses(
  text: string,
  index: number,
  command: Command,
  container: Container,
  isHook: boolean,
): Unexpanded[] {
  return referencesIn(text).flatMap(({ name, start, end }): Unexpanded[] => {
    if (!VARIABLE.test(name) || readsDollars(command, index, start)) return [];
    const variable = container.spec?.env.findLast((item) => item.name === name);
    if (variable?.value !== undefined && !isHook) return [];
    // Without an image it is a patch, whose variables may stand elsewhere.
    if (variable === undefined && !isHook && !container.spec?.image) return [];
    const because = reasonFor(name, variable?.valueFrom, index, command, container, isHook);
    return because === undefined ? [] : [{ name, text: `$(${name})`, index, start, end, because }];
  });
}

function reasonFor(
  name: string,
  valueFrom: string | undefined,
  index: number,
  { shell, script }: Command,
  container: Container,
  isHook: boolean,
): string | undefined {
  if (valueFrom !== undefined && !isHook) {
    return `becomes empty: the kubelet does not read ${valueFrom} for a probe`;
  }
  const origin = isHook
    ? "the kubelet expands nothing in a hook"
    : container.spec?.hasEnvFrom
      ? `the kubelet knows no value of "${name}": envFrom does not count`
      : `the container's env has no "${name}"`;
  if (shell?.scriptIndex !== index) return `stays as it is: ${origin}`;
  // Without an invocation of that name it stands in a comment or in single quotes.
  const call = script?.invocations.find(({ program }) => program === name);
  if (call === undefined || call.isBuiltin) return undefined;
  return `runs a program "${name}" in the shell: ${origin}`;
}

/** `$NAME` and `${NAME}` where no shell stands before them. */
function shellUses(text: string, index: number, command: Command): Unexpanded[] {
  const isForeign = command.argv.some((word) => isShell(word.slice(word.lastIndexOf("/") + 1)));
  if (index === 0 || isForeign || readsDollars(command, index, 0)) return [];
  const found = IN_BRACES.exec(text) ?? BARE.exec(text);
  const name = found?.[1];
  if (found === null || name === undefined) return [];
  const [written] = found;
  const [start, end] = [found.index, found.index + written.length];
  const because = `reaches "${command.outer.program}" as it is: no shell reads it`;
  return [{ name, text: written, index, start, end, because }];
}

function readsDollars({ outer, shell, script }: Command, index: number, at: number): boolean {
  if (READS_DOLLARS.test(outer.program)) return true;
  if (shell?.scriptIndex !== index) return false;
  return (script?.invocations ?? []).some(
    ({ program, start, end }) => start <= at && at < end && READS_DOLLARS.test(program),
  );
}
