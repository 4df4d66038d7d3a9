import type { Command } from "../../probe/command.ts";
import type { Container, Probe } from "../../probe/container.ts";
import { knellOffer } from "../../probe/knell-command.ts";
import { acceptsAnything, findQuestion } from "../../probe/redis-question.ts";
import { isRedisServer, redisPortOf } from "../../probe/redis-server.ts";
import type { Invocation } from "../../probe/script.ts";
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
      const knell = knellReadyIn(command);
      if (knell === undefined && !rejectsLoading(command, container)) return;
      const hasStartup = container.probe("startupProbe") !== undefined;
      report({
        message: `only PONG passes, and a server that loads answers LOADING: after ${probe.budgetSeconds} s it is killed`,
        at: command.rangeOf(),
        severity: hasStartup ? "warning" : "error",
        fixes: [
          knell === undefined
            ? fixFrom("knell", knellOffer(probe, { mode: "live" }))
            : addLive(probe, command, knell),
        ],
      });
    },
  },
};

/** [knell, redis] asks for PONG, too. */
function knellReadyIn({ invocations }: Command): Invocation | undefined {
  return invocations.find(
    ({ program, args }) =>
      program === "knell" &&
      args[0]?.text === "redis" &&
      !args.some(({ text }) => /^--(?:live|startup|accept|sentinel)\b/.test(text)),
  );
}

function addLive(probe: Probe, command: Command, { args: [mode] }: Invocation): Fix | undefined {
  if (mode === undefined) return undefined;
  const rewrite =
    command.script === undefined
      ? probe.setCommand(command.argv.toSpliced(mode.end, 0, "--live"))
      : command.scriptSource?.splice([{ start: mode.end, end: mode.end, text: " --live" }]);
  return fixWith("knell", "add --live", rewrite);
}

function rejectsLoading(command: Command, container: Container): boolean {
  const question = findQuestion(command);
  if (question === undefined || acceptsAnything(question)) return false;
  const { accepted } = question;
  const isTolerant = accepted.has("LOADING") || accepted.has("MASTERDOWN");
  return !isTolerant && redisPortOf(question, container) === "redis";
}
