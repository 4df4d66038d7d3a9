// Where numbers are shown: the tables in README.md between their marks, and docs/probe-cost.svg.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceBlock } from "../scripts/readme-block.ts";
import { drawCosts } from "./picture.ts";
import { type Way, whatOf } from "./probe-cost.ts";
import { duration, type Outcome, type Row, withUnit } from "./row.ts";

const root = join(import.meta.dirname, "..");

/** bench/results.json. */
export interface Record {
  readonly date: string;
  readonly machine: string;
  readonly results: readonly (Row & { readonly name: string; readonly outcome: Outcome })[];
}

export interface Published {
  readonly path: string;
  readonly text: string;
}

/** The files that show numbers, as they must read with `record`. Throws if a row or a mark is missing. */
export function publish(record: Record): Published[] {
  const readme = join(root, "README.md");
  const blocks = { "bench: probe cost": costTable(record), "bench: numbers": numbersTable(record) };
  const text = Object.entries(blocks).reduce(
    (before, [name, table]) => replaceBlock(before, name, table),
    readFileSync(readme, "utf8"),
  );
  const caption = `${record.date}, ${record.machine}. bench/endpoint-cpu.ts and bench/endpoint-against-cri.ts`;
  return [
    { path: readme, text },
    { path: join(root, "docs/probe-cost.svg"), text: drawCosts(record.results, caption) },
  ];
}

function find({ results }: Record, what: string): Record["results"][number] {
  const row = results.find((result) => result.what === what);
  if (row === undefined) throw new Error(`bench/results.json: no "${what}"; run npm run bench`);
  return row;
}

function costTable(record: Record): string {
  const cost = (way: Way) => duration(find(record, whatOf(way)).value * 1e3);
  return [
    "| probe | what runs in the container for it | its CPU |",
    "|---|---|---|",
    `| \`exec: [tini, -s, --, redis-cli, ping]\`, as usual | tini and a child, which outlives it on a timeout | ${cost("recipe")} |`,
    `| \`exec: [/knell, exec, --timeout, 900ms, --, redis-cli, ping]\` | the command you have, under a deadline, with nothing left behind | ${cost("execRecipe")} |`,
    `| \`exec: [/knell, redis, --live]\` | one process without children | ${cost("probe")} |`,
    `| \`httpGet: {path: /livez, port: 8086}\` | nothing: PID 1 answers | ${cost("endpoint")}, Redis' own share included |`,
    "",
    `An exec probe also costs what the runtime does for it: the first one, through containerd with shim and runc, ${cost("cri")} in all.`,
  ].join("\n");
}

/** What README shows of the results, as results.json calls it. */
const SHOWN = [
  "`tini -s -- redis-cli ping` ÷ `knell redis --live`, wall",
  "`tini -s -- redis-cli ping` through containerd's ExecSync ÷ `GET /livez`, CPU",
  "`dist/knell`",
  "`knell init -- true` ÷ `tini-static -- true`, wall",
  "VmRSS of an idle `knell init`",
  "its wake-ups over 10 s",
  "`knell exec -- true` added to `true`",
];

function numbersTable(record: Record): string {
  const lines = SHOWN.map((what) => {
    const { value, unit, detail, name } = find(record, what);
    return `| ${what} | ${withUnit(value, unit)} | ${detail} | \`bench/${name}.ts\` |`;
  });
  return [
    `From one run on one machine with two cores, ${record.date}:`,
    "",
    "| what | measured | from | script |",
    "|---|---|---|---|",
    ...lines,
  ].join("\n");
}
