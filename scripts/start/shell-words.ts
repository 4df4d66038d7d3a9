// Splits one string into words as a shell does, without its expansions (D9). Pure.

/** A word: runs of plain characters, '…', "…" with \" and \\, and \x, side by side. */
const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gsy;

/** The words of `text`; undefined if a quote is not closed or a backslash ends it. */
export function shellWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const [piece, single, double, escaped, plain, space] of text.matchAll(PIECE)) {
    end += piece.length;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      const unquoted = double?.replaceAll(/\\(["\\$`])/g, "$1");
      word = (word ?? "") + (single ?? unquoted ?? escaped ?? plain ?? "");
    }
  }
  if (end !== text.length) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
