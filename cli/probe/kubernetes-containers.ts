// The containers of pod templates.

import type { Place } from "../kube/manifest.ts";
import type { ContainerSpec, HookSpec, PodSpec, ProbeSpec, Workload } from "../kube/pod-spec.ts";
import { scalarText } from "../kube/scalar-text.ts";
import { setStrings, setValue } from "../kube/yaml-edits.ts";
import { Command, type CommandContext } from "./command.ts";
import { Container, type Hook, Probe, type Setting, type Timing } from "./container.ts";
import { parseImage } from "./image.ts";
import type { Start } from "./reaper.ts";
import type { Surroundings } from "./surroundings.ts";

/** Every container of `workload` that may have probes, hooks or a life of its own. */
export function containersOfWorkload(workload: Workload, surroundings: Surroundings): Container[] {
  return workload.pod.containers.map((spec) => containerOf(workload, spec, surroundings));
}

function containerOf(
  workload: Workload,
  spec: ContainerSpec,
  surroundings: Surroundings,
): Container {
  const { object, pod, isBatch } = workload;
  const image = parseImage(spec.image, surroundings.hintFor(spec.image));
  const readFile = (path: string) => readMounted(path, spec, pod, object.namespace, surroundings);
  const context: CommandContext = { image, readFile };
  const container = new Container({
    platform: "kubernetes",
    name: spec.name,
    path: `${object.kind}/${object.namespace}/${object.name}/${spec.name}`,
    image,
    start: startOf(spec, pod, context),
    env: new Map(spec.env.map(({ name, value }) => [name, value])),
    isShortLived: isBatch || (spec.isInit && !spec.isSidecar),
    workload,
    spec,
  });
  container.probes.push(...spec.probes.map((probe) => probeOf(container, probe, context)));
  container.hooks.push(...spec.hooks.map((hook) => hookOf(container, hook, context)));
  return container;
}

function startOf(spec: ContainerSpec, pod: PodSpec, context: CommandContext): Start {
  const outside = pod.shareProcessNamespace
    ? "shareProcessNamespace is set"
    : pod.hostPID
      ? "hostPID is set"
      : undefined;
  const { image } = context;
  const { command = [], args = [] } = spec;
  const argSources = sourcesOf(spec.place.at("args"));
  if (command.length === 0) return { image, outside, cmd: new Command(args, argSources, context) };
  const sources = [...sourcesOf(spec.place.at("command")), ...argSources];
  return { image, outside, entrypoint: new Command([...command, ...args], sources, context) };
}

/** A file of a ConfigMap that is part of the input (volumes, volumeMounts; subPath and items included). */
function readMounted(
  path: string,
  { volumeMounts }: ContainerSpec,
  { volumes }: PodSpec,
  namespace: string,
  surroundings: Surroundings,
): string | undefined {
  const mount = volumeMounts
    .filter(
      ({ mountPath }) => path === mountPath || path.startsWith(`${mountPath.replace(/\/$/, "")}/`),
    )
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = volumes.find((item) => item.at("name").value === mount?.name)?.at("configMap");
  const name = volume?.at("name").string;
  if (mount === undefined || volume === undefined || name === undefined) return undefined;
  const below = path.slice(mount.mountPath.replace(/\/$/, "").length).replace(/^\//, "");
  const file = [mount.subPath, below].filter((part) => part).join("/");
  const item = volume.at("items").items.find((entry) => entry.at("path").value === file);
  const key = volume.at("items").exists ? item?.at("key").string : file;
  return key === undefined
    ? undefined
    : surroundings.configMapData(namespace, name)?.at(key).string;
}

function sourcesOf(place: Place) {
  return place.items.map((item) => scalarText(item));
}

function probeOf(container: Container, spec: ProbeSpec, context: CommandContext): Probe {
  const { place, type, handlers, command } = spec;
  const argv = place.at("exec", "command");
  const isExec = handlers.length === 1 && command !== undefined && command.length > 0;
  return new Probe({
    container,
    role: type,
    handler: handlers.length === 1 ? handlers[0] : undefined,
    command: isExec ? new Command(command, sourcesOf(argv), context) : undefined,
    timing: timingOf(place),
    place,
    range: place.keyRange,
    setTiming: (name, value) => setValue(place.at(name), value),
    setCommand: (words) => setStrings(argv, words),
  });
}

function hookOf(container: Container, spec: HookSpec, context: CommandContext): Hook {
  const { type, place, command, sleepSeconds } = spec;
  const sources = sourcesOf(place.at("exec", "command"));
  return {
    container,
    type,
    path: `${container.path}/${type}`,
    place,
    command: command && command.length > 0 ? new Command(command, sources, context) : undefined,
    sleepSeconds,
  };
}

/** Defaults: SetDefaults_Probe in pkg/apis/core/v1/defaults.go (P1). */
function timingOf(place: Place): Timing {
  return {
    initialDelaySeconds: settingOf(place.at("initialDelaySeconds"), 0),
    periodSeconds: settingOf(place.at("periodSeconds"), 10),
    timeoutSeconds: settingOf(place.at("timeoutSeconds"), 1),
    successThreshold: settingOf(place.at("successThreshold"), 1),
    failureThreshold: settingOf(place.at("failureThreshold"), 3),
    startPeriodSeconds: settingOf(place.at("startPeriodSeconds"), 0),
  };
}

function settingOf({ integer, exists, value }: Place, fallback: number): Setting {
  if (integer === undefined) {
    return { value: fallback, isExplicit: false, isUnreadable: exists && value !== null };
  }
  return { value: integer || fallback, isExplicit: integer !== 0, isUnreadable: false };
}
