// The probes of one manifest, Compose file or Dockerfile, for tests of what is said about them.

import { workloadOf } from "../../cli/kube/pod-spec.ts";
import { readInput } from "../../cli/lint/inputs.ts";
import { containerOfService } from "../../cli/probe/compose-containers.ts";
import type { Probe } from "../../cli/probe/container.ts";
import { containerOfDockerfile } from "../../cli/probe/dockerfile-containers.ts";
import { containersOfWorkload } from "../../cli/probe/kubernetes-containers.ts";
import type { Surroundings } from "../../cli/probe/surroundings.ts";

/** Every probe in `text`, whose ConfigMaps its containers can read. Throws if it cannot be parsed. */
export function probesIn(text: string, file = "input.yaml"): Probe[] {
  const source = readInput({ file, text });
  if (source.faults.length > 0) throw new Error(source.faults[0]!.message);
  const surroundings: Surroundings = {
    hintFor: () => undefined,
    configMapData: (_, name) =>
      source.objects
        .find((object) => object.kind === "ConfigMap" && object.name === name)
        ?.place.at("data"),
    dockerfileAt: () => undefined,
    readFile: () => undefined,
  };
  const { objects, composeFiles, dockerfile } = source;
  const containers = [
    ...objects.flatMap((object) => {
      const workload = workloadOf(object);
      return workload === undefined ? [] : containersOfWorkload(workload, surroundings);
    }),
    ...composeFiles.flatMap(({ services }) =>
      services.map((service) => containerOfService(service, file, surroundings)),
    ),
    ...(dockerfile ? [containerOfDockerfile(dockerfile, file, surroundings)] : []),
  ];
  return containers.flatMap((container) => container?.probes ?? []);
}
