import { innerLimitOf } from "../../probe/limits.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN301",
    name: "client-outlives-probe",
    severity: "error",
    isOnByDefault: true,
    summary: "a limit inside the command that is not shorter than the probe's",
    why: "The runtime kills the outer process first and leaves the client running; the other way round nothing is left.",
    remedy: "Give the probe a longer limit than the client inside it.",
    link: "https://github.com/bitnami/charts/issues/3559",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  supersedes: ["KN302"],
  check: {
    probe({ command, timing, nameOf, setTiming }, { report }) {
      const { value: outer, isUnreadable, isExplicit } = timing.timeoutSeconds;
      const inner = command && !isUnreadable ? innerLimitOf(command) : undefined;
      if (command === undefined || inner === undefined || inner.seconds < outer) return;
      const seconds = Math.floor(inner.seconds) + 1;
      const field = nameOf("timeoutSeconds");
      report({
        message: `${inner.because} may take ${inner.seconds} s, and ${field} is ${outer} s${isExplicit ? "" : " by default"}`,
        at: command.rangeOf(inner.at),
        severity: inner.isExplicit ? "error" : "warning",
        fixes: [
          fixWith("safe", `set ${field} to ${seconds}`, setTiming("timeoutSeconds", seconds)),
        ],
      });
    },
  },
};
