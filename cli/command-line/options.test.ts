import { describe, expect, test } from "vitest";
import { type OptionTable, readOptions, UsageError } from "./options.ts";

const TABLE = {
  rule: { group: "A", summary: "r", value: "ID", isRepeatable: true },
  color: { group: "A", summary: "c", value: "WHEN", choices: ["auto", "never"] },
  config: { group: "A", summary: "f", value: "FILE" },
  "no-config": { group: "A", summary: "n" },
  quiet: { group: "A", summary: "q", short: "q" },
} as const satisfies OptionTable;

const read = (...args: string[]) => readOptions(args, TABLE);

test("values in all their spellings, repeated options as lists, the rest in order", () => {
  expect(read("a", "--rule", "x", "--rule=y", "-q", "--config=--odd", "-", "--", "--b")).toEqual({
    values: { rule: ["x", "y"], quiet: true, config: "--odd" },
    positionals: ["a", "-", "--b"],
  });
});

test("--no-config is an option of its own, not the negation of --config", () => {
  expect(read("--no-config").values).toEqual({ "no-config": true });
});

describe("what cannot be followed is a usage error that says what would be right", () => {
  test.each([
    [["--colour", "never"], 'unknown option "--colour"; did you mean "--color"?'],
    [["-x"], 'unknown option "-x"'],
    [["--toString"], 'unknown option "--toString"'],
    [["--rule"], "--rule: no value; give ID"],
    [["--rule", "--quiet"], "--rule: no value; give ID"],
    [["--color", "alway"], '--color: "alway" is none of auto, never'],
    [["--color=nevr"], '--color: "nevr" is none of auto, never; did you mean "never"?'],
    [["--quiet=yes"], '--quiet: takes no value; got "yes"'],
    [["--config", "a", "--config", "b"], "--config: given twice; give it once"],
  ])("%j", (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(new UsageError(message));
  });
});
