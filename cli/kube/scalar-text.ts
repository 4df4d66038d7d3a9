// Where each character of a YAML scalar's value stands in the file, and how new text is written in the scalar's own style.

import { isAlias, isMap, isScalar, isSeq, type Node, Scalar } from "yaml";
import type { Place } from "./manifest.ts";
import { applyChanges, type Rewrite, type SourceText, type TextChange } from "./rewrite.ts";

/** The string at `place`, undefined if there is none. */
export function scalarText(place: Place): ScalarText | undefined {
  const { node, value } = place;
  if (!isScalar(node) || value === null || typeof value === "object") return undefined;
  return new ScalarText(place, node);
}

/** A YAML scalar: its characters' places are worked out when they are asked for. */
export class ScalarText implements SourceText {
  readonly place: Place;
  readonly text: string;
  readonly #node: Scalar;
  #offsets: readonly number[] | undefined | null = null;

  constructor(place: Place, node: Scalar) {
    this.place = place;
    this.#node = node;
    this.text = String(place.value);
  }

  get range(): readonly [number, number] {
    return this.place.range;
  }

  rangeOf(start: number, end: number): readonly [number, number] {
    const offsets = this.offsets;
    if (offsets === undefined || start >= end) return this.range;
    return [offsets[start]!, offsets[end - 1]! + 1];
  }

  /** Of every character and of the end; undefined where they cannot be told. */
  get offsets(): readonly number[] | undefined {
    if (this.#offsets === null) {
      this.#offsets = offsetsOf(this.place.document.manifest.text, this.#node, this.text);
    }
    return this.#offsets;
  }

  splice(changes: readonly TextChange[]): Rewrite {
    const value = applyChanges(this.text, changes);
    const intents = [{ document: this.place.document.index, path: this.place.path, value }];
    const inFlow = isInFlow(this.place);
    const edits = this.#spliceInPlace(changes, value, inFlow);
    if (edits !== undefined) return { edits, intents };
    const [start, end] = this.range;
    const { type } = this.#node;
    const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
    const text = renderString(value, isBlock ? "QUOTE_DOUBLE" : type, inFlow);
    const lineBreak = /\r?\n$/.exec(this.place.document.manifest.text.slice(start, end));
    return { edits: [{ start, end, text: text + (lineBreak?.[0] ?? "") }], intents };
  }

  #spliceInPlace(
    changes: readonly TextChange[],
    value: string,
    inFlow: boolean,
  ): TextChange[] | undefined {
    const { offsets } = this;
    const { type } = this.#node;
    if (offsets === undefined) return undefined;
    if (type === "PLAIN" && !isPlainSafe(value, inFlow)) return undefined;
    const { text: source } = this.place.document.manifest;
    const lineStart = source.lastIndexOf("\n", (offsets[0] ?? 0) - 1) + 1;
    const indent = " ".repeat((offsets[0] ?? 0) - lineStart);
    return changes.map(({ start, end, text }) => ({
      start: offsets[start]!,
      end: end > start ? endOf(source, offsets, end, type) : offsets[start]!,
      text: encode(text, type, indent),
    }));
  }
}

/** The end in the file of the characters before `end`: an escape's last character counts. */
function endOf(
  source: string,
  offsets: readonly number[],
  end: number,
  type: Scalar["type"],
): number {
  const last = offsets[end - 1]!;
  const isQuoted = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE";
  if (isQuoted) return offsets[end]!;
  return last + (source.startsWith("\r\n", last) ? 2 : 1);
}

function encode(text: string, type: Scalar["type"], indent: string): string {
  if (type === "QUOTE_SINGLE") return text.replaceAll("'", "''");
  if (type === "QUOTE_DOUBLE") return JSON.stringify(text).slice(1, -1);
  return type === "BLOCK_LITERAL" ? text.replaceAll("\n", `\n${indent}`) : text;
}

function offsetsOf(source: string, node: Scalar, value: string): number[] | undefined {
  const [start, end] = node.range ?? [0, 0];
  if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") {
    const header = source.indexOf("\n", start) + 1;
    return header === 0 ? undefined : align(source, header, end, value, "");
  }
  if (node.type === "QUOTE_DOUBLE") return alignEscapes(source, start + 1, end - 1, value);
  if (node.type === "QUOTE_SINGLE") return align(source, start + 1, end - 1, value, "'");
  return align(source, start, end, value, "");
}

/**
 * Walks source and value together; a line break in the source, with the indentation after it, is a space or a break in the
 * value. Where lines are folded, the first break of several is the fold's own (YAML 1.2, 6.5).
 */
