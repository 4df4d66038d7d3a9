// `npm run engines`: the matrix on every engine, written to docs/engines.md, drawn to docs/engines.svg, kept in
// docs/engines.json. Leaves with 1 if a cell of knell is not clean, or an engine cannot run. `--many N`: how many probes one
// after the other, 1000 if not given; the page says how many it was.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Sizes } from "../test/engines/matrix/conditions.ts";
import {
  brokenPromises,
  type EngineResult,
  openingOf,
  pageOf,
  pictureOf,
  type Results,
} from "../test/engines/matrix/report.ts";
import { ENGINES, type EngineName, runOn } from "../test/engines/matrix/run.ts";
import { replaceBlock } from "./readme-block.ts";

const { values } = parseArgs({ options: { many: { type: "string", default: "1000" } } });
if (!/^[1-9]\d*$/.test(values.many)) {
  console.error(`engines: --many "${values.many}": not a number of probes; give 1 or more`);
  process.exit(2);
}
const SIZES: Sizes = {
  healthy: 15,
  many: Number(values.many),
  frozenSeconds: 15,
  repeats: 5,
  killed: 30,
};

const names = (Object.keys(ENGINES) as EngineName[]).filter((name) => {
  const reason = ENGINES[name].whyNot();
  if (reason === undefined) return true;
  console.error(`engines: ${name} cannot run: ${reason}`);
  process.exitCode = 1;
  return false;
});
console.log(`engines: ${names.join(", ")} …`);
// Each counts the CPU of its own control group, so they may run side by side.
const engines: EngineResult[] = await Promise.all(names.map((name) => runOn(name, SIZES)));
const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release().split("-")[0]}`,
  sizes: SIZES,
  engines,
};
const broken = engines.flatMap(brokenPromises);
for (const line of broken) console.error(`engines: ${line}`);
if (broken.length > 0) process.exitCode = 1;
const docs = join(import.meta.dirname, "../docs");
writeFileSync(join(docs, "engines.md"), pageOf(results));
writeFileSync(join(docs, "engines.svg"), pictureOf(results));
writeFileSync(join(docs, "engines.json"), `${JSON.stringify(results, undefined, 2)}\n`);
const readme = join(docs, "../README.md");
writeFileSync(readme, replaceBlock(readFileSync(readme, "utf8"), "engines", openingOf(results)));
console.log(
  "engines: docs/engines.md, docs/engines.svg and docs/engines.json are written, and the table in README.md",
);
