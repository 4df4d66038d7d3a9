import type { Probe } from "../../probe/container.ts";
import { knellOffer } from "../../probe/knell-command.ts";
import {
  isJudgedByStatus,
  knowsExitFlag,
  type RedisClient,
  redisClientsIn,
} from "../../probe/redis-client.ts";
import { clientWithCommand } from "../../probe/redis-client-fixes.ts";
import { isWrite } from "../../probe/redis-state.ts";
import type { Fix } from "../finding.ts";
import { fixFrom, fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN505",
    name: "redis-write-probe",
    severity: "warning",
    isOnByDefault: true,
    summary: "a probe that writes into the Redis it asks",
    why: "A replica answers READONLY, which exits 0, and every run is traffic for the append-only file and each replica.",
    remedy:
      'Ask with PING; "knell redis --persist-ok --min-replicas N" tells whether writes are safe.',
    link: "https://github.com/toeverything/AFFiNE/issues/14813",
    fixKinds: ["safe", "knell"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe(probe, { report }) {
      const { command } = probe;
      const clients = command ? redisClientsIn(command) : [];
      const client = clients.find(({ command: [word] }) => word?.isLiteral && isWrite(word.text));
      const [word] = client?.command ?? [];
      if (command === undefined || client === undefined || word === undefined) return;
      const isAlone = clients.length === 1 && isJudgedByStatus(client);
      report({
        message: `"${word.text}" changes data or files on every run of the probe`,
        at: command.rangeOf(word),
        fixes: isAlone ? [askWithPing(probe, client), fixFrom("knell", knellOffer(probe))] : [],
      });
    },
  },
};

/** PING in the form of KN501: with -e where that is known and does not kill a server that loads. */
function askWithPing(probe: Probe, client: RedisClient): Fix | undefined {
  const { command, role, container } = probe;
  const isLive = role === "livenessProbe" || role === "startupProbe";
  const isStrict = !isLive && !client.flags.has("-e") && knowsExitFlag(client, container.image);
  const words = isStrict ? ["-e", "ping"] : ["ping"];
  const offer = command && clientWithCommand(probe, command, client, words);
  const description = `ask with "${words.join(" ")}": that writes work is no longer tested`;
  return fixWith("safe", description, offer?.rewrite);
}
