// YAML and JSON text as objects that remember where they stand.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { deepNestingIn } from "./nesting.ts";
import { LineIndex, type Path, type Span } from "./text.ts";

export type { Path } from "./text.ts";

/** A text that is not YAML, or that Kubernetes and Compose would not read. */
export interface ParseFault {
  readonly span: Span;
  /** Lower case, one line. */
  readonly message: string;
}

/** One document of a YAML stream. */
export interface ManifestDocument {
  readonly manifest: Manifest;
  /** From 0, in the stream. */
  readonly index: number;
  readonly yaml: Document.Parsed;
  /** The document as plain JavaScript: aliases are shared objects, merge keys are merged. */
  readonly value: unknown;
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Node, Node>;
  readonly root: Place;
  /** The file that a "# Source:" comment before it names (Helm). */
  readonly source?: string;
}

/** A YAML stream. */
export interface Manifest {
  readonly text: string;
  readonly lines: LineIndex;
  /** Those without a fault. */
  readonly documents: readonly ManifestDocument[];
  readonly faults: readonly ParseFault[];
  /** True where braces that only a template engine reads stand outside strings and comments. */
  readonly isTemplate: boolean;
}

const TOO_DEEP = "nested too deeply";

/**
 * The documents of a YAML or JSON text. Never throws: what cannot be read (syntax, duplicate keys, unknown or cyclic
 * aliases, nesting too deep) is a fault with its place, and its document is left out.
 */
export function parseManifest(text: string): Manifest {
  const documents: ManifestDocument[] = [];
  const faults: ParseFault[] = [];
  const lines = new LineIndex(text);
  const state = { hasTemplateKey: false };
  const manifest: Manifest = {
    text,
    lines,
    documents,
    faults,
    get isTemplate() {
      return state.hasTemplateKey || (faults.length > 0 && hasTemplateBraces(text));
    },
  };
  const deepAt = deepNestingIn(text);
  if (deepAt >= 0) {
    faults.push({ span: lines.spanOf(deepAt, deepAt + 1), message: TOO_DEEP });
    return manifest;
  }
  let previousEnd = 0;
  for (const [index, yaml] of parseStream(text).entries()) {
    const head = text.slice(previousEnd, yaml.contents?.range?.[0] ?? previousEnd);
    previousEnd = yaml.range[2];
    const [error] = yaml.errors;
    if (error !== undefined) {
      const end = Math.min(text.length, Math.max(error.pos[0], error.pos[1]));
      faults.push({ span: lines.spanOf(Math.min(error.pos[0], end), end), message: tidy(error) });
      continue;
    }
    const reader = new Reader(yaml);
    const value = reader.read(yaml.contents);
    state.hasTemplateKey ||= reader.hasTemplateKey;
    if (reader.fault !== undefined) {
      const { node, message } = reader.fault;
      const [start, end] = node.range ?? [0, 0];
      faults.push({ span: lines.spanOf(start, end), message });
      continue;
    }
    const source = /^#[ \t]*Source:[ \t]*(\S.*?)[ \t]*\r?$/m.exec(head)?.[1];
    documents.push(new ParsedDocument(manifest, index, yaml, value, reader.targets, source));
  }
  return manifest;
}

/** The yaml library compares every key of a map with every other: `Reader` finds duplicates in linear time instead. */
function parseStream(text: string): Document.Parsed[] {
  const parsed = parseAllDocuments(text, {
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
  });
  return "empty" in parsed ? [] : parsed;
}

function tidy({ code, message }: { code: string; message: string }): string {
  if (code === "RESOURCE_EXHAUSTION") return TOO_DEEP;
  const [line = ""] = message.split("\n");
  return line.charAt(0).toLowerCase() + line.slice(1).replace(/[.:]$/, "");
}

