import { posix } from "node:path";
import type { Command } from "../../probe/command.ts";
import type { Container, Probe } from "../../probe/container.ts";
import { knellOffer } from "../../probe/knell-command.ts";
import { acceptsAnything, findQuestion } from "../../probe/redis-question.ts";
import { isRedisServer, redisPortOf } from "../../probe/redis-server.ts";
import type { Fix } from "../finding.ts";
import { fixFrom, fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN502",
    name: "redis-liveness-rejects-loading",
    severity: "error",
    isOnByDefault: true,
    summary: "a Redis liveness probe that fails while the server loads its data",
    why: "A load that outlasts the probe's budget is cut short and begins again from zero, for ever.",
    remedy: "Ask whether it is alive: [knell, redis, --live], or accept LOADING and MASTERDOWN.",
    link: "https://github.com/spotahome/redis-operator/issues/316",
    fixKinds: ["knell"],
  },
  platforms: ["kubernetes"],
  check: {
    probe(probe, { report }) {
      const { command, container, role } = probe;
      if (role !== "livenessProbe" || command === undefined) return;
      if (!isRedisServer(container)) return;
      const isKnell = isKnellReady(command);
      if (!isKnell && !rejectsLoading(command, container)) return;
      const hasStartup = container.probe("startupProbe") !== undefined;
      report({
        message: `only PONG passes, and a server that loads answers LOADING: after ${probe.budgetSeconds} s it is killed`,
        at: command.rangeOf(),
        severity: hasStartup ? "warning" : "error",
        fixes: [isKnell ? addLive(probe) : fixFrom("knell", knellOffer(probe, { mode: "live" }))],
      });
    },
  },
};

/** [knell, redis] asks for PONG, too. */
function isKnellReady({ argv }: Command): boolean {
  const [program = "", mode] = argv;
  const isKnell = posix.basename(program) === "knell" && mode === "redis";
  return isKnell && !argv.some((word) => /^--(?:live|startup|accept|sentinel)\b/.test(word));
}

function addLive({ command, setCommand }: Probe): Fix | undefined {
  const argv = command?.argv.toSpliced(2, 0, "--live") ?? [];
  return fixWith("knell", `run ${JSON.stringify(argv)}`, setCommand(argv));
}

function rejectsLoading(command: Command, container: Container): boolean {
  const question = findQuestion(command);
  if (question === undefined || acceptsAnything(question)) return false;
  const { accepted } = question;
  const isTolerant = accepted.has("LOADING") || accepted.has("MASTERDOWN");
  return !isTolerant && redisPortOf(question, container) === "redis";
}
