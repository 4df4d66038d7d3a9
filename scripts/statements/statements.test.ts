import { expect, test } from "vitest";
import { statementsOf } from "./specification.ts";
import { faultsOf, tableOf } from "./table.ts";
import { idsOf } from "./titles.ts";

const NONE = { notTestable: {}, later: {} };

test("statements: bullets, bold bullets and table rows are found, marks removed", () => {
  const document = [
    "- I1 T/! Parsing `stops`.",
    "- I8 + Environment.",
    "- **R1.** Exit 0 means **pass**.",
    "| R20 | `+PONG` | all | P | P | |",
    "| C1 | not one of ours |",
    "- A line without a number, R99 inside.",
    "I2 is mentioned here.",
  ].join("\n");
  expect(statementsOf(document, "IR")).toEqual([
    { id: "I1", text: "Parsing `stops`." },
    { id: "I8", text: "Environment." },
    { id: "R1", text: "Exit 0 means pass." },
    { id: "R20", text: "`+PONG` · all · P · P" },
  ]);
});

test("statements: one bullet may hold several", () => {
  const document = "- P1 TERM or INT: exit 0. All others do nothing. P2 Reaps (see P1). P3 Warns.";
  expect(statementsOf(document, "P").map((statement) => statement.text)).toEqual([
    "TERM or INT: exit 0. All others do nothing.",
    "Reaps (see P1).",
    "Warns.",
  ]);
});

test("statements: a long text is cut at a word", () => {
  const [statement] = statementsOf(`- I1 ${"word ".repeat(50)}`, "I");
  expect(statement?.text).toMatch(/^(word )+…$/);
  expect(statement?.text.length).toBeLessThan(115);
});

test.each([
  ["I8, I44: remap", ["I8", "I44"]],
  ["R110–R112: URIs", ["R110", "R111", "R112"]],
  ["R110-112 URIs", ["R110", "R111", "R112"]],
  ["R54 accepted then closed: fails", ["R54"]],
  ["I23 SIGRTMIN: forwarded", ["I23"]],
  ["exec > E1: grammar", ["E1"]],
  ["E1: the rule of I1", ["E1"]],
  ["harness: nothing named, not even I1", []],
])("statements: ids at the beginning of a title, case %#", (title, ids) => {
  expect(idsOf(title)).toEqual(ids);
});

const STATEMENTS = [
  { id: "I1", text: "a" },
  { id: "I2", text: "b | c" },
];

test("statements: one without a test is a fault, unless it is excepted", () => {
  const tests = [{ title: "I1: x", file: "a.test.ts" }];
  expect(faultsOf(STATEMENTS, tests, NONE)).toEqual(["no test holds I2"]);
  expect(faultsOf(STATEMENTS, tests, { ...NONE, notTestable: { I2: "why" } })).toEqual([]);
  expect(faultsOf(STATEMENTS, tests, { ...NONE, later: { I2: "what" } })).toEqual([]);
});

test("statements: unknown ids and superfluous exceptions are faults", () => {
  const tests = [{ title: "I1, I2, I9, D3: x", file: "a.test.ts" }];
  expect(faultsOf(STATEMENTS, tests, NONE)).toEqual([
    "I9: unknown, in a.test.ts: I1, I2, I9, D3: x",
  ]);
  const excepted = { notTestable: { I1: "why" }, later: { I7: "what" } };
  expect(faultsOf(STATEMENTS, [{ title: "I1, I2: x", file: "a" }], excepted)).toEqual([
    'I1: has a test, yet "not testable"',
    "I7: unknown, in the list of exceptions",
  ]);
});

test("statements: the table names file and title, and counts what it leaves out", () => {
  const tests = [1, 2, 3, 4, 5].map((n) => ({ title: `I1: <${n}>`, file: "a.test.ts" }));
  const table = tableOf(STATEMENTS, tests, { ...NONE, later: { I2: "what" } });
  expect(table.split("\n").slice(2)).toEqual([
    "| I1 | a | `a.test.ts`: I1: &lt;1> · I1: &lt;2> · I1: &lt;3> · and 2 more |",
    "| I2 | b \\| c | later: what |",
  ]);
});