/** True if `{{` and `}}` stand on a line outside its comments and quoted strings. */
function hasTemplateBraces(text: string): boolean {
  return text.split("\n").some((line) => {
    if (!line.includes("{{")) return false;
    const bare = line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, "").replace(/(^|\s)#.*$/, "");
    return bare.includes("{{");
  });
}

class ParsedDocument implements ManifestDocument {
  readonly manifest: Manifest;
  readonly index: number;
  readonly yaml: Document.Parsed;
  readonly value: unknown;
  readonly targets: ReadonlyMap<Node, Node>;
  readonly source: string | undefined;

  constructor(
    manifest: Manifest,
    index: number,
    yaml: Document.Parsed,
    value: unknown,
    targets: ReadonlyMap<Node, Node>,
    source: string | undefined,
  ) {
    this.manifest = manifest;
    this.index = index;
    this.yaml = yaml;
    this.value = value;
    this.targets = targets;
    this.source = source;
  }

  get root(): Place {
    return new Place(this, [], this.value, this.yaml.contents ?? undefined);
  }
}

/** Turns the nodes of one document into plain values and finds what the yaml library lets through. */
class Reader {
  readonly targets = new Map<Node, Node>();
  fault: { node: Node; message: string } | undefined;
  hasTemplateKey = false;
  readonly #anchors = new Map<string, Node>();
  readonly #values = new Map<Node, unknown>();
  readonly #open = new Set<Node>();

  constructor(yaml: Document.Parsed) {
    this.#yaml = yaml;
  }
  readonly #yaml: Document.Parsed;

  read(node: Node | null | undefined): unknown {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#readAlias(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#keep(node, node.value);
    this.#open.add(node);
    const value = isMap(node)
      ? this.#readMap(node)
      : node.items.map((item) => this.read(item as Node));
    this.#open.delete(node);
    return this.#keep(node, value);
  }

  #keep(node: Node, value: unknown): unknown {
    if (!isAlias(node) && node.anchor !== undefined) this.#values.set(node, value);
    return value;
  }

  #readAlias(alias: Node & { source: string }): unknown {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) return this.#reject(alias, `no anchor "&${alias.source}" before it`);
    if (this.#open.has(target)) return this.#reject(alias, `"*${alias.source}" contains itself`);
    this.targets.set(alias, target);
    return this.#values.get(target);
  }

  #readMap(map: YAMLMap): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    const merged: unknown[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (isMap(pair.key) && map.flow) this.hasTemplateKey = true;
      const key = keyOf(pair);
      const item = this.read(pair.value);
      if (isMergeKey(pair)) merged.push(...(Array.isArray(item) ? item : [item]));
      else if (Object.hasOwn(value, key)) this.#reject(pair.key, `duplicate key "${key}"`);
      else define(value, key, item);
    }
    for (const source of merged) mergeInto(value, source);
    return value;
  }

  #reject(node: Node, message: string): undefined {
    this.fault ??= { node: node ?? this.#yaml.contents, message };
    return undefined;
  }
}

function keyOf({ key }: Pair<Node, Node | null>): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function isMergeKey({ key }: Pair<Node, Node | null>): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

function mergeInto(value: Record<string, unknown>, source: unknown): void {
  if (!isRecord(source)) return;
  for (const [key, item] of Object.entries(source)) {
    if (!Object.hasOwn(value, key)) define(value, key, item);
  }
}

