import type { Probe } from "../../probe/container.ts";
import { isAwaited } from "../../probe/dependents.ts";
import { knellOffer } from "../../probe/knell-command.ts";
import { acceptsAnything, findQuestion } from "../../probe/redis-question.ts";
import { isRedisServer, redisPortOf, tcpPortOf } from "../../probe/redis-server.ts";
import { fixFrom, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN503",
    name: "redis-readiness-too-weak",
    severity: "warning",
    isOnByDefault: true,
    summary: "a Redis readiness probe that passes while the server cannot answer",
    why: "The port accepts connections while the server loads or hangs, so clients are sent to it too early.",
    remedy: "Wait for PONG: exec: {command: [knell, redis]}.",
    link: "https://github.com/bitnami/charts/issues/6685",
    fixKinds: ["knell"],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    probe(probe, { report }) {
      if (!isReadiness(probe) || !isRedisServer(probe.container)) return;
      const weakness = weaknessOf(probe);
      if (weakness === undefined) return;
      report({
        message: weakness,
        at: probe.command?.rangeOf() ?? probe.place?.at("tcpSocket"),
        fixes: [fixFrom("knell", knellOffer(probe, { mode: "ready" }))],
      });
    },
  },
};

function isReadiness({ role, container }: Probe): boolean {
  return role === "readinessProbe" || (role === "healthcheck" && isAwaited(container));
}

function weaknessOf(probe: Probe): string | undefined {
  const { command, container, handler } = probe;
  if (handler === "tcpSocket") {
    const port = tcpPortOf(probe);
    return port === undefined
      ? undefined
      : `port ${port} accepts connections while Redis loads or hangs`;
  }
  const question = command && findQuestion(command);
  if (question === undefined || redisPortOf(question, container) !== "redis") return undefined;
  if (question.program.endsWith("-cli")) {
    const isPartial = question.accepted.has("LOADING") && !acceptsAnything(question);
    return isPartial
      ? "LOADING passes: a server that cannot answer yet counts as ready"
      : undefined;
  }
  if (!acceptsAnything(question)) return undefined;
  return `"${question.program}" does not look at the answer: Redis may load or hang`;
}
