// Reads inputs: bytes to text, text to what it describes.

import { posix } from "node:path";
import { type ComposeFile, composeFileOf } from "../kube/compose.ts";
import { type Dockerfile, parseDockerfile } from "../kube/dockerfile.ts";
import { type Manifest, type ParseFault, parseManifest } from "../kube/manifest.ts";
import { type KubernetesObject, objectsOf } from "../kube/object.ts";
import { decodeText, type Encoding, LineIndex } from "../kube/text.ts";
import type { Input } from "./options.ts";

/** What an input holds. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly encoding: Encoding;
  readonly lines: LineIndex;
  readonly manifest?: Manifest;
  readonly objects: readonly KubernetesObject[];
  readonly composeFiles: readonly ComposeFile[];
  readonly dockerfile?: Dockerfile;
  readonly faults: readonly ParseFault[];
  readonly isTemplate: boolean;
}

const DOCKERFILE_NAME = /^(?:Dockerfile|Containerfile)(?:[.-].*)?$|\.(?:Docker|Container)file$/i;
const DOCKERFILE_START = /^(?:\s*(?:#.*)?\r?\n)*\s*(?:FROM|ARG)\s+\S/i;
const JSON_OF_INTEREST = /"(?:apiVersion|services)"/;

/** Never throws: what cannot be read is a fault of the source. */
export function readInput(input: Input): Source {
  const decoded = decodeInput(input);
  const { text } = decoded;
  const lines = new LineIndex(text);
  const bare = {
    file: input.file,
    lines,
    objects: [],
    composeFiles: [],
    faults: [],
    isTemplate: false,
  };
  const empty: Source = { ...bare, ...decoded };
  if (decoded.faults !== undefined || isForeignJson(input.file, text)) return empty;
  if (isDockerfile(input.file, text)) {
    const isTemplate = /\{\{[\s\S]*\}\}/.test(text.replace(/^\s*#.*$/gm, "")) && !/<</.test(text);
    return { ...empty, isTemplate, dockerfile: isTemplate ? undefined : parseDockerfile(text) };
  }
  const manifest = parseManifest(text);
  if (manifest.isTemplate) return { ...empty, isTemplate: true };
  const composeFiles = manifest.documents.flatMap((document) => composeFileOf(document) ?? []);
  return {
    ...empty,
    manifest,
    objects: objectsOf(manifest),
    composeFiles,
    faults: manifest.faults,
  };
}

/** The text of an input; a fault where its bytes are none. */
export function decodeInput(input: Input): {
  text: string;
  encoding: Encoding;
  faults?: ParseFault[];
} {
  if ("text" in input) return { text: input.text, encoding: "utf-8" };
  try {
    return decodeText(input.bytes);
  } catch {
    const span = new LineIndex("").spanOf(0, 0);
    const faults = [{ span, message: "not valid UTF-8 or UTF-16" }];
    return { text: "", encoding: "utf-8", faults };
  }
}

/** A JSON file that neither Kubernetes nor Compose reads: package.json and its like, which may hold comments. */
function isForeignJson(file: string, text: string): boolean {
  return file.endsWith(".json") && !JSON_OF_INTEREST.test(text);
}

/** Decided by name, and by content where the name tells nothing. */
export function isDockerfile(file: string, text: string): boolean {
  const name = posix.basename(file.replaceAll("\\", "/"));
  if (/\.(?:ya?ml|json)$/i.test(name)) return false;
  return DOCKERFILE_NAME.test(name) || DOCKERFILE_START.test(text);
}
