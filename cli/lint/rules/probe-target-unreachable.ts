import { nearestName } from "../../kube/edit-distance.ts";
import type { Place } from "../../kube/manifest.ts";
import { isNameOf } from "../../kube/service.ts";
import { setValue } from "../../kube/yaml-edits.ts";
import type { Container } from "../../probe/container.ts";
import { isLoopback } from "../../probe/http-client.ts";
import { type Context, fixWith, type Report, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN404",
    name: "probe-target-unreachable",
    severity: "error",
    isOnByDefault: true,
    summary: "a probe of a port name that is not declared, or of a host that is not the pod",
    why: "The kubelet asks from the node: an unknown name is an error on every run, so liveness never acts and the pod is never ready.",
    remedy: "Name a port of this container, and leave host out.",
    link: "https://github.com/stackrox/kube-linter/issues/455",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes"],
  // A Service's name is another host too, but no probe reaches it.
  supersedes: ["KN401"],
  check: {
    probe({ handler, place, container }, context) {
      if (handler !== "httpGet" && handler !== "tcpSocket") return;
      if (place === undefined || !container.workload?.isBuiltIn) return;
      const faults = [
        portFault(place.at(handler, "port"), container),
        hostFault(place.at(handler, "host"), container, context),
      ];
      for (const fault of faults) if (fault !== undefined) context.report(fault);
    },
  },
};

/** P37: a name is looked up in the container's own ports. */
function portFault(port: Place, { spec, name }: Container): Report | undefined {
  // Without an image it is a patch, whose ports stand elsewhere.
  if (port.string === undefined || /^\d+$/.test(port.string) || !spec?.image) return undefined;
  const names = spec.ports.flatMap((declared) => declared.name ?? []);
  if (names.includes(port.string)) return undefined;
  const meant = mistyped(port.string, names);
  const known = names.length === 0 ? "none has a name" : `they are ${names.join(", ")}`;
  return {
    message: `"${port.string}" is no port of "${name}": ${known}`,
    at: port,
    fixes: meant ? [fixWith("safe", `name the port ${meant}`, setValue(port, meant))] : [],
  };
}

/** The name that is meant; https is no slip for http, nor web2 for web1. */
function mistyped(text: string, names: readonly string[]): string | undefined {
  const name = nearestName(text, names);
  const isOther =
    name === undefined ||
    `${text}s` === name ||
    text === `${name}s` ||
    text.replace(/\D/g, "") !== name.replace(/\D/g, "");
  return isOther ? undefined : name;
}

/** From the node, loopback is the node and a Service's name means nothing. */
function hostFault(
  host: Place,
  { workload }: Container,
  { objectsOfKind }: Context,
): Report | undefined {
  const { string: text } = host;
  if (!text || workload === undefined || workload.pod.hostNetwork) return undefined;
  if (isLoopback(text)) {
    return {
      message: `host "${text}" is the node, which the probe is sent from, not the pod`,
      at: host,
    };
  }
  const { namespace } = workload.object;
  const isService = objectsOfKind("Service").some((service) => isNameOf(service, text, namespace));
  return isService
    ? { message: `host "${text}" is a Service, whose name the node does not resolve`, at: host }
    : undefined;
}
