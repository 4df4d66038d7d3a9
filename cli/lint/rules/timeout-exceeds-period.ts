import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN303",
    name: "timeout-exceeds-period",
    severity: "warning",
    isOnByDefault: true,
    summary: "a probe that may take longer than its period",
    why: "Attempts never overlap, so a hanging server is noticed after failures × timeout, not failures × period.",
    remedy: "Keep the timeout at or under the period.",
    link: "https://github.com/kubernetes/website/issues/37503",
    fixKinds: ["unsafe"],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    probe({ container, role, timing, nameOf, setTiming }, { report }) {
      const { timeoutSeconds: timeout, periodSeconds: period, failureThreshold } = timing;
      if (timeout.value <= period.value || timeout.isUnreadable || period.isUnreadable) return;
      const isCompose = container.platform === "compose";
      if (isCompose && !(timeout.isExplicit && period.isExplicit)) return;
      if (role === "startupProbe" && failureThreshold.value >= 10) return;
      const [long, short] = [nameOf("timeoutSeconds"), nameOf("periodSeconds")];
      report({
        message: `${long} is ${timeout.value} s, ${short} ${period.value} s${period.isExplicit ? "" : " by default"}`,
        severity: isCompose ? "info" : "warning",
        fixes: [
          fixWith(
            "unsafe",
            `set ${long} to ${period.value}`,
            setTiming("timeoutSeconds", period.value),
          ),
        ],
      });
    },
  },
};
