// Rewrites that keep what a probe asks and take away the processes around it.

import type { Rewrite } from "../kube/rewrite.ts";
import { Command } from "./command.ts";
import type { Probe } from "./container.ts";
import type { Invocation, Script } from "./script.ts";

export interface Unforked {
  /** In the imperative. */
  readonly description: string;
  readonly rewrite: Rewrite | undefined;
}

/**
 * Makes the shell become its last command, if that command is the only one that needs a process: `exec` before it, and
 * without an `|| exit 1` that says nothing new. In Compose and Dockerfiles words without shell syntax become the exec form.
 */
export function withoutFork(probe: Probe): Unforked | undefined {
  const { command, container } = probe;
  const { script, scriptSource, shell } = command ?? {};
  if (!command || !script || !scriptSource || !shell || script.hasError) return undefined;
  const lone = loneCommand(script);
  if (lone === undefined) return undefined;
  const { invocation, tail } = lone;
  const words = literalWords(invocation, script, tail);
  if (words !== undefined && container.platform !== "kubernetes") {
    return { description: `run ${JSON.stringify(words)}`, rewrite: probe.setCommand(words) };
  }
  const at = invocation.words[0]!.start;
  const changes = [{ start: at, end: at, text: "exec " }];
  if (tail !== undefined) changes.push({ ...tail, text: "" });
  const text = changes
    .toReversed()
    .reduce(
      (before, { start, end, text: added }) => before.slice(0, start) + added + before.slice(end),
      script.text,
    );
  const argv = command.argv.with(shell.scriptIndex!, text);
  const after = new Command(argv, [], { image: container.image, readFile: () => undefined });
  if (after.shape !== "single") return undefined;
  const dropped = tail ? ` and drop "${script.text.slice(tail.start, tail.end).trim()}"` : "";
  return {
    description: `put "exec" before "${invocation.program}"${dropped}`,
    rewrite: scriptSource.splice(changes),
  };
}

interface LoneCommand {
  readonly invocation: Invocation;
  /** `|| exit 1` behind it. */
  readonly tail?: { readonly start: number; readonly end: number };
}

/** The last command of the script, if nothing but builtins stands before it. */
function loneCommand({ ast, invocations, text }: Script): LoneCommand | undefined {
  const last = ast.commands.at(-1)?.command;
  const external = invocations.filter(({ isBuiltin }) => !isBuiltin);
  const [invocation] = external;
  if (last === undefined || external.length !== 1 || invocation === undefined) return undefined;
  if (invocation.isCaptured || invocation.isExec) return undefined;
  if (last === invocation.node) return { invocation };
  if (last.type !== "AndOr" || last.commands.at(-2) !== invocation.node) return undefined;
  const end = last.commands.at(-1)!;
  const tailText = text.slice(end.pos, end.end);
  if (last.operators.at(-1) !== "||" || !/^(?:exit\s+[1-9]\d*|false|exit)$/.test(tailText)) {
    return undefined;
  }
  return { invocation, tail: { start: invocation.end, end: end.end } };
}

/** The words of the whole script, if a shell adds nothing to them. */
function literalWords(
  { words, assignments, node, isBuiltin }: Invocation,
  script: Script,
  tail: LoneCommand["tail"],
): string[] | undefined {
  const isAlone = script.ast.commands.length === 1 && script.invocations.length === (tail ? 2 : 1);
  const isPlain = isAlone && assignments.size === 0 && (node?.redirects.length ?? 1) === 0;
  const isLiteral = words.every((word) => word.isLiteral);
  return isPlain && isLiteral && !isBuiltin ? words.map(({ text }) => text) : undefined;
}

/** `knell exec --timeout T --` before the whole command: a tenth, at least 100 ms, under the outer limit (R131). */
export function underKnell({
  command,
  timing,
  container,
  setCommand,
}: Probe): Unforked | undefined {
  if (command === undefined || timing.timeoutSeconds.isUnreadable) return undefined;
  const limit = innerTimeout(timing.timeoutSeconds.value);
  // Docker knows 1 alone as unhealthy (E1).
  const status = container.platform === "kubernetes" ? [] : ["--on-timeout", "1"];
  const argv = ["knell", "exec", "--timeout", limit, ...status, "--", ...command.argv];
  return {
    description: `put "knell exec --timeout ${limit} --" in front`,
    rewrite: setCommand(argv),
  };
}

/** What is left of an outer limit for the command inside: "900ms" of 1 s, "27s" of 30 s. */
export function innerTimeout(outerSeconds: number): string {
  return timeoutText(innerTimeoutMs(outerSeconds));
}

/** R131: under the outer limit by the larger of 100 ms and 10 %. */
export function innerTimeoutMs(outerSeconds: number): number {
  return Math.floor(outerSeconds * 1000 - Math.max(100, outerSeconds * 100));
}

/** As knell's --timeout takes it. */
export function timeoutText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
