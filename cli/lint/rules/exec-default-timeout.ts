import { isHeavyweight } from "../../probe/heavyweight.ts";
import { fixWith, type Rule } from "../rule.ts";

/** They end before anything can stall. */
const INSTANT = new Set(["cat", "ls", "stat", "knell"]);

export const rule: Rule = {
  meta: {
    id: "KN302",
    name: "exec-default-timeout",
    severity: "warning",
    isOnByDefault: true,
    summary: "an exec probe without timeoutSeconds",
    why: "The default is 1 s, enforced since Kubernetes 1.20: a busy node makes a healthy container fail.",
    remedy: "Set timeoutSeconds to what the command may take at worst.",
    link: "https://github.com/open-policy-agent/gatekeeper-library/issues/64",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes"],
  options: { seconds: 5, heavyweightSeconds: 10 },
  check: {
    probe({ command, timing, container, setTiming }, { options, report }) {
      const { isExplicit, isUnreadable } = timing.timeoutSeconds;
      if (command === undefined || isExplicit || isUnreadable) return;
      if (container.spec?.isInit && !container.spec.isSidecar) return;
      const slow = command.invocations.find(
        ({ isBuiltin, program }) => !isBuiltin && !isInstant(program),
      );
      if (slow === undefined) return;
      const isHeavy = command.invocations.some(isHeavyweight);
      const seconds = Number(isHeavy ? options.heavyweightSeconds : options.seconds);
      report({
        message: `"${slow.program || "the command"}" has 1 s, the default of timeoutSeconds`,
        fixes: [
          fixWith("safe", `set timeoutSeconds to ${seconds}`, setTiming("timeoutSeconds", seconds)),
        ],
      });
    },
  },
};

function isInstant(program: string): boolean {
  return INSTANT.has(program) || program === "test" || program === "[" || program === "true";
}
