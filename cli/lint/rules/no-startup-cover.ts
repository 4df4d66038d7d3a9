import { isRecord } from "../../kube/manifest.ts";
import { join } from "../../kube/rewrite.ts";
import { removeKey, setValue } from "../../kube/yaml-edits.ts";
import type { Container, Probe } from "../../probe/container.ts";
import { isJvm } from "../../probe/image.ts";
import { type Context, fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN305",
    name: "no-startup-cover",
    severity: "warning",
    isOnByDefault: true,
    summary: "a server that may start slowly, and is judged before it can answer",
    why: "It is killed while it recovers or loads, begins again from zero, and is killed again.",
    remedy:
      "Add a startupProbe with the liveness probe's handler and a budget of minutes (Compose: start_period).",
    link: "https://github.com/spotahome/redis-operator/issues/316",
    fixKinds: ["unsafe"],
  },
  platforms: ["kubernetes", "compose"],
  options: { seconds: 60, composeSeconds: 30, startupPeriodSeconds: 5, startupSeconds: 300 },
  check: {
    container(container, context) {
      if (container.isShortLived) return;
      if (container.platform === "compose") checkService(container, context);
      else checkPodContainer(container, context);
    },
  },
};

function isSlow({ image, start }: Container): boolean {
  return image.family !== undefined || isJvm(image) || start.entrypoint?.outer.program === "java";
}

function checkService(container: Container, { options, servicesOf, report }: Context): void {
  const { service } = container;
  const probe = container.probe("healthcheck");
  if (service === undefined || probe === undefined || !isSlow(container)) return;
  const { startPeriodSeconds, periodSeconds, failureThreshold } = probe.timing;
  if ([startPeriodSeconds, periodSeconds, failureThreshold].some((it) => it.isUnreadable)) return;
  const seconds = startPeriodSeconds.value + probe.budgetSeconds;
  if (seconds >= Number(options.composeSeconds)) return;
  const waiting = [...servicesOf(service.file).values()].find(({ service: other }) =>
    other?.dependsOn.some(
      (it) => it.service === service.name && it.condition === "service_healthy",
    ),
  );
  if (waiting === undefined) return;
  report({
    path: probe.path,
    at: probe.range,
    message: `"${waiting.name}" waits for it, and it has ${seconds} s to start before it counts as unhealthy`,
  });
}

function checkPodContainer(container: Container, context: Context): void {
  const { options, report } = context;
  const live = container.probe("livenessProbe");
  const startup = container.spec?.place.at("startupProbe");
  if (startup === undefined) return;
  if (startup.exists) {
    reportDeadDelays(container, context);
    return;
  }
  const delay = live?.timing.initialDelaySeconds;
  if (live === undefined || delay === undefined || !isSlow(container)) return;
  const { periodSeconds, failureThreshold } = live.timing;
  if ([delay, periodSeconds, failureThreshold].some((it) => it.isUnreadable)) return;
  const seconds = delay.value + live.budgetSeconds;
  const isShort = seconds < Number(options.seconds);
  if (!isShort && delay.value <= 60) return;
  report({
    path: live.path,
    at: live.range,
    severity: isShort ? "warning" : "info",
    message: isShort
      ? `"${container.image.basename}" has ${seconds} s to start before it is killed`
      : `initialDelaySeconds keeps liveness off for ${delay.value} s after every start, also a fast one`,
    fixes: [addStartupProbe(live, delay.value, context)],
  });
}

/** Delays count from the container's start, not from startup success (P12). */
function reportDeadDelays({ probes }: Container, { report }: Context): void {
  for (const { role, path, place, timing } of probes) {
    const { value, isExplicit } = timing.initialDelaySeconds;
    if (role === "startupProbe" || place === undefined || !isExplicit || value <= 0) continue;
    report({
      path,
      at: place.at("initialDelaySeconds"),
      severity: "info",
      message: `initialDelaySeconds: ${value} counts from the container's start, which the startupProbe covers already`,
      remedy: "Drop initialDelaySeconds.",
    });
  }
}

function addStartupProbe({ place, handler, timing }: Probe, delay: number, { options }: Context) {
  const container = place?.parent;
  if (!place || !container || handler === undefined || !isRecord(container.value)) return undefined;
  const periodSeconds = Number(options.startupPeriodSeconds);
  const failureThreshold = Math.ceil(
    Math.max(delay, Number(options.startupSeconds)) / periodSeconds,
  );
  const { value: timeoutSeconds, isExplicit } = timing.timeoutSeconds;
  const startup = {
    [handler]: place.at(handler).value,
    periodSeconds,
    ...(isExplicit && { timeoutSeconds }),
    failureThreshold,
  };
  // Behind the key before livenessProbe: its own lines may go.
  const keys = Object.keys(container.value);
  const before = keys[keys.indexOf("livenessProbe") - 1];
  const added = setValue(container.at("startupProbe"), startup, before);
  const initialDelay = place.at("initialDelaySeconds");
  const rewrite = initialDelay.exists ? join(added, removeKey(initialDelay)) : added;
  const description = `add a startupProbe of ${failureThreshold} × ${periodSeconds} s${initialDelay.exists ? " and drop initialDelaySeconds" : ""}`;
  return fixWith("unsafe", description, rewrite);
}
