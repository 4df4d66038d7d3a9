import { setValue } from "../../kube/yaml-edits.ts";
import type { Command } from "../../probe/command.ts";
import { secondsIn } from "../../probe/limits.ts";
import type { Invocation } from "../../probe/script.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN307",
    name: "prestop-exceeds-grace",
    severity: "warning",
    isOnByDefault: true,
    summary: "a preStop hook that sleeps through the whole grace period",
    why: "The countdown includes the hook: the program gets two seconds between SIGTERM and SIGKILL.",
    remedy: "Make terminationGracePeriodSeconds longer than the hook and the shutdown together.",
    link: "https://github.com/kubernetes/kubernetes/issues/65496",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes"],
  options: { shutdownSeconds: 15 },
  check: {
    hook({ type, command, sleepSeconds, place, container }, { options, report }) {
      const pod = container.workload?.pod;
      const slept = sleepSeconds ?? (command && sleepsIn(command));
      if (type !== "preStop" || pod === undefined || slept === undefined) return;
      const grace = pod.terminationGracePeriodSeconds;
      const at = pod.place.at("terminationGracePeriodSeconds");
      if (slept < grace || (at.exists && at.integer === undefined)) return;
      const wanted = Math.ceil(slept) + Number(options.shutdownSeconds);
      report({
        message: `preStop sleeps ${slept} s, and terminationGracePeriodSeconds is ${grace} s${at.exists ? "" : " by default"}`,
        at: place,
        fixes: [
          fixWith("safe", `set terminationGracePeriodSeconds to ${wanted}`, setValue(at, wanted)),
        ],
      });
    },
  },
};

/** The seconds of all `sleep N` that are surely run: not in a loop, a condition or the background. */
function sleepsIn({ script, outer }: Command): number | undefined {
  const sleeps =
    script === undefined
      ? [outer]
      : script.ast.commands.flatMap(({ command, background }) => {
          const commands = command.type === "AndOr" ? command.commands : [command];
          return background
            ? []
            : script.invocations.filter(({ node }) => node && commands.includes(node));
        });
  const seconds = sleeps.map(sleepOf).filter((value) => value !== undefined);
  return seconds.length === 0 ? undefined : seconds.reduce((sum, value) => sum + value, 0);
}

function sleepOf({ program, args }: Invocation): number | undefined {
  const [duration] = args;
  return program === "sleep" && duration?.isLiteral ? secondsIn(duration.text) : undefined;
}
