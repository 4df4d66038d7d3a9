// What an input tells about others: ConfigMaps, Services, Dockerfiles. Only their text is kept, and parsed when a rule asks,
// so that a run over thousands of files holds one parsed file at a time.

import { posix } from "node:path";
import { type Dockerfile, parseDockerfile } from "../kube/dockerfile.ts";
import { type Place, parseManifest } from "../kube/manifest.ts";
import { type KubernetesObject, objectsOf } from "../kube/object.ts";
import { isDockerfile } from "./inputs.ts";

/** The kinds that rules may look up in other files. */
export const SHARED_KINDS = ["ConfigMap", "Service"] as const;
export type SharedKind = (typeof SHARED_KINDS)[number];

/** In YAML or JSON, at any depth: a List holds it further in. */
const KIND_LINES: Readonly<Record<SharedKind, RegExp>> = {
  ConfigMap: /\bkind["']?\s*:\s*["']?ConfigMap\b/,
  Service: /\bkind["']?\s*:\s*["']?Service\b/,
};

/** Everything the inputs hold together. */
export class World {
  readonly #documents: Readonly<Record<SharedKind, string[]>> = { ConfigMap: [], Service: [] };
  readonly #dockerfileTexts = new Map<string, string>();
  readonly #dockerfiles = new Map<string, Dockerfile>();
  readonly #configMaps = new Map<string, Place | undefined>();
  #services: readonly KubernetesObject[] | undefined;

  constructor(inputs: Iterable<{ readonly file: string; readonly text: string }> = []) {
    for (const { file, text } of inputs) this.add(file, text);
  }

  /** Every file of the input, before the first one is linted; a Dockerfile again when its text has changed. */
  add(file: string, text: string): void {
    if (isDockerfile(file, text)) {
      this.#dockerfileTexts.set(posix.normalize(file), text);
      this.#dockerfiles.delete(posix.normalize(file));
      return;
    }
    const kinds = SHARED_KINDS.filter((kind) => text.includes(kind) && KIND_LINES[kind].test(text));
    if (kinds.length === 0) return;
    for (const document of text.split(/^---(?=\s)/m)) {
      for (const kind of kinds) {
        if (KIND_LINES[kind].test(document)) this.#documents[kind].push(ownCopy(document));
      }
    }
  }

  objectsOfKind(kind: SharedKind): readonly KubernetesObject[] {
    if (kind !== "Service") return this.#parse(kind, this.#documents[kind]);
    this.#services ??= this.#parse(kind, this.#documents[kind]);
    return this.#services;
  }

  /** The `data` of a ConfigMap. */
  configMapData(namespace: string, name: string): Place | undefined {
    const key = `${namespace}/${name}`;
    if (this.#configMaps.has(key)) return this.#configMaps.get(key);
    const mentioned = this.#documents.ConfigMap.filter((document) => document.includes(name));
    const found = this.#parse("ConfigMap", mentioned).findLast(
      (object) => object.namespace === namespace && object.name === name,
    );
    const data = found?.place.at("data");
    this.#configMaps.set(key, data);
    return data;
  }

  dockerfileAt(path: string): Dockerfile | undefined {
    const key = posix.normalize(path);
    const text = this.#dockerfileTexts.get(key);
    if (text === undefined) return undefined;
    const dockerfile = this.#dockerfiles.get(key) ?? parseDockerfile(text);
    this.#dockerfiles.set(key, dockerfile);
    return dockerfile;
  }

  #parse(kind: SharedKind, documents: readonly string[]): KubernetesObject[] {
    return documents
      .flatMap((document) => objectsOf(parseManifest(document)))
      .filter((object) => object.kind === kind);
  }
}

/** V8 makes a part of a string a view of the whole, which would stay in memory with it. */
function ownCopy(part: string): string {
  return Buffer.from(part, "utf16le").toString("utf16le");
}
