// Bytes to lines of text.

const LONGEST_LINE = 4096;

/** Calls its listener with each line; what is longer than 4 KiB is cut. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(part: Buffer): void {
    const lines = (this.#rest + part.toString("utf8")).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
    for (const line of lines) this.#onLine(line.slice(0, LONGEST_LINE));
  }
}
