import { knellOffer } from "../../probe/knell-command.ts";
import { withComposeInit, withSharedNamespace } from "../../probe/reaper-fixes.ts";
import { underKnell, withoutFork } from "../../probe/without-fork.ts";
import { fixFrom, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN101",
    name: "probe-orphans-on-timeout",
    severity: "warning",
    isOnByDefault: true,
    summary: "a probe whose processes outlive a timeout, in a container where nobody reaps",
    why: "On a timeout only the probe's first process is killed: its children go to PID 1 and stay as zombies until the process table is full.",
    remedy: 'Let the probe be one process: "exec" before the command, no shell, or knell.',
    link: "https://github.com/kubernetes/kubernetes/issues/110070",
    fixKinds: ["safe", "unsafe", "knell"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe(probe, { report }) {
      const { command, container } = probe;
      const { reaper, isShortLived } = container;
      if (command?.shape !== "children" || reaper.answer === "yes" || isShortLived) return;
      report({
        message: `${command.verdict.because}, and ${reaper.because}: a timeout leaves it behind`,
        at: command.rangeOf(),
        severity: reaper.answer === "no" ? "warning" : "info",
        fixes: [
          fixFrom("safe", withoutFork(probe) ?? withComposeInit(container)),
          fixFrom("unsafe", withSharedNamespace(container)),
          fixFrom("knell", knellOffer(probe) ?? underKnell(probe)),
        ],
      });
    },
  },
};