function align(
  source: string,
  start: number,
  end: number,
  value: string,
  quote: string,
): number[] | undefined {
  const isBlock = source[start - 1] === "\n";
  const valueIndent = value.length - value.trimStart().length;
  let at = isBlock ? skipSpaces(source, start, end) - valueIndent : start;
  const indent = isBlock ? at - start : Number.POSITIVE_INFINITY;
  const isFolded =
    !isBlock || /[>]/.test(source.slice(source.lastIndexOf("\n", start - 2) + 1, start));
  const offsets: number[] = [];
  for (let index = 0; index < value.length; index++) {
    const char = value[index]!;
    if (source[at] === char && char !== "\n") {
      offsets.push(at);
      at += quote !== "" && char === quote ? 2 : 1;
      continue;
    }
    if (!isBlank(char) || !/[\r\n \t]/.test(source[at] ?? "")) return undefined;
    const next = nextLine(source, at);
    if (next === undefined) return undefined;
    offsets.push(next.breakAt);
    at = next.start;
    const isFold = isFolded && char === "\n" && value[index - 1] !== "\n";
    const following = isFold ? nextLine(source, at) : undefined;
    if (following !== undefined && following.start <= end) at = following.start;
    at = Math.min(skipSpaces(source, at, end), at + indent);
  }
  return [...offsets, Math.max(at, (offsets.at(-1) ?? start - 1) + 1)];
}

/** The line break behind nothing but blanks, and where the line after it begins. */
function nextLine(source: string, at: number): { breakAt: number; start: number } | undefined {
  const newline = source.indexOf("\n", at);
  if (newline === -1 || source.slice(at, newline).trim() !== "") return undefined;
  return { breakAt: source[newline - 1] === "\r" ? newline - 1 : newline, start: newline + 1 };
}

function isBlank(char: string): boolean {
  return char === " " || char === "\n";
}

function skipSpaces(source: string, start: number, end: number): number {
  let at = start;
  while (at < end && (source[at] === " " || source[at] === "\t")) at++;
  return at;
}

const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function alignEscapes(
  source: string,
  start: number,
  end: number,
  value: string,
): number[] | undefined {
  if (source.slice(start, end).includes("\n")) return undefined;
  const offsets: number[] = [];
  let at = start;
  while (at < end) {
    offsets.push(at);
    if (source[at] !== "\\") at++;
    else {
      const length = ESCAPE_LENGTHS[source[at + 1] ?? ""] ?? 2;
      if (source[at + 1] === "U") return undefined;
      at += length;
    }
  }
  offsets.push(end);
  return offsets.length === value.length + 1 ? offsets : undefined;
}

const RESOLVED =
  /^(?:|~|null|true|false|yes|no|on|off|y|n|[-+]?(?:0[xo])?[\d._]+(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|nan)|\d+(?::\d+)+|<<|=)$/i;

/** True if `value` may stand without quotes and be read as this string, also by YAML 1.1. */
export function isPlainSafe(value: string, inFlow: boolean): boolean {
  if (RESOLVED.test(value) || /^\s|\s$|[\n\r\t]|: |:$| #/.test(value)) return false;
  if (/^[-?:](?: |$)|^[,[\]{}#&*!|>'"%@`]|^---|^\.\.\./.test(value)) return false;
  if (/[^\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe]/.test(value)) return false;
  return !inFlow || !/[,[\]{}]|^[?:]/.test(value);
}

/** `value` as a scalar on one line: in the wanted style if that can hold it. */
export function renderString(value: string, style: Scalar["type"], inFlow: boolean): string {
  if (style === "QUOTE_DOUBLE") return JSON.stringify(value);
  const isOneLine = !/\p{Cc}/u.test(value);
  if (style === "QUOTE_SINGLE" && isOneLine) return `'${value.replaceAll("'", "''")}'`;
  if (style !== "QUOTE_SINGLE" && isPlainSafe(value, inFlow)) return value;
  return isOneLine && value.includes('"') && !value.includes("'") && style !== "PLAIN"
    ? `'${value}'`
    : JSON.stringify(value);
}

/** True if `place` stands between brackets or braces. */
export function isInFlow(place: Place): boolean {
  for (let holder = place.parent; holder !== undefined; holder = holder.parent) {
    if (isFlow(holder.node)) return true;
  }
  return false;
}

export function isFlow(node: Node | undefined): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}

/** The style of a string beside which another one is to be written. */
export function styleOf(node: Node | undefined): Scalar["type"] {
  return isScalar(node) && !isAlias(node) && node.type?.startsWith("QUOTE")
    ? node.type
    : Scalar.PLAIN;
}
