import { join, type Rewrite } from "../../kube/rewrite.ts";
import type { Command } from "../../probe/command.ts";
import type { Probe } from "../../probe/container.ts";
import { type Invocation, type Wrapper, wrapperRange } from "../../probe/script.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN102",
    name: "probe-orphans-every-run",
    severity: "error",
    isOnByDefault: true,
    summary: "a probe that leaves a process behind on every run, in a container where nobody reaps",
    why: "Each run, also a good one, adds a zombie: a probe every 5 s fills a process limit of 4096 in six hours.",
    remedy: "Limit the time with timeoutSeconds or knell, and start nothing in the background.",
    link: "https://github.com/redis/docker-library-redis/issues/325",
    fixKinds: ["unsafe", "knell"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe(probe, { report }) {
      const { command, container } = probe;
      const { reaper, isShortLived } = container;
      if (command?.shape !== "orphans" || reaper.answer === "yes" || isShortLived) return;
      const limit = soleTimeout(command);
      report({
        message: `${command.verdict.because}, and ${reaper.because}`,
        at: command.rangeOf(),
        severity: reaper.answer === "no" ? "error" : "warning",
        fixes: limit && [moveOutside(probe, command, limit), underKnell(probe, command, limit)],
      });
    },
  },
};

interface Timeout {
  readonly invocation: Invocation;
  readonly wrapper: Wrapper;
  /** As written: "5". */
  readonly limit: string;
}

/** The one `timeout N` in the command. */
function soleTimeout({ outer, invocations, script }: Command): Timeout | undefined {
  const all = script === undefined ? [outer] : [outer, ...invocations];
  const found = all.flatMap((invocation) =>
    invocation.wrappers
      .filter(({ name }) => name === "timeout")
      .map((wrapper) => ({ invocation, wrapper })),
  );
  const [only] = found;
  const limit = only?.wrapper.args.findLast(({ text }) => /^\d+$/.test(text))?.text;
  return only === undefined || found.length > 1 || limit === undefined
    ? undefined
    : { ...only, limit };
}

function moveOutside(probe: Probe, command: Command, timeout: Timeout) {
  const seconds = Number(timeout.limit);
  const field = probe.nameOf("timeoutSeconds");
  const rewrite = join(
    replaceTimeout(probe, command, timeout, []),
    probe.setTiming("timeoutSeconds", seconds),
  );
  return fixWith(
    "unsafe",
    `drop "timeout ${timeout.limit}" and set ${field} to ${seconds}`,
    rewrite,
  );
}

function underKnell(probe: Probe, command: Command, timeout: Timeout) {
  const words = ["knell", "exec", "--timeout", timeout.limit, "--"];
  const description = `put "${words.join(" ")}" in place of "timeout ${timeout.limit}"`;
  return fixWith("knell", description, replaceTimeout(probe, command, timeout, words));
}

function replaceTimeout(
  probe: Probe,
  command: Command,
  { invocation, wrapper }: Timeout,
  words: readonly string[],
): Rewrite | undefined {
  const { start, end } = wrapperRange(invocation, wrapper);
  if (invocation === command.outer) {
    return probe.setCommand(command.argv.toSpliced(start, end - start, ...words));
  }
  const text = words.length === 0 ? "" : `${words.join(" ")} `;
  return command.scriptSource?.splice([{ start, end, text }]);
}
