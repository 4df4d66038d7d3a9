// Findings that a comment, an annotation or a Compose key switches off.

import type { Place } from "../kube/manifest.ts";
import type { Finding, RuleMeta } from "./finding.ts";
import type { Source } from "./inputs.ts";

/** "KN101, name -- reason" at one place. */
export interface Suppression {
  /** Ids and names as written. */
  readonly rules: readonly string[];
  readonly reason: string | undefined;
  /** Offsets of the comment or value. */
  readonly range: readonly [number, number];
  /** Those of `rules` that met a finding. */
  readonly used: Set<string>;
  covers(finding: Pick<Finding, "objectPath" | "span">): boolean;
}

/** Reported under the strict profile. */
export const UNUSED: RuleMeta = {
  id: "KN001",
  name: "unused-suppression",
  severity: "warning",
  isOnByDefault: false,
  summary: "a suppression that no finding needs",
  why: "A suppression that outlives its finding hides the next one.",
  remedy: "Remove it.",
  link: "docs/rules/unused-suppression.md",
  fixKinds: [],
};

/** Reported with `requireReason`. */
export const NO_REASON: RuleMeta = {
  id: "KN002",
  name: "suppression-without-reason",
  severity: "warning",
  isOnByDefault: false,
  summary: "a suppression without a reason",
  why: "Nobody can tell later whether it still holds.",
  remedy: 'Add the reason: "# knell-ignore: KN101 -- reason".',
  link: "docs/rules/suppression-without-reason.md",
  fixKinds: [],
};

/** Every suppression in `source`. */
export function suppressionsOf(source: Source): Suppression[] {
  if (!source.text.includes("knell")) return [];
  return [...commentsOf(source), ...annotationsOf(source), ...composeKeysOf(source)];
}

/** The one that covers `finding`, which it is marked as used for. */
export function findSuppression(
  suppressions: readonly Suppression[],
  finding: Finding,
): Suppression | undefined {
  for (const suppression of suppressions) {
    const rule = suppression.rules.find((name) => name === finding.id || name === finding.name);
    if (rule === undefined || !suppression.covers(finding)) continue;
    suppression.used.add(rule);
    return suppression;
  }
  return undefined;
}

function suppression(
  text: string,
  range: readonly [number, number],
  covers: Suppression["covers"],
): Suppression {
  const [list = "", ...reasons] = text.split(/\s--\s/);
  const rules = list.split(/[\s,]+/).filter((rule) => rule !== "");
  const reason = reasons.join(" -- ").trim() || undefined;
  return { rules, reason, range, used: new Set(), covers };
}

const COMMENT = /(^|[ \t])#[ \t]*knell-ignore(-file)?:[ \t]*([^\r\n]*)/gm;

function commentsOf(source: Source): Suppression[] {
  const { text } = source;
  const found: Suppression[] = [];
  for (const match of text.matchAll(COMMENT)) {
    const [whole, before = "", file, list = ""] = match;
    const start = match.index + before.length;
    const range = [start, match.index + whole.length] as const;
    if (file !== undefined) {
      if (isInFirstComment(text, start)) found.push(suppression(list, range, () => true));
      continue;
    }
    const covered = source.dockerfile
      ? coveredInstruction(source, start)
      : coveredLines(text, start);
    const isInside = ({ span }: Pick<Finding, "span">) =>
      covered !== undefined && span.start.offset >= covered[0] && span.start.offset < covered[1];
    found.push(suppression(list, range, isInside));
  }
  return found;
}

/** Nothing but comments, blank lines and document marks stands before it. */
function isInFirstComment(text: string, offset: number): boolean {
  return /^\uFEFF?(?:[ \t]*(?:#[^\n]*|---[ \t]*)?\r?\n)*[ \t]*$/.test(text.slice(0, offset));
}

function coveredInstruction({ dockerfile }: Source, offset: number): [number, number] | undefined {
  const next = dockerfile?.instructions.find(({ end }) => end > offset);
  return next && [next.start, next.end];
}

/**
 * The node that begins on the comment's line, or on the next line with content, and all below it: by indentation. The
 * first line of a document stands for the document, a dash for its element.
 */
function coveredLines(text: string, offset: number): [number, number] | undefined {
  let lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  if (text.slice(lineStart, offset).trim() === "") {
    const next = /\n(?=[ \t]*[^\s#])/g;
    next.lastIndex = offset;
    const match = next.exec(text);
    if (match === null) return undefined;
    lineStart = match.index + 1;
  }
  const line = text.slice(lineStart, lineEndOf(text, lineStart));
  const indent = line.length - line.trimStart().length;
  const isElement = /^\s*-(?:\s|$)/.test(line);
  const isDocument = isFirstOfDocument(text, lineStart);
  let end = lineEndOf(text, lineStart) + 1;
  while (end < text.length) {
    const current = text.slice(end, lineEndOf(text, end));
    if (/^(?:---|\.\.\.)(?:\s|$)/.test(current)) break;
    if (!isDocument && isOutside(current, indent, isElement)) break;
    end = lineEndOf(text, end) + 1;
  }
  return [lineStart, Math.min(end, text.length + 1)];
}

function isOutside(line: string, indent: number, isElement: boolean): boolean {
  const content = line.trimStart();
  if (content === "" || content.startsWith("#") || /^[\]}]/.test(content)) return false;
  const depth = line.length - content.length;
  if (depth > indent) return false;
  return depth < indent || isElement || !/^-(?:\s|$)/.test(content);
}

function lineEndOf(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  return newline === -1 ? text.length : newline;
}

function isFirstOfDocument(text: string, lineStart: number): boolean {
  let at = lineStart;
  while (at > 0) {
    const previous = text.lastIndexOf("\n", at - 2) + 1;
    const line = text
      .slice(previous, at - 1)
      .replace(/^\uFEFF/, "")
      .trim();
    if (/^---(?:\s|$)/.test(line)) return true;
    if (line !== "" && !line.startsWith("#")) return false;
    at = previous;
  }
  return true;
}

const ANNOTATION = /^knell\/ignore(?:\.(.+))?$/;

function annotationsOf({ objects }: Source): Suppression[] {
  return objects.flatMap(({ place, kind, namespace, name }) => {
    const holders = [
      place.at("metadata"),
      place.at("spec", "template", "metadata"),
      place.at("spec", "jobTemplate", "spec", "template", "metadata"),
      place.at("template", "metadata"),
    ];
    const path = `${kind}/${namespace}/${name}`;
    return holders.flatMap((metadata) =>
      metadata.at("annotations").items.flatMap((item) => annotationIn(item, path)),
    );
  });
}

function annotationIn(item: Place, objectPath: string): Suppression[] {
  const match = ANNOTATION.exec(String(item.path.at(-1)));
  if (match === null || item.string === undefined) return [];
  const prefix = match[1] === undefined ? objectPath : `${objectPath}/${match[1]}`;
  return [suppression(item.string, item.range, isBelow(prefix))];
}

function composeKeysOf({ composeFiles }: Source): Suppression[] {
  return composeFiles
    .flatMap(({ services }) => services)
    .flatMap(({ place, name }) => {
      const key = place.at("x-knell-ignore");
      const text = key.string ?? key.strings?.join(",");
      return text === undefined ? [] : [suppression(text, key.range, isBelow(`service/${name}`))];
    });
}

function isBelow(prefix: string): Suppression["covers"] {
  return ({ objectPath }) => objectPath === prefix || objectPath.startsWith(`${prefix}/`);
}
