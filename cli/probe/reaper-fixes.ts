// Rewrites that give a container somebody who reaps.

import { setValue } from "../kube/yaml-edits.ts";
import type { Container } from "./container.ts";
import { parseImage } from "./image.ts";
import type { Unforked } from "./without-fork.ts";

/** Images that must be PID 1 themselves (pi-hole#1176, linuxserver/docker-openssh-server#76), beside the init table. */
const SUPERVISED = /s6|systemd|^(?:pihole\/|hotio\/|homeassistant\/)/;

/** True if the image's first program refuses to be anything but PID 1: s6, systemd. */
export function mustBePid1({ image }: Pick<Container, "image">): boolean {
  return image.init?.isSupervisor === true || SUPERVISED.test(image.repository);
}

/** Compose `init: true`, where PID 1 is known: an unknown one may have to be PID 1 itself. */
export function withComposeInit(container: Container): Unforked | undefined {
  const { service, reaper } = container;
  if (service === undefined || reaper.answer !== "no" || mustBePid1(container)) return undefined;
  return { description: "set init: true", rewrite: setValue(service.place.at("init"), true) };
}

/** A shared process namespace: the pause container reaps. Not where a container of the pod must be PID 1. */
export function withSharedNamespace(container: Container): Unforked | undefined {
  const { workload } = container;
  if (workload === undefined || mustBePid1(container)) return undefined;
  const images = workload.pod.containers.map((spec) => parseImage(spec.image));
  if (images.some((image) => image.init?.isSupervisor || SUPERVISED.test(image.repository))) {
    return undefined;
  }
  return {
    description: "set shareProcessNamespace: true",
    rewrite: setValue(workload.pod.place.at("shareProcessNamespace"), true),
  };
}
