// What docs/statements.md says, and what is wrong with the tests it was made from. Pure.

import type { Statement } from "./specification.ts";
import { idsOf } from "./titles.ts";

export interface Test {
  readonly title: string;
  /** Path from the top of the repository. */
  readonly file: string;
}

export interface Exceptions {
  /** Statement → why no test can hold it. */
  readonly notTestable: Readonly<Record<string, string>>;
  /** Statement → what has to be built first. It may have tests already. */
  readonly later: Readonly<Record<string, string>>;
}

/** So many titles are written out for each file; a table test has dozens. */
const TITLES_SHOWN = 3;

/** One line for each fault; empty if every statement has a test and every test names statements that exist. */
export function faultsOf(
  statements: readonly Statement[],
  tests: readonly Test[],
  { notTestable, later }: Exceptions,
): string[] {
  const known = new Set(statements.map((statement) => statement.id));
  const letters = new Set([...known].map((id) => id[0]));
  const held = new Set(tests.flatMap((test) => idsOf(test.title)));
  const bare = [...known].filter((id) => !held.has(id) && !(id in notTestable) && !(id in later));
  const faults = bare.length > 0 ? [`no test holds ${bare.join(" ")}`] : [];
  for (const { id } of statements) {
    if (held.has(id) && id in notTestable) faults.push(`${id}: has a test, yet "not testable"`);
  }
  for (const { title, file } of tests) {
    for (const id of idsOf(title)) {
      if (letters.has(id[0] ?? "") && !known.has(id))
        faults.push(`${id}: unknown, in ${file}: ${title}`);
    }
  }
  for (const id of [...Object.keys(notTestable), ...Object.keys(later)]) {
    if (!known.has(id)) faults.push(`${id}: unknown, in the list of exceptions`);
  }
  return faults;
}

/** The Markdown table of one document's statements. */
export function tableOf(
  statements: readonly Statement[],
  tests: readonly Test[],
  { notTestable, later }: Exceptions,
): string {
  const rows = statements.map(({ id, text }) => {
    const holders = holdersOf(tests.filter((test) => idsOf(test.title).includes(id)));
    if (id in notTestable) holders.push(`not testable: ${notTestable[id]}`);
    if (id in later) holders.push(`later: ${later[id]}`);
    return `| ${id} | ${cell(text)} | ${holders.map(cell).join("<br>")} |`;
  });
  return ["| | Statement | Held by |", "|---|---|---|", ...rows].join("\n");
}

/** "file: title · title · and 5 more" for each file. */
function holdersOf(tests: readonly Test[]): string[] {
  return [...Map.groupBy(tests, (test) => test.file)].map(([file, inFile]) => {
    const titles = inFile.slice(0, TITLES_SHOWN).map((test) => test.title);
    const more = inFile.length - titles.length;
    if (more > 0) titles.push(`and ${more} more`);
    return `\`${file}\`: ${titles.join(" · ")}`;
  });
}

/** Text as one cell: a bar would end it, and a tag would not be shown. */
function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replaceAll("&lt;br>", "<br>")
    .replaceAll(/[\r\n]+/g, " ");
}
