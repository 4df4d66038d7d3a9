// A change of a file: the edits, and what they are meant to make of it.

import type { Edit, Path } from "./text.ts";

/** A value that an edit sets, adds or removes (undefined). In a Dockerfile: the new text of one instruction's argument. */
export interface Intent {
  /** The document in the stream; in a Dockerfile the instruction in the file. From 0. */
  readonly document: number;
  readonly path: Path;
  readonly value: unknown;
}

export interface Rewrite {
  readonly edits: readonly Edit[];
  readonly intents: readonly Intent[];
}

/** Replaces the code units from `start` up to `end` of a string. */
export type TextChange = Edit;

/** A string in a file that a rule may look into and change. */
export interface SourceText {
  /** As the program gets it. */
  readonly text: string;
  /** Offsets in the file of the whole token, quotes included. */
  readonly range: readonly [start: number, end: number];
  /** Offsets in the file of a part of `text`; the whole token's where its characters cannot be told apart. */
  rangeOf(start: number, end: number): readonly [start: number, end: number];
  /** The parts of `text` that are put in before the program gets it: Compose's `${NAME}`. */
  readonly hostRanges?: readonly (readonly [start: number, end: number])[];
  /** Changes parts of the text, in ascending order and without overlap; undefined where that cannot be written. */
  splice(changes: readonly TextChange[]): Rewrite | undefined;
}

/** `text` after `changes`, which ascend and do not overlap. */
export function applyChanges(text: string, changes: readonly TextChange[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text: replacement } of changes) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

/** One change out of several; undefined if any of them is. */
export function join(...rewrites: readonly (Rewrite | undefined)[]): Rewrite | undefined {
  const all = rewrites.filter((rewrite) => rewrite !== undefined);
  if (all.length < rewrites.length) return undefined;
  return {
    edits: all.flatMap(({ edits }) => edits).sort((a, b) => a.start - b.start),
    intents: all.flatMap(({ intents }) => intents),
  };
}
