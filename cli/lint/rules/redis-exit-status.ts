import type { Command } from "../../probe/command.ts";
import type { Probe } from "../../probe/container.ts";
import { knellOffer } from "../../probe/knell-command.ts";
import {
  isJudgedByStatus,
  knowsExitFlag,
  type RedisClient,
  redisClientsIn,
} from "../../probe/redis-client.ts";
import type { Fix } from "../finding.ts";
import { fixFrom, fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN501",
    name: "redis-exit-status",
    severity: "error",
    isOnByDefault: true,
    summary: "a redis-cli probe judged by its exit status alone",
    why: "redis-cli exits 0 on error replies: NOAUTH, LOADING, max clients and a wrong password all count as healthy.",
    remedy: 'Ask with "knell redis", or add -e so that an error reply fails.',
    link: "https://github.com/langgenius/dify/issues/24806",
    fixKinds: ["safe", "knell"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  supersedes: ["KN503"],
  check: {
    probe(probe, { report }) {
      const { command } = probe;
      if (command === undefined) return;
      for (const client of redisClientsIn(command)) {
        if (client.flags.has("-e") || client.flags.has("--pipe") || !isJudgedByStatus(client))
          continue;
        const { program, start, end } = client.invocation;
        report({
          message: `"${program}" exits 0 when the server answers with an error, and nothing reads the answer`,
          at: command.rangeOf({ start, end }),
          fixes: [addExitFlag(probe, command, client), fixFrom("knell", knellOffer(probe))],
        });
      }
    },
  },
};

/** On liveness `-e` would begin to kill a server that loads. */
function addExitFlag(probe: Probe, command: Command, client: RedisClient): Fix | undefined {
  const { role, container } = probe;
  const { invocation } = client;
  const isLive = role === "livenessProbe" || role === "startupProbe";
  if (isLive || !knowsExitFlag(client, container.image)) return undefined;
  const description = "add -e: error replies then fail the probe, which they did not";
  const before = invocation.words.length - invocation.args.length;
  if (command.script === undefined) {
    const argv = command.argv.toSpliced(before, 0, "-e");
    return fixWith("safe", description, probe.setCommand(argv));
  }
  const at = invocation.words[before - 1]!.end;
  const change = { start: at, end: at, text: " -e" };
  return fixWith("safe", description, command.scriptSource?.splice([change]));
}
