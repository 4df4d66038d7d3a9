import { selectsPodsOf } from "../../kube/service.ts";
import type { Container } from "../../probe/container.ts";
import { chainOf } from "../../probe/dockerfile-containers.ts";
import type { Context, Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN405",
    name: "probes-missing",
    severity: "info",
    isOnByDefault: false,
    summary: "a container without a probe or health check",
    why: "Nobody notices when it hangs, and traffic reaches it before it can answer.",
    remedy: "Add the probe, or switch the rule off where none makes sense.",
    link: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    fixKinds: [],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  options: {
    liveness: true,
    readiness: true,
    healthcheck: true,
    "behind-service": false,
    dockerfiles: false,
  },
  check: {
    container(container, context) {
      const missing = missingIn(container, context);
      if (missing.length > 0)
        context.report({ message: `"${container.name}" has no ${missing.join(" and no ")}` });
    },
  },
};

function missingIn(container: Container, context: Context): string[] {
  const { options } = context;
  if (container.isShortLived || container.spec?.isInit) return [];
  if (container.platform === "kubernetes") {
    // Without an image it is a patch, whose probes may stand elsewhere.
    if (container.spec?.image === "") return [];
    if (options["behind-service"] && !isBehindService(container, context)) return [];
    return (["liveness", "readiness"] as const)
      .filter((kind) => options[kind] && container.probe(`${kind}Probe`) === undefined)
      .map((kind) => `${kind}Probe`);
  }
  const isAsked = options.healthcheck && (container.platform === "compose" || options.dockerfiles);
  return isAsked && !hasHealthcheck(container) ? ["healthcheck"] : [];
}

function isBehindService({ workload }: Container, { objectsOfKind }: Context): boolean {
  return (
    workload !== undefined &&
    objectsOfKind("Service").some((service) => selectsPodsOf(service, workload))
  );
}

/** Also one that is switched off, or that stands in what the service extends. */
function hasHealthcheck({ service, stage }: Container): boolean {
  if (service !== undefined) return service.healthcheck !== undefined || service.isPartial;
  return (
    stage !== undefined &&
    chainOf(stage).some(({ instructions }) =>
      instructions.some(({ keyword }) => keyword === "HEALTHCHECK"),
    )
  );
}