/** Sets a key that may be "__proto__". */
function define(value: Record<string, unknown>, key: string, item: unknown): void {
  if (key !== "__proto__") value[key] = item;
  else
    Object.defineProperty(value, key, {
      value: item,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in a document and where it stands; also a value that is missing, which stands where its parent does. */
export class Place {
  readonly document: ManifestDocument;
  readonly path: Path;
  /** undefined if it is missing. */
  readonly value: unknown;
  /** The node that holds the value, behind any alias; undefined if it is missing. */
  readonly node: Node | undefined;
  readonly parent: Place | undefined;
  /** Its key in a map. */
  readonly key: Scalar | undefined;

  constructor(
    document: ManifestDocument,
    path: Path,
    value: unknown,
    node: Node | undefined,
    parent?: Place,
    key?: Scalar,
  ) {
    this.document = document;
    this.path = path;
    this.value = value;
    this.node = node;
    this.parent = parent;
    this.key = key;
  }

  get exists(): boolean {
    return this.node !== undefined;
  }

  /** The value below `keys`, which may be missing. */
  at(...keys: Path): Place {
    let place: Place = this;
    for (const key of keys) place = place.#child(key);
    return place;
  }

  /** The values of a sequence, or of a map with their keys; none for anything else. */
  get items(): Place[] {
    const { value } = this;
    if (Array.isArray(value)) return value.map((_, index) => this.#child(index));
    return isRecord(value) ? Object.keys(value).map((key) => this.#child(key)) : [];
  }

  get string(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  /** A number without a fraction, of either sign. */
  get integer(): number | undefined {
    return Number.isSafeInteger(this.value) ? (this.value as number) : undefined;
  }

  /** The elements of a sequence as strings; undefined if it is missing, no sequence, or holds anything but scalars. */
  get strings(): string[] | undefined {
    if (!Array.isArray(this.value)) return undefined;
    const isScalarList = this.value.every((item) => item === null || typeof item !== "object");
    return isScalarList ? this.value.map((item) => String(item ?? "")) : undefined;
  }

  /** Offsets of the value, or of what stands for it: its key, or the closest parent's. */
  get range(): readonly [start: number, end: number] {
    const range = this.node?.range;
    if (range && range[1] > range[0]) return [range[0], range[1]];
    return this.keyRange;
  }

  /** Offsets of the key, or of the value where it has none. */
  get keyRange(): readonly [start: number, end: number] {
    if (this.key?.range) return [this.key.range[0], this.key.range[1]];
    if (this.node?.range) return [this.node.range[0], this.node.range[1]];
    return this.parent?.keyRange ?? [0, 0];
  }

  #child(key: string | number): Place {
    const path = [...this.path, key];
    const { value: holder } = this;
    // Most keys that are asked for are missing, which the plain value tells at once.
    const isThere = typeof holder === "object" && holder !== null && Object.hasOwn(holder, key);
    const found = isThere && this.node ? findChild(this.document, this.node, key) : undefined;
    if (found === undefined) return new Place(this.document, path, undefined, undefined, this);
    const value = (holder as Record<string | number, unknown>)[key];
    return new Place(this.document, path, value, found.node, this, found.key);
  }
}

interface Child {
  readonly node: Node;
  readonly key?: Scalar;
}

function findChild(
  document: ManifestDocument,
  node: Node,
  key: string | number,
): Child | undefined {
  if (isScalar(node) || isAlias(node)) return undefined;
  if (!isMap(node)) {
    const item = typeof key === "number" ? (node.items[key] as Node | undefined) : undefined;
    return item && { node: document.targets.get(item) ?? item };
  }
  let merge: Pair<Node, Node> | undefined;
  for (const pair of node.items as Pair<Node, Node>[]) {
    if (isMergeKey(pair)) merge = pair;
    else if (keyOf(pair) === String(key)) {
      const value = pair.value ?? pair.key;
      return { node: document.targets.get(value) ?? value, key: pair.key as Scalar };
    }
  }
  return merge?.value ? findMerged(document, merge.value, key) : undefined;
}

function findMerged(
  document: ManifestDocument,
  value: Node,
  key: string | number,
): Child | undefined {
  const source = document.targets.get(value) ?? value;
  if (isMap(source)) return findChild(document, source, key);
  if (isScalar(source) || isAlias(source)) return undefined;
  for (const item of source.items as Node[]) {
    const found = findMerged(document, item, key);
    if (found !== undefined) return found;
  }
  return undefined;
}
