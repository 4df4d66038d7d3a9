// `npm run bench`: every number, its result in bench/results.md and results.json. `npm run bench -- NAME` shows one.

import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { publish, type Record } from "./publish.ts";
import { outcomeOf, type Row, withUnit } from "./row.ts";

const NAMES = [
  "probe-against-recipe",
  "probe-against-empty",
  "probe-memory",
  "binary-size",
  "init-true",
  "init-idle",
  "orphans",
  "signal-latency",
  "exec-added",
  "endpoint-cpu",
  "endpoint-against-cri",
  "probe-through-cri",
  "node-scale",
  "endpoint-latency",
  "endpoint-throughput",
  "endpoint-memory",
  "tls",
  "run-start",
  "run-load",
  "run-page",
  "lint",
];

function limit(value: number | undefined, row: Row): string {
  const sign = row.good === "at least" ? "≥" : "≤";
  return value === undefined ? "" : `${sign} ${withUnit(value, row.unit)}`;
}

function line(name: string, row: Row): string {
  const cells = [
    row.what,
    withUnit(row.value, row.unit),
    row.detail,
    limit(row.bound, row),
    limit(row.goal, row),
    outcomeOf(row),
    name,
  ];
  return `| ${cells.join(" | ")} |`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`bench: unknown "${unknown.join(" ")}"; there are ${NAMES.join(", ")}`);
  process.exit(2);
}
const results: { name: string; row: Row }[] = [];
for (const name of wanted.length > 0 ? wanted : NAMES) {
  const { measure } = (await import(`./${name}.ts`)) as { measure(): Promise<Row[]> };
  for (const row of await measure()) {
    results.push({ name, row });
    console.log(
      `${withUnit(row.value, row.unit).padStart(10)}  ${outcomeOf(row).padEnd(9)}  ${row.what} (${row.detail})`,
    );
  }
}
if (wanted.length === 0) {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}`;
  const date = new Date().toISOString().slice(0, 10);
  const table = [
    "# Numbers",
    `${date}, ${machine}. Made by \`npm run bench\`. Both sides of a ratio run in turn; medians of the rounds.`,
    [
      "| What | Measured | From | Must reach | Goal | | `bench/` |",
      "|---|---|---|---|---|---|---|",
      ...results.map(({ name, row }) => line(name, row)),
    ].join("\n"),
  ].join("\n\n");
  writeFileSync(join(import.meta.dirname, "results.md"), `${table}\n`);
  const record: Record = {
    date,
    machine,
    results: results.map(({ name, row }) => ({ name, ...row, outcome: outcomeOf(row) })),
  };
  writeFileSync(
    join(import.meta.dirname, "results.json"),
    `${JSON.stringify(record, undefined, 2)}\n`,
  );
  for (const { path, text } of publish(record)) writeFileSync(path, text);
}
process.exitCode = results.some(({ row }) => outcomeOf(row) === "MISSED") ? 1 : 0;
