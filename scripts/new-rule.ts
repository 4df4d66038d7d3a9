// `npm run new-rule NAME ID`: the files of a new lint rule, to be filled in, and its line in the registry.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../cli/lint/rules.ts";

const root = join(import.meta.dirname, "..");

function ruleSource(name: string, id: string): string {
  return `import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "${id}",
    name: "${name}",
    severity: "warning",
    isOnByDefault: true,
    summary: "TODO: what it reports, as a noun",
    why: "TODO: what goes wrong in production.",
    remedy: "TODO: what to write instead.",
    link: "TODO: an issue that shows it",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe({ command, setTiming }, { report }) {
      if (command?.outer.program !== "TODO") return;
      report({
        message: \`"\${command.outer.program}" …\`,
        fixes: [fixWith("safe", "set timeoutSeconds to 5", setTiming("timeoutSeconds", 5))],
      });
    },
  },
};
`;
}

function testSource(name: string): string {
  return `import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "${name}";

function probe(lines: string): string {
  return deploymentWith(\`name: app\\n  readinessProbe:\\n    \${lines.replaceAll("\\n", "\\n    ")}\`);
}

test("TODO: the smallest bad probe is reported", () => {
  expect(messagesOf(NAME, probe("exec: {command: [TODO]}"))).toEqual(["14:11 TODO"]);
});

describe("stays silent", () => {
  test.each([
    ["TODO: a real probe, 1", "exec: {command: [knell, redis]}"],
    ["TODO: a real probe, 2", "exec: {command: [knell, redis]}"],
    ["TODO: a real probe, 3", "exec: {command: [knell, redis]}"],
  ])("%s", (_, lines) => {
    expect(messagesOf(NAME, probe(lines))).toEqual([]);
  });
});

test("fix: TODO", () => {
  expect(fixedBy(NAME, probe("exec: {command: [TODO]}"))).toBe(probe("exec: {command: [TODO]}"));
});
`;
}

const PAGE = `
## Bad

\`\`\`yaml
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      readinessProbe:
        exec: {command: [TODO]}
\`\`\`

## Good

\`\`\`yaml
TODO: the same, repaired
\`\`\`

## Silent

TODO: when, and why

\`\`\`yaml
TODO: a real-world sample
\`\`\`
`;

/** The registry with one more rule, in the order of ids. */
function withRule(registry: string, name: string, id: string): string {
  const head = registry.slice(0, registry.indexOf("import"));
  const imports = registry.match(/^import \{ rule as .*$/gm) ?? [];
  const line = `import { rule as ${variableOf(name)} } from "./rules/${name}.ts";`;
  const rules = [...RULES.map(({ meta }) => meta), { id, name }];
  const list = rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return [
    `${head}import type { Rule } from "./rule.ts";`,
    ...[...imports, line].sort((a, b) => (a.split('"')[1]! < b.split('"')[1]! ? -1 : 1)),
    "",
    "export const RULES: readonly Rule[] = [",
    ...list.map((meta) => `  ${variableOf(meta.name)},`),
    "];",
    "",
  ].join("\n");
}

function variableOf(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function main([name, id]: string[]): number {
  if (!name || !id || !/^[a-z][a-z\d-]+$/.test(name) || !/^KN\d{3}$/.test(id)) {
    console.error(
      "npm run new-rule: give a name and an id: npm run new-rule heavyweight-probe KN207",
    );
    return 2;
  }
  const taken = RULES.find(({ meta }) => meta.name === name || meta.id === id)?.meta;
  if (taken) {
    console.error(`npm run new-rule: "${taken.name}" ${taken.id} is there already`);
    return 1;
  }
  const folder = "cli/lint/rules";
  const files = {
    [`${folder}/${name}.ts`]: ruleSource(name, id),
    [`${folder}/${name}.test.ts`]: testSource(name),
    [`${folder}/${name}.md`]: PAGE,
    [`test/golden/bad/${name}.yaml`]: "# TODO: a real-world file with the fault\n",
  };
  for (const [path, text] of Object.entries(files)) {
    if (existsSync(join(root, path))) continue;
    writeFileSync(join(root, path), text);
    console.log(path);
  }
  const registry = join(root, "cli/lint/rules.ts");
  writeFileSync(registry, withRule(readFileSync(registry, "utf8"), name, id));
  console.log(
    "then: node scripts/check-docs.ts --write && UPDATE_GOLDEN=1 npx vitest run test/golden.test.ts",
  );
  return 0;
}

process.exitCode = main(process.argv.slice(2));
