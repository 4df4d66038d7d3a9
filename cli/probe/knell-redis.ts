// `knell redis` in place of a Redis client (patterns P1 and P2, R130, R133).

import type { Rewrite } from "../kube/rewrite.ts";
import type { Command } from "./command.ts";
import type { Probe } from "./container.ts";
import { isJudgedByStatus, type RedisClient } from "./redis-client.ts";

/**
 * Asks with the password from the variable `name` instead of the words at `flag` (`-a` and its value); undefined where the
 * client does more than one PING that is judged by its status.
 */
export function askWithPasswordFrom(
  name: string,
  flag: { readonly start: number; readonly end: number },
  probe: Probe,
  command: Command,
  client: RedisClient,
): Rewrite | undefined {
  const { invocation, command: words } = client;
  const isPing = words.length === 1 && words[0]!.text.toLowerCase() === "ping";
  if (!isPing || invocation.wrappers.length > 0) return undefined;
  const isLive = probe.role === "livenessProbe" || probe.role === "startupProbe";
  const start = `knell redis${isLive ? " --live" : ""}`;
  if (command.script === undefined) {
    if (command.shell !== undefined) return undefined;
    const argv = command.argv.toSpliced(flag.start, flag.end - flag.start, "--password-env", name);
    return probe.setCommand([...start.split(" "), ...argv.slice(1, -1)]);
  }
  const [statement, ...others] = command.script.ast.commands;
  const isAlone = others.length === 0 && statement?.command === invocation.node;
  if (!isAlone || !isJudgedByStatus(client)) return undefined;
  const program = invocation.words[0]!;
  return command.scriptSource?.splice([
    { start: program.start, end: program.end, text: start },
    { start: flag.start, end: flag.end, text: `--password-env ${name}` },
    { start: words[0]!.start - 1, end: words[0]!.end, text: "" },
  ]);
}
