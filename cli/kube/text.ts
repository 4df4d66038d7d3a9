// Text, positions in it and edits of it. Offsets count UTF-16 code units.

/** A place in a text. Line and column begin at 1 and count UTF-16 code units, as editors and SARIF do; offset begins at 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** From the first character up to, not including, `end`. */
export interface Span {
  readonly start: Position;
  readonly end: Position;
}

/** Replaces the code units from offset `start` up to `end` of the source text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Keys and indexes from the root of a document to a value. */
export type Path = readonly (string | number)[];

export type Encoding = "utf-8" | "utf-16le" | "utf-16be";

const BOM = "\uFEFF";

/** Where the lines of a text begin, worked out on first use. */
export class LineIndex {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The position of an offset from 0 to the text's length. A byte order mark takes no column. */
  positionAt(offset: number): Position {
    this.#starts ??= lineStarts(this.#text);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    const bomLength = low === 0 && offset > 0 && this.#text.startsWith(BOM) ? 1 : 0;
    return { line: low + 1, column: offset - this.#starts[low]! + 1 - bomLength, offset };
  }

  spanOf(start: number, end: number): Span {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/**
 * The text in `bytes` with its byte order mark, if it has one, and the encoding that mark announces (UTF-8 without one,
 * or UTF-16 as YAML 1.2 section 5.2 deduces it). Throws a TypeError if the bytes are not valid in that encoding.
 */
export function decodeText(bytes: Uint8Array): { text: string; encoding: Encoding } {
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  return { text, encoding };
}

function encodingOf([first, second]: Uint8Array): Encoding {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return "utf-8";
}

/** The bytes of `text`, whose byte order mark, if any, is part of it: the inverse of decodeText. */
export function encodeText(text: string, encoding: Encoding): Uint8Array {
  if (encoding === "utf-8") return Buffer.from(text, "utf8");
  const bytes = Buffer.from(text, "utf16le");
  return encoding === "utf-16be" ? bytes.swap16() : bytes;
}
