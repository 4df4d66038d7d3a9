// Volumes: what is in them, not where they are mounted.

import type { Place } from "../../kube/manifest.ts";
import type { FileEntry, Volume } from "../pod-definition.ts";
import type { ConfigKind } from "./config-objects.ts";
import { findConfig, type PodContext } from "./container-reader.ts";
import { describe, readInteger, readList, readString } from "./fields.ts";

const DEFAULT_MODE = 0o644;
const HIGHEST_MODE = 0o777;

type VolumeContext = Pick<PodContext, "findings" | "configs" | "namespace">;

/** The volumes that are played; any other is noted and becomes an empty folder, so that the pod can start. */
export function readVolumes(place: Place, context: VolumeContext): Volume[] {
  return readList(place, context.findings).map((volume) => readVolume(volume, context));
}

function readVolume(place: Place, context: VolumeContext): Volume {
  const { findings } = context;
  const name = readString(place.at("name"), findings) ?? "";
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    findings.reject(place.at("name"), `volumes[].name: ${describe(name)} is no DNS label`);
  }
  if (place.at("configMap").exists) {
    return readFiles(name, place.at("configMap"), "ConfigMap", "name", context);
  }
  if (place.at("secret").exists) {
    return readFiles(name, place.at("secret"), "Secret", "secretName", context);
  }
  if (place.at("hostPath").exists) {
    const path = readString(place.at("hostPath", "path"), findings) ?? "";
    if (!path.startsWith("/") || path.split("/").includes("..")) {
      findings.reject(place.at("hostPath"), `hostPath.path: ${describe(path)} is no absolute path`);
    }
    return { name, kind: "hostPath", path };
  }
  const isMemory = place.at("emptyDir", "medium").value === "Memory";
  if (!place.at("emptyDir").exists) {
    const type = Object.keys(place.value as object).find((key) => key !== "name") ?? "emptyDir";
    findings.skip(`volumes[].${type}`, "not played here; an empty folder stands for it");
  }
  return { name, kind: "emptyDir", isMemory };
}

function readFiles(
  name: string,
  place: Place,
  kind: ConfigKind,
  nameField: string,
  context: VolumeContext,
): Volume {
  const { findings } = context;
  const data = findConfig(place, kind, context, nameField) ?? new Map<string, Buffer>();
  const mode = readInteger(place.at("defaultMode"), findings, 0, HIGHEST_MODE) ?? DEFAULT_MODE;
  const items = place.at("items");
  if (!items.exists) {
    return {
      name,
      kind: "files",
      files: [...data].map(([path, content]) => ({ path, content, mode })),
    };
  }
  const files = readList(items, findings).flatMap((item): FileEntry[] => {
    const key = readString(item.at("key"), findings) ?? "";
    const path = readString(item.at("path"), findings) ?? key;
    if (path === "" || path.startsWith("/") || path.split("/").includes("..")) {
      findings.reject(item.at("path"), `items[].path: ${describe(path)} leads out of the volume`);
      return [];
    }
    const content = data.get(key);
    if (content) {
      const own = readInteger(item.at("mode"), findings, 0, HIGHEST_MODE);
      return [{ path, content, mode: own ?? mode }];
    }
    if (place.at("optional").value !== true) {
      findings.reject(item.at("key"), `${kind}: no key ${describe(key)}`);
    }
    return [];
  });
  return { name, kind: "files", files };
}
