// The options of a command as data, and how a command line is read by it. Pure.

import { parseArgs } from "node:util";
import { suggestion } from "../nearest.ts";

export interface Option {
  /** One line for --help and the completions: lower case, no full stop. */
  readonly summary: string;
  /** What stands for the value in --help: "ID", "LEVEL". Absent: the option is a switch. */
  readonly value?: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** Values to complete, where others are allowed too. */
  readonly examples?: readonly string[];
  /** "file": completed with file names. */
  readonly completes?: "file";
  /** May be given more than once. */
  readonly isRepeatable?: boolean;
  readonly short?: string;
  /** The heading under which --help lists it. */
  readonly group: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** Values by option name: a string for an option with a value, a list for a repeatable one, true for a switch. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends { isRepeatable: true }
    ? readonly string[]
    : Table[Name] extends { value: string }
      ? string
      : true;
};

/** What makes the whole job impossible; its message says where, what and what to do, in one line: exit 2. */
export class Failure extends Error {}

/** A command line that cannot be followed. */
export class UsageError extends Failure {}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/**
 * The options and the other words of `args`, in order. Throws a UsageError for an unknown option, a missing, superfluous
 * or forbidden value, and an option given twice that may be given once.
 */
export function readOptions<Table extends OptionTable>(
  args: readonly string[],
  table: Table,
): { values: OptionValues<Table>; positionals: readonly string[] } {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { value, short }]) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  // Not strict: its messages neither suggest a name nor say what is allowed.
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | true | string[]> = {};
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (option === undefined) throw unknownOption(token.rawName, table);
    const value = checkedValue(token, option);
    if (option.isRepeatable) {
      values[token.name] = [...((values[token.name] as string[] | undefined) ?? []), String(value)];
    } else if (token.name in values) {
      throw new UsageError(`${token.rawName}: given twice; give it once`);
    } else {
      values[token.name] = value;
    }
  }
  return { values: values as OptionValues<Table>, positionals };
}

function unknownOption(rawName: string, table: OptionTable): UsageError {
  const names = Object.keys(table).map((name) => `--${name}`);
  return new UsageError(`unknown option "${rawName}"${suggestion(rawName, names)}`);
}

function checkedValue(token: OptionToken, option: Option): string | true {
  const { rawName, value, inlineValue } = token;
  if (option.value === undefined) {
    if (value === undefined) return true;
    throw new UsageError(`${rawName}: takes no value; got "${value}"`);
  }
  const isMissing =
    value === undefined || (inlineValue !== true && value.startsWith("-") && value !== "-");
  const allowed = option.choices === undefined ? option.value : option.choices.join(", ");
  if (isMissing) throw new UsageError(`${rawName}: no value; give ${allowed}`);
  if (option.choices === undefined || option.choices.includes(value)) return value;
  throw new UsageError(
    `${rawName}: "${value}" is none of ${allowed}${suggestion(value, option.choices)}`,
  );
}
