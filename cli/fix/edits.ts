// Applies edits to a text and checks that they made of it what they meant to.

import { isRecord, type Path } from "../kube/manifest.ts";
import { applyChanges, type Rewrite } from "../kube/rewrite.ts";
import type { Edit } from "../kube/text.ts";
import { readInput, type Source } from "../lint/inputs.ts";

/** `source` after `rewrites`, whose edits do not overlap; undefined if the new text does not parse to the intended tree. */
export function applyRewrites(source: Source, rewrites: readonly Rewrite[]): Source | undefined {
  const edits = rewrites.flatMap((rewrite) => rewrite.edits).sort((a, b) => a.start - b.start);
  const text = applyChanges(source.text, edits);
  const after = { ...readInput({ file: source.file, text }), encoding: source.encoding };
  const isIntended = source.dockerfile
    ? isIntendedDockerfile(source, after, rewrites)
    : isIntendedManifest(source, after, rewrites);
  return isIntended ? after : undefined;
}

/** True if both change the same characters, or insert at the same place. */
export function overlap(a: Edit, b: Edit): boolean {
  if (a.start === b.start) return true;
  return a.start < b.end && b.start < a.end;
}

function isIntendedManifest(before: Source, after: Source, rewrites: readonly Rewrite[]): boolean {
  const documents = before.manifest?.documents ?? [];
  const newDocuments = after.manifest?.documents ?? [];
  const isSameStream =
    documents.length === newDocuments.length &&
    before.manifest?.faults.length === after.manifest?.faults.length;
  if (!isSameStream) return false;
  const intents = rewrites.flatMap((rewrite) => rewrite.intents);
  return documents.every(({ index, value }, position) => {
    let intended = value;
    for (const intent of intents) {
      if (intent.document === index) intended = withValue(intended, intent.path, intent.value);
    }
    return isSame(intended, newDocuments[position]!.value, new Map());
  });
}

/** A copy of `tree` with another value at `path`; undefined removes the key. What is not on the path is shared. */
function withValue(tree: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(tree)) {
    return tree.map((item, index) => (index === key ? withValue(item, rest, value) : item));
  }
  if (!isRecord(tree)) return tree;
  const { [key]: present, ...others } = tree;
  const changed = withValue(present, rest, value);
  return changed === undefined ? others : { ...others, [key]: changed };
}

/** Deep equality, each pair of shared objects compared once: aliases may make a tree huge. */
function isSame(a: unknown, b: unknown, seen: Map<unknown, Set<unknown>>): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const known = seen.get(a);
  if (known?.has(b)) return true;
  if (known) known.add(b);
  else seen.set(a, new Set([b]));
  const [keys, otherKeys] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === otherKeys.length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], seen),
    )
  );
}

function isIntendedDockerfile(
  before: Source,
  after: Source,
  rewrites: readonly Rewrite[],
): boolean {
  const instructions = before.dockerfile?.instructions ?? [];
  const newInstructions = after.dockerfile?.instructions ?? [];
  if (instructions.length !== newInstructions.length) return false;
  const intents = rewrites.flatMap((rewrite) => rewrite.intents);
  return instructions.every((instruction, index) => {
    let intended: unknown = treeOf(instruction);
    for (const { document, path, value } of intents) {
      if (document === index) intended = withValue(intended, path, value);
    }
    return isSame(intended, treeOf(newInstructions[index]!), new Map());
  });
}

function treeOf(instruction: NonNullable<Source["dockerfile"]>["instructions"][number]) {
  const { keyword, flags, argument } = instruction;
  const values = [...flags].map(([name, { value }]) => [name, value]);
  return { keyword, flags: Object.fromEntries(values), argument: argument.text };
}
