// Edits of a YAML text that set, add or remove a value and leave every other character as it is. Style follows what
// stands beside: flow or block, quotes, indentation, line ends. The caller checks the result by parsing it again.

import { isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import { gapsBetween } from "./list-difference.ts";
import { isRecord, type Place } from "./manifest.ts";
import type { Rewrite } from "./rewrite.ts";
import { isFlow, isInFlow, isPlainSafe, renderString, scalarText, styleOf } from "./scalar-text.ts";
import type { Edit } from "./text.ts";

type BlockPair = Pair<Node, Node | null>;

/** Sets the value at `place`, which may be missing: then its key is added to its parent, a map, behind the key `after` if given. */
export function setValue(place: Place, value: unknown, after?: string): Rewrite | undefined {
  if (!place.exists) return addKey(place, value, after);
  const isSequence = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (isSequence && place.strings !== undefined) return setStrings(place, value);
  if (!isScalar(place.node) || (typeof value === "object" && value !== null)) return undefined;
  const text = scalarText(place);
  if (typeof value === "string" && text !== undefined && typeof place.value === "string") {
    return text.splice([{ start: 0, end: text.text.length, text: value }]);
  }
  const [start, end] = place.range;
  return rewrite(place, value, [{ start, end, text: renderFlow(value, place, undefined) }]);
}

/** Removes a key and its value from a map. */
export function removeKey(place: Place): Rewrite | undefined {
  const map = place.parent?.node;
  if (!isMap(map) || place.key === undefined) return undefined;
  const pairs = map.items as BlockPair[];
  const index = pairs.findIndex(({ key }) => key === place.key);
  if (index === -1) return undefined;
  const edit = map.flow
    ? removeFromFlow(pairs.map(pairRange), index, sourceOf(place))
    : removeBlockPair(pairs, index, sourceOf(place));
  return edit && rewrite(place, undefined, [edit]);
}

/** Gives the key of `place` another name; undefined where that name is taken. */
export function renameKey(place: Place, name: string): Rewrite | undefined {
  const { key, parent } = place;
  if (key?.range === undefined || key.range === null || parent?.at(name).exists) return undefined;
  const [start, end] = key.range;
  const text = renderString(name, styleOf(key), isInFlow(place));
  const { index } = place.document;
  return {
    edits: [{ start, end, text }],
    intents: [
      { document: index, path: place.path, value: undefined },
      { document: index, path: [...place.path.slice(0, -1), name], value: place.value },
    ],
  };
}

/** Puts another key with a flat map in the place of `place`, a map, whose comments are lost. */
export function replaceMap(
  place: Place,
  name: string,
  fields: Readonly<Record<string, string | number>>,
): Rewrite | undefined {
  const renamed = renameKey(place, name);
  const { node } = place;
  if (renamed === undefined || !isMap(node) || !node.range) return undefined;
  const source = sourceOf(place);
  const entries = Object.entries(fields).map(
    ([field, value]) =>
      `${field}: ${typeof value === "number" ? value : renderString(value, "PLAIN", isFlow(node))}`,
  );
  const [start, valueEnd] = node.range;
  const indent = " ".repeat(start - lineStartOf(source, start));
  const content = source.slice(start, valueEnd).trimEnd();
  const text = isFlow(node) ? `{${entries.join(", ")}}` : entries.join(newlineOf(source) + indent);
  return {
    edits: [...renamed.edits, { start, end: start + content.length, text }],
    intents: [renamed.intents[0]!, { ...renamed.intents[1]!, value: fields }],
  };
}

/** Makes the sequence of strings at `place` hold `strings`; elements that stay are not touched. */
export function setStrings(place: Place, strings: readonly string[]): Rewrite | undefined {
  const before = place.strings;
  if (!isSeq(place.node) || before === undefined || strings.length === 0) return undefined;
  const edits: Edit[] = [];
  const render = rendererFor(place.node);
  for (const { from, to, added } of gapsBetween(before, strings)) {
    const kept = Math.min(to - from, added.length);
    for (let index = 0; index < kept; index++) {
      const [start, end] = place.at(from + index).range;
      if (isBlockScalar(place.at(from + index).node ?? null)) return undefined;
      edits.push({ start, end, text: render(added[index]!) });
    }
    if (to - from > kept) {
      const removal = removeElements(place, place.node, from + kept, to);
      if (removal === undefined) return undefined;
      edits.push(...removal);
    } else if (added.length > kept) {
      const texts = added.slice(kept).map(render);
      const insertion = insertElements(place, place.node, from + kept, texts);
      if (insertion === undefined) return undefined;
      edits.push(insertion);
    }
  }
  return rewrite(place, [...strings], edits);
}

/** Writes a string as the sequence's elements are written: in quotes if all are. */
function rendererFor({
  items,
  flow,
}: {
  items: unknown[];
  flow?: boolean;
}): (text: string) => string {
  const styles = new Set((items as Node[]).map(styleOf));
  const [style] = styles;
  const inFlow = flow === true;
  if (styles.size === 1 && style !== "PLAIN") return (text) => renderString(text, style, inFlow);
  const quotes = styles.has("QUOTE_SINGLE") ? "QUOTE_SINGLE" : "QUOTE_DOUBLE";
  return (text) => renderString(text, isPlainSafe(text, inFlow) ? "PLAIN" : quotes, inFlow);
}

function rewrite(place: Place, value: unknown, edits: readonly Edit[]): Rewrite {
  return { edits, intents: [{ document: place.document.index, path: place.path, value }] };
}

function sourceOf(place: Place): string {
  return place.document.manifest.text;
}

// Adding a key.

function addKey(place: Place, value: unknown, after?: string): Rewrite | undefined {
  const map = place.parent?.node;
  const key = place.path.at(-1);
  if (!isMap(map) || typeof key !== "string") return undefined;
  const edit = map.flow
    ? addToFlow(place, key, value, map.items as BlockPair[], map.range)
    : addToBlock(place, key, value, map.items as BlockPair[], after);
  return edit && rewrite(place, value, [edit]);
}

function addToFlow(
  place: Place,
  key: string,
  value: unknown,
  pairs: readonly BlockPair[],
  range: readonly number[] | null | undefined,
): Edit | undefined {
  const [first, last] = [pairs[0], pairs.at(-1)];
  const source = sourceOf(place);
  if (first === undefined || last === undefined) {
    if (!range) return undefined;
    const text = `{${key}: ${renderFlow(value, place, undefined)}}`;
    return { start: range[0]!, end: range[1]!, text };
  }
  const keyText = renderString(key, styleOf(first.key), true);
  const style = isQuotedKey(first.key) ? first.key : undefined;
  const text = `${keyText}: ${renderFlow(value, place, style)}`;
  const end = pairRange(last)[1];
  const start = pairRange(first)[0];
  const lineStart = lineStartOf(source, start);
  const isOwnLine = source.slice(lineStart, start).trim() === "" && lineStart > (range?.[0] ?? 0);
  const separator = isOwnLine ? `,${newlineOf(source)}${source.slice(lineStart, start)}` : ", ";
  return { start: end, end, text: separator + text };
}

function isQuotedKey(key: Node): boolean {
  return isScalar(key) && key.type === "QUOTE_DOUBLE";
}

function addToBlock(
  place: Place,
  key: string,
  value: unknown,
  pairs: readonly BlockPair[],
  after: string | undefined,
): Edit | undefined {
  const source = sourceOf(place);
  const first = pairs[0]?.key.range?.[0];
  if (first === undefined) return undefined;
  const indent = " ".repeat(first - lineStartOf(source, first));
  const newline = newlineOf(source);
  const lines = renderBlock(key, value, indent, place).join(newline);
  const wanted = pairs.find((pair) => isScalar(pair.key) && pair.key.value === after);
  const anchor = wanted ?? pairs.findLast(isOneLiner) ?? pairs.at(-1)!;
  const end = pairEnd(anchor);
  if (source[end - 1] === "\n") return { start: end, end, text: indent + lines + newline };
  const lineEnd = lineEndOf(source, end);
  return { start: lineEnd, end: lineEnd, text: newline + indent + lines };
}

/** A pair with its value on the key's line, after which another line may follow. */
function isOneLiner({ key, value }: BlockPair): boolean {
  return isScalar(key) && key.value !== "<<" && isScalar(value) && !isBlockScalar(value);
}

function isBlockScalar(node: Node | null): boolean {
  return isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
}

/** The end of a pair's last character, where block collections would count what follows them. */
function pairEnd({ key, value }: BlockPair): number {
  return value?.range ? nodeEnd(value) : (key.range?.[1] ?? 0) + 1;
}

function nodeEnd(node: Node): number {
  if (isFlow(node) || (!isMap(node) && !isSeq(node))) return node.range?.[1] ?? 0;
  const last = node.items.at(-1);
  if (last === undefined) return node.range?.[1] ?? 0;
  return isMap(node) ? pairEnd(last as BlockPair) : nodeEnd(last as Node);
}

/** One entry of a block map; the first line without indentation. */
function renderBlock(key: string, value: unknown, indent: string, place: Place): string[] {
  const sibling = place.parent?.items.find((item) => Array.isArray(item.value));
  const isFlowLike = sibling !== undefined && isFlow(sibling.node) && Array.isArray(value);
  return isFlowLike
    ? [`${key}: ${renderFlow(value, place, undefined)}`]
    : renderEntry(key, value).map((line, index) => (index === 0 ? line : indent + line));
}

function renderEntry(key: string, value: unknown): string[] {
  const name = renderString(key, "PLAIN", false);
  if (isEmptyOrScalar(value)) return [`${name}: ${renderInline(value)}`];
  const lines = Array.isArray(value) ? value.flatMap(renderElement) : renderEntries(value);
  return [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

function renderEntries(value: unknown): string[] {
  return Object.entries(value as object).flatMap(([key, item]) => renderEntry(key, item));
}

function renderElement(value: unknown): string[] {
  const lines = isEmptyOrScalar(value)
    ? [renderInline(value)]
    : Array.isArray(value)
      ? value.flatMap(renderElement)
      : renderEntries(value);
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}

function isEmptyOrScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function renderInline(value: unknown): string {
  if (typeof value === "string") return renderString(value, "PLAIN", false);
  return JSON.stringify(value);
}

/** A value on one line, as it may stand between braces. */
function renderFlow(value: unknown, place: Place, quoted: Node | undefined): string {
  if (typeof value === "string") {
    return renderString(value, quoted ? "QUOTE_DOUBLE" : "PLAIN", isInFlow(place));
  }
  if (Array.isArray(value))
    return `[${value.map((item) => renderFlow(item, place, quoted)).join(", ")}]`;
  if (!isRecord(value)) return String(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${quoted ? JSON.stringify(key) : key}: ${renderFlow(item, place, quoted)}`,
  );
  return `{${entries.join(", ")}}`;
}

// Removing.

function pairRange({ key, value }: BlockPair): [number, number] {
  return [key.range?.[0] ?? 0, value?.range?.[1] ?? key.range?.[1] ?? 0];
}

function removeFromFlow(
  ranges: readonly (readonly [number, number])[],
  index: number,
  source: string,
  count = 1,
): Edit | undefined {
  const first = ranges[index];
  const last = ranges[index + count - 1];
  if (first === undefined || last === undefined) return undefined;
  const next = ranges[index + count];
  if (next !== undefined) return { start: first[0], end: next[0], text: "" };
  const previous = ranges[index - 1];
  if (previous !== undefined) return { start: previous[1], end: last[1], text: "" };
  const comma = /^\s*,/.exec(source.slice(last[1]))?.[0].length ?? 0;
  return { start: first[0], end: last[1] + comma, text: "" };
}

function removeBlockPair(
  pairs: readonly BlockPair[],
  index: number,
  source: string,
): Edit | undefined {
  const pair = pairs[index]!;
  const start = pair.key.range?.[0] ?? 0;
  const lineStart = lineStartOf(source, start);
  const isFirstOnLine = source.slice(lineStart, start).trim() === "";
  const next = pairs[index + 1]?.key.range?.[0];
  if (!isFirstOnLine) return next === undefined ? undefined : { start, end: next, text: "" };
  if (pairs.length === 1) return undefined;
  return { start: lineStart, end: afterLine(source, pairEnd(pair)), text: "" };
}

function removeElements(
  place: Place,
  node: { items: unknown[]; flow?: boolean },
  from: number,
  to: number,
): Edit[] | undefined {
  const source = sourceOf(place);
  const items = node.items as Node[];
  if (node.flow) {
    const ranges = items.map(({ range }) => [range?.[0] ?? 0, range?.[1] ?? 0] as const);
    const edit = removeFromFlow(ranges, from, source, to - from);
    return edit && [edit];
  }
  const edits: Edit[] = [];
  for (const item of items.slice(from, to)) {
    const dash = dashOf(source, item);
    const lineStart = lineStartOf(source, dash);
    if (source.slice(lineStart, dash).trim() !== "") return undefined;
    edits.push({ start: lineStart, end: afterLine(source, nodeEnd(item)), text: "" });
  }
  return edits;
}

/** The offset of the dash before a block sequence's element. */
function dashOf(source: string, item: Node): number {
  return source.lastIndexOf("-", (item.range?.[0] ?? 0) - 1);
}

function insertElements(
  place: Place,
  node: { items: unknown[]; flow?: boolean },
  index: number,
  texts: readonly string[],
): Edit | undefined {
  const source = sourceOf(place);
  const items = node.items as Node[];
  const before = items[index];
  const last = items.at(-1);
  if (last === undefined) return undefined;
  if (node.flow) {
    const at = before?.range?.[0] ?? nodeEnd(last);
    const text = before ? `${texts.join(", ")}, ` : `, ${texts.join(", ")}`;
    return { start: at, end: at, text };
  }
  const dash = dashOf(source, before ?? last);
  const indent = " ".repeat(dash - lineStartOf(source, dash));
  const newline = newlineOf(source);
  if (before) {
    const text = texts.map((item) => `- ${item}${newline}${indent}`).join("");
    return { start: dash, end: dash, text };
  }
  const end = nodeEnd(last);
  if (source[end - 1] === "\n") {
    const text = texts.map((item) => `${indent}- ${item}${newline}`).join("");
    return { start: end, end, text };
  }
  const lineEnd = lineEndOf(source, end);
  const text = texts.map((item) => `${newline}${indent}- ${item}`).join("");
  return { start: lineEnd, end: lineEnd, text };
}

// Lines.

function lineStartOf(source: string, offset: number): number {
  return source.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset of the line break that ends the line, or of the text's end. */
function lineEndOf(source: string, offset: number): number {
  const newline = source.indexOf("\n", offset);
  if (newline === -1) return source.length;
  return source[newline - 1] === "\r" ? newline - 1 : newline;
}

function afterLine(source: string, offset: number): number {
  if (source[offset - 1] === "\n") return offset;
  const newline = source.indexOf("\n", offset);
  return newline === -1 ? source.length : newline + 1;
}

function newlineOf(source: string): string {
  const newline = source.indexOf("\n");
  return newline > 0 && source[newline - 1] === "\r" ? "\r\n" : "\n";
}
