// --explain and --list-rules.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { columns } from "../command-line/help.ts";
import { UsageError } from "../command-line/options.ts";
import type { RuleMeta } from "../lint/finding.ts";
import { RULE_METAS } from "../lint/rule-metas.ts";
import { ruleId } from "../lint/settings.ts";

/** What there is to say of one rule, its page included. Throws a UsageError for an unknown one. */
export function explainRule(text: string): string {
  let id: string;
  try {
    id = ruleId(text, RULE_METAS);
  } catch (error) {
    throw new UsageError(`--explain: ${(error as Error).message}`);
  }
  const rule = RULE_METAS.find((meta) => meta.id === id)!;
  const page = pageOf(rule.name);
  const rows: [string, string][] = [
    ["severity", `${rule.severity}${rule.isOnByDefault ? "" : ", off unless configured"}`],
    ["why", rule.why],
    ["instead", rule.remedy],
    ["fix", fixText(rule)],
    ["seen", rule.link],
    ["ignore", `# knell-ignore: ${rule.id} -- reason`],
  ];
  const head = `${rule.id} ${rule.name}: ${rule.summary}\n\n${columns(rows)}\n`;
  return page === undefined ? head : `${head}\n${page}`;
}

function fixText({ fixKinds }: RuleMeta): string {
  const commands = {
    safe: "knell fix",
    unsafe: "knell fix --unsafe",
    knell: "knell fix --assume-installed",
  };
  return fixKinds.length === 0 ? "by hand" : fixKinds.map((kind) => commands[kind]).join(", ");
}

/** The rule's page without its title, which the head says already. */
function pageOf(name: string): string | undefined {
  // dist/cli/rules when built, cli/lint/rules when run from source.
  const folders = ["rules", "../lint/rules"].map((path) => join(import.meta.dirname, path));
  const file = folders.map((folder) => join(folder, `${name}.md`)).find((path) => existsSync(path));
  return file && readFileSync(file, "utf8").replace(/^#[^\n]*\n+/, "");
}

/** Every rule in one line, or as JSON. */
export function listRules(isJson: boolean): string {
  if (isJson) return `${JSON.stringify(RULE_METAS, undefined, 2)}\n`;
  const width = Math.max(...RULE_METAS.map(({ name }) => name.length));
  return RULE_METAS.map(({ id, name, severity, summary, isOnByDefault }) => {
    const level = isOnByDefault ? severity : "off";
    return `${id}  ${name.padEnd(width)}  ${level.padEnd(7)}  ${summary}\n`;
  }).join("");
}
