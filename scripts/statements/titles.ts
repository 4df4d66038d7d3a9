// The statements a test title names. Pure.

const ID = /^([A-Z])(\d+)(?:[–-]\1?(\d+))?$/;

/**
 * The ids at the beginning of a title: "I8, I44: …", "R110–R123: …", "R54 accepted then closed". A title inside
 * `describe` blocks ("group > title") names those of each level. Empty if it begins with none.
 */
export function idsOf(title: string): string[] {
  return title.split(" > ").flatMap((level) => {
    const ids: string[] = [];
    for (const word of level.split(" ")) {
      const match = ID.exec(word.replace(/[,:;.]$/, ""));
      if (!match) break;
      const [, letter, first = "", last = first] = match;
      for (let number = Number(first); number <= Number(last); number++) {
        ids.push(`${letter}${number}`);
      }
      if (/[:;.]$/.test(word)) break;
    }
    return ids;
  });
}
