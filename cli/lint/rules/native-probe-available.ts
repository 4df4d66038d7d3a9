import type { Place } from "../../kube/manifest.ts";
import { replaceMap } from "../../kube/yaml-edits.ts";
import { type Native, nativeFor } from "../../probe/native-probe.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN204",
    name: "native-probe-available",
    severity: "info",
    isOnByDefault: true,
    summary:
      "an exec probe that only asks its own port, which the kubelet can do without a process",
    why: "Each run starts processes through the runtime: a hundred idle pods with exec probes cost a third of a node.",
    remedy: "Use httpGet, tcpSocket or grpc, if the server listens on more than loopback.",
    link: "https://github.com/kubernetes/kubernetes/issues/82440",
    fixKinds: ["unsafe"],
  },
  platforms: ["kubernetes"],
  check: {
    probe({ command, place }, { report }) {
      const native = command && nativeFor(command);
      if (native === undefined || place === undefined) return;
      const { handler, fields, program, isWhole } = native;
      const text = Object.entries(fields).map(([key, value]) => `${key}: ${value}`);
      report({
        message: `"${program}" asks what ${handler} {${text.join(", ")}} asks without a process`,
        at: command?.rangeOf(),
        fixes: [
          isWhole ? fixWith("unsafe", `use ${handler}`, replaceExec(place, native)) : undefined,
        ],
      });
    },
  },
};

function replaceExec(place: Place, { handler, fields }: Native) {
  return replaceMap(place.at("exec"), handler, fields);
}
