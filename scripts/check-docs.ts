// Holds the rules' pages and their index against the rules. `--write` brings what is generated up to date.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../cli/lint/rules.ts";
import { NO_REASON, UNUSED } from "../cli/lint/suppressions.ts";
import { pageFaults, rulesIndex, withHead } from "./rule-pages.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "cli/lint/rules");
const indexPath = join(root, "docs/rules/README.md");

function check(): string[] {
  const faults: string[] = [];
  for (const rule of RULES) {
    const { id, name } = rule.meta;
    for (const ending of [".ts", ".test.ts", ".md"]) {
      if (!existsSync(join(folder, name + ending))) {
        faults.push(`${id}: cli/lint/rules/${name}${ending} is missing`);
      }
    }
    const page = join(folder, `${name}.md`);
    if (existsSync(page)) faults.push(...pageFaults(rule, readFileSync(page, "utf8")));
    if (!hasGoldenPair(name)) faults.push(`${id}: no golden pair test/golden/bad/${name}.*`);
  }
  return [...faults, ...registryFaults()];
}

function hasGoldenPair(name: string): boolean {
  return readdirSync(join(root, "test/golden/bad")).some((file) => file.startsWith(`${name}.`));
}

/** Files without a rule in the registry, ids or names used twice, wrong order, a stale index. */
function registryFaults(): string[] {
  const faults: string[] = [];
  const names = new Set(RULES.map(({ meta }) => meta.name));
  for (const file of readdirSync(folder)) {
    const name = file.replace(/(?:\.test)?\.ts$|\.md$/, "");
    if (!names.has(name))
      faults.push(`cli/lint/rules/${file}: no rule "${name}" in cli/lint/rules.ts`);
  }
  const ids = RULES.map(({ meta }) => meta.id);
  if (names.size < RULES.length || new Set(ids).size < ids.length)
    faults.push("a rule is there twice");
  if (ids.join() !== ids.toSorted().join())
    faults.push("cli/lint/rules.ts: not in the order of ids");
  const index = existsSync(indexPath) ? readFileSync(indexPath, "utf8") : "";
  if (index !== rulesIndex(RULES, [UNUSED, NO_REASON])) {
    faults.push('docs/rules/README.md: stale; run "node scripts/check-docs.ts --write"');
  }
  return faults;
}

function write(): void {
  for (const rule of RULES) {
    const path = join(folder, `${rule.meta.name}.md`);
    if (existsSync(path)) writeFileSync(path, withHead(readFileSync(path, "utf8"), rule));
  }
  mkdirSync(join(root, "docs/rules"), { recursive: true });
  writeFileSync(indexPath, rulesIndex(RULES, [UNUSED, NO_REASON]));
}

if (process.argv.includes("--write")) write();
const faults = check();
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
