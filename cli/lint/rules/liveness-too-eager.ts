import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN306",
    name: "liveness-too-eager",
    severity: "warning",
    isOnByDefault: true,
    summary: "a liveness probe that one stall can fail",
    why: "A fork, an append-only-file rewrite or a collector pause of seconds becomes a restart.",
    remedy: "Raise failureThreshold: a store should be given 30 s.",
    link: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes"],
  options: { seconds: 30 },
  check: {
    probe({ role, timing, container, budgetSeconds, setTiming }, { options, report }) {
      const { failureThreshold, periodSeconds } = timing;
      if (role !== "livenessProbe" || container.isShortLived) return;
      if (failureThreshold.isUnreadable || periodSeconds.isUnreadable) return;
      const wanted = Number(options.seconds);
      const isStore = container.image.family !== undefined && budgetSeconds < wanted;
      if (failureThreshold.value !== 1 && !isStore) return;
      const threshold = Math.max(2, Math.ceil(wanted / periodSeconds.value));
      report({
        message:
          failureThreshold.value === 1
            ? "one failure restarts the container"
            : `"${container.image.basename}" is restarted after ${budgetSeconds} s without an answer`,
        fixes: [
          fixWith(
            "safe",
            `set failureThreshold to ${threshold}`,
            setTiming("failureThreshold", threshold),
          ),
        ],
      });
    },
  },
};
