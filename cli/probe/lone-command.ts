// Probe commands that come down to one question.

import { forEachChild, type Redirect, type SyntaxNode } from "unbash";
import type { Command } from "./command.ts";
import type { Invocation } from "./script.ts";

/**
 * The one program whose status is the verdict and whose output nothing reads: an argv, or a script that holds it alone, with
 * `|| exit 1` at most behind it.
 */
export function loneInvocation(command: Command): Invocation | undefined {
  const { script, shell, outer } = command;
  if (script === undefined) return shell === undefined ? outer : undefined;
  const [statement, ...others] = script.ast.commands;
  const external = script.invocations.filter(({ isBuiltin }) => !isBuiltin);
  const [invocation] = external;
  if (statement === undefined || others.length > 0 || external.length !== 1 || script.hasError)
    return undefined;
  if (invocation === undefined || statement.background || !writesNoFile(invocation))
    return undefined;
  const node = statement.command;
  if (node === invocation.node) return invocation;
  const isHead =
    node.type === "AndOr" && node.commands.length === 2 && node.commands[0] === invocation.node;
  if (!isHead || node.operators[0] !== "||") return undefined;
  const tail = script.invocations.at(-1)!;
  const isFailing =
    tail.program === "false" || (tail.program === "exit" && tail.args[0]?.text !== "0");
  return tail.node === node.commands[1] && isFailing ? invocation : undefined;
}

function writesNoFile({ node }: Invocation): boolean {
  return (node?.redirects ?? []).every(
    (redirect) =>
      redirect.type === "Redirect" && /^(?:\/dev\/null|\d|-)$/.test(redirect.target?.value ?? ""),
  );
}

/** The host and port of a script that does nothing but open `/dev/tcp/HOST/PORT` (bash). */
export function connectionOf({ script }: Command): { host: string; port: number } | undefined {
  if (script === undefined || script.hasError) return undefined;
  if (script.invocations.some(({ program }) => !/^(?::|true|echo|exec|exit)$/.test(program)))
    return undefined;
  const redirects = redirectsIn(script.ast);
  const [, host, port] =
    /^\/dev\/tcp\/([^/$`]+)\/(\d+)$/.exec(
      redirects.find(({ target }) => target?.value.startsWith("/dev/tcp/"))?.target?.value ?? "",
    ) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

function redirectsIn(node: SyntaxNode): Redirect[] {
  const found: Redirect[] = node.type === "Redirect" ? [node] : [];
  forEachChild(node, (child) => {
    found.push(...redirectsIn(child));
  });
  return found;
}
