// Finds the numbered statements in docs/specs. Pure.

export interface Statement {
  readonly id: string;
  /** One line, marks and Markdown removed, cut at a word. */
  readonly text: string;
}

const LONGEST_TEXT = 110;

/**
 * Every statement of one document, in order: `- I1 T/! text`, `- **R1.** text`, `| R20 | text |`. Only ids that begin
 * with one of `letters` count. One bullet may hold several ("P1 … P2 …").
 */
export function statementsOf(document: string, letters: string): Statement[] {
  const start = new RegExp(`^(?:- (?:\\*\\*)?|\\| )([${letters}]\\d+)\\b[.*|]* ?(.*)$`);
  const inside = new RegExp(`(?<=\\. )(?=[${letters}]\\d+ )`);
  return document.split("\n").flatMap((line) => {
    const match = start.exec(line);
    if (!match) return [];
    const [first = "", ...others] = `${match[1]} ${match[2]}`.split(inside);
    return [first, ...others].map((part) => {
      const [id = ""] = part.split(" ", 1);
      const text = part.slice(id.length);
      return { id, text: shorten(line.startsWith("|") ? joinCells(text) : text) };
    });
  });
}

function joinCells(row: string): string {
  return row.replaceAll(/^[\s|]+|[\s|]+$/g, "").replaceAll(/(?<!\\) \| /g, " · ");
}

/** Marks (T ! +) and emphasis go; what is left is cut at a word. */
function shorten(text: string): string {
  const plain = text
    .replace(/^[\s|.*]*(?:[T!+](?:\/[T!+])* )?/, "")
    .replaceAll("\\|", "|")
    .replaceAll("**", "")
    .trim();
  if (plain.length <= LONGEST_TEXT) return plain;
  return `${plain.slice(0, plain.lastIndexOf(" ", LONGEST_TEXT))} …`;
}
