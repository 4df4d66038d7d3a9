import { isIP } from "node:net";
import { isNameOf, selectsPodsOf } from "../../kube/service.ts";
import type { Container } from "../../probe/container.ts";
import { isOwnHost, targetsIn } from "../../probe/targets.ts";
import type { Context, Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN401",
    name: "liveness-checks-remote",
    severity: "warning",
    isOnByDefault: true,
    summary: "a liveness probe or health check that asks another host",
    why: "When that host is down every client of it is restarted or marked unhealthy, which helps neither.",
    remedy: "Ask the container itself; let readiness follow what it depends on.",
    link: "https://github.com/zegl/kube-score/blob/master/README_PROBES.md",
    fixKinds: [],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    probe({ role, command, container, place, handler }, context) {
      if (role !== "livenessProbe" && role !== "healthcheck") return;
      for (const { host, program, word } of command ? targetsIn(command, container) : []) {
        if (isOwn(host, container, context)) continue;
        const message = `"${program}" asks "${host}", not this container`;
        context.report({ message, at: command?.rangeOf(word) });
      }
      if (handler !== "httpGet" && handler !== "tcpSocket") return;
      const host = place?.at(handler, "host");
      if (host?.string && !isOwn(host.string, container, context)) {
        context.report({ message: `asks "${host.string}", not this container`, at: host });
      }
    },
  },
};

/** Its own names, and those of a Service or StatefulSet that leads to it. */
function isOwn(host: string, container: Container, { objectsOfKind }: Context): boolean {
  if (isOwnHost(host, container)) return true;
  const { workload } = container;
  if (workload === undefined) return false;
  const { object, pod } = workload;
  // The node's address is the pod's own, and nothing else tells it: kubeadm writes it into static pods.
  if (pod.hostNetwork && isIP(host) !== 0) return true;
  const isPodOfSet = object.kind === "StatefulSet" && host.startsWith(`${object.name}-`);
  if (isPodOfSet || object.place.at("spec", "serviceName").string === host.split(".")[0])
    return true;
  return objectsOfKind("Service").some(
    (service) => isNameOf(service, host, object.namespace) && selectsPodsOf(service, workload),
  );
}
