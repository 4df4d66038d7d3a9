// The text of --help, from the tables that the command line is read by. Pure.

import type { OptionTable } from "./options.ts";

export interface CommandHelp {
  /** "knell lint [PATH…]" */
  readonly usage: string;
  /** One to three lines: what it does. */
  readonly description: string;
  /** A command line that works as it stands. */
  readonly example: string;
  readonly options: OptionTable;
  /** What follows the options: exit status, environment. */
  readonly notes?: string;
}

/** --help of one command: options under their groups, all descriptions in one column. */
export function commandHelp(command: CommandHelp): string {
  const rows = Object.entries(command.options).map(([name, option]) => {
    const value = option.value === undefined ? "" : ` ${option.value}`;
    const short = option.short === undefined ? "" : `-${option.short}, `;
    return { group: option.group, label: `${short}--${name}${value}`, text: option.summary };
  });
  const width = Math.max(...rows.map(({ label }) => label.length));
  const groups = [...new Set(rows.map(({ group }) => group))].map((group) => {
    const lines = rows
      .filter((row) => row.group === group)
      .map(({ label, text }) => `  ${label.padEnd(width)}  ${text}`);
    return `${group}:\n${lines.join("\n")}`;
  });
  return [
    `usage: ${command.usage}`,
    command.description,
    `example: ${command.example}`,
    ...groups,
    ...(command.notes === undefined ? [] : [command.notes]),
  ]
    .join("\n\n")
    .concat("\n");
}

/** Two columns, two spaces in front. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`).join("\n");
}
