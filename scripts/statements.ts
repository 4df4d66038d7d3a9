// Writes docs/statements.md: every statement of docs/specs with the tests that hold it. `--check` writes nothing and
// fails if a statement has no test, a title names an unknown one, or the file is out of date.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { KUBELET_LATER, KUBELET_NOT_TESTABLE, LATER, NOT_TESTABLE } from "../test/not-testable.ts";
import { statementsOf } from "./statements/specification.ts";
import { faultsOf, type Test, tableOf } from "./statements/table.ts";

const root = join(import.meta.dirname, "..");
const target = join(root, "docs/statements.md");
/** R130 on are rules of a rewriter that is not there yet; its P1–P14 are not the pause statements. */
const LAST_REDIS_STATEMENT = 123;

function specification(file: string, letters: string) {
  return statementsOf(readFileSync(join(root, "docs/specs", file), "utf8"), letters);
}

/** Every test vitest would run; skipped ones and todos are not among them. */
function listTests(): Test[] {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const listed = execFileSync(process.execPath, [vitest, "list", "--json"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const tests = JSON.parse(listed) as { name: string; file: string }[];
  // vitest lists files in the order it would run them, which depends on how long they took before.
  return tests
    .map(({ name, file }) => ({ title: name, file: relative(root, file) }))
    .toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
}

/** The tests that hold kubelet-probes.md, whose numbers are its own: P1 of init.md is another P1. */
function isAboutKubelet({ file }: Test): boolean {
  return file.startsWith("cli/run/") || file.startsWith("test/run/");
}

/** The tests that hold the specifications of the program inside containers; those of lint and fix have others. */
function isAboutBinary({ file }: Test): boolean {
  return !file.startsWith("cli/") && !/^test\/(?:run|lint|cli|fix|golden)\//.test(file);
}

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const tests = listTests();
const ofBinary = {
  tests: tests.filter(isAboutBinary),
  exceptions: { notTestable: NOT_TESTABLE, later: LATER },
};
const documents = [
  {
    title: "init, exec, pause",
    file: "init.md",
    statements: specification("init.md", "IEPN"),
    ...ofBinary,
  },
  {
    title: "redis",
    file: "redis-liveness.md",
    statements: specification("redis-liveness.md", "RZ").filter(
      ({ id }) => !id.startsWith("R") || Number(id.slice(1)) <= LAST_REDIS_STATEMENT,
    ),
    ...ofBinary,
  },
  {
    title: "kubelet",
    file: "kubelet-probes.md",
    statements: specification("kubelet-probes.md", "PT"),
    tests: tests.filter(isAboutKubelet),
    exceptions: { notTestable: KUBELET_NOT_TESTABLE, later: KUBELET_LATER },
  },
];
const statements = documents.flatMap((document) => document.statements);
const text = `${[
  "# Statements and the tests that hold them",
  "Made by `node scripts/statements.ts`; do not edit. `npm test` fails if a statement has no test.",
  ...documents.map(
    (document) =>
      `## ${document.title} ([${document.file}](specs/${document.file}))\n\n${tableOf(document.statements, document.tests, document.exceptions)}`,
  ),
].join("\n\n")}\n`;

const [init, redis, kubelet] = documents;
const faults = [
  // Letters of both stand in the titles of the same tests.
  ...faultsOf(
    [init, redis].flatMap((document) => document?.statements ?? []),
    ofBinary.tests,
    ofBinary.exceptions,
  ),
  ...faultsOf(kubelet?.statements ?? [], kubelet?.tests ?? [], {
    notTestable: KUBELET_NOT_TESTABLE,
    later: KUBELET_LATER,
  }),
];
if (!values.check) {
  writeFileSync(target, text);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
  faults.push("docs/statements.md: out of date; run: node scripts/statements.ts");
}
for (const fault of faults) console.error(`statements: ${fault}`);
console.log(`${statements.length} statements, ${tests.length} tests, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
