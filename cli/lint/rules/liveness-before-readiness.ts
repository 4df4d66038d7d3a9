import type { Probe } from "../../probe/container.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN304",
    name: "liveness-before-readiness",
    severity: "warning",
    isOnByDefault: true,
    summary:
      "a liveness probe that gives up no later than the readiness probe with the same handler",
    why: "A slow moment restarts the container before, or at the same time as, it is taken out of service.",
    remedy: "Give liveness a higher failureThreshold: same endpoint, more patience.",
    link: "https://github.com/zegl/kube-score/issues/339",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes"],
  check: {
    container(container, { report }) {
      const [live, ready] = [container.probe("livenessProbe"), container.probe("readinessProbe")];
      if (live === undefined || ready === undefined || container.isShortLived) return;
      if (isUnreadable(live) || isUnreadable(ready)) return;
      const handler = handlerOf(live);
      if (handler === undefined || handler !== handlerOf(ready)) return;
      if (live.budgetSeconds > ready.budgetSeconds) return;
      const threshold = Math.floor(ready.budgetSeconds / live.timing.periodSeconds.value) + 2;
      report({
        path: live.path,
        at: live.range,
        message: `the same check restarts after ${live.budgetSeconds} s and takes out of service after ${ready.budgetSeconds} s`,
        fixes: [
          fixWith(
            "safe",
            `set failureThreshold to ${threshold}`,
            live.setTiming("failureThreshold", threshold),
          ),
        ],
      });
    },
  },
};

function isUnreadable({ timing }: Probe): boolean {
  return timing.periodSeconds.isUnreadable || timing.failureThreshold.isUnreadable;
}

/** A text that is equal for handlers that ask the same; undefined without exactly one handler. */
function handlerOf({ handler, command, place, container }: Probe): string | undefined {
  if (handler === undefined || place === undefined) return undefined;
  if (handler === "exec") return command && JSON.stringify(command.argv);
  const at = place.at(handler);
  const named = container.spec?.ports.find(({ name }) => name === at.at("port").value);
  const fields = [
    handler,
    named?.containerPort ?? at.at("port").value,
    at.at("host").value ?? "",
    at.at("path").value ?? "/",
    at.at("scheme").value ?? "HTTP",
    at.at("service").value ?? "",
    at.at("httpHeaders").value ?? [],
  ];
  return JSON.stringify(fields);
}
