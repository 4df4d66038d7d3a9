import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "./config.ts";
import { SAMPLE_RULES } from "./reporters/sample.ts";

const CONFIGURABLE = SAMPLE_RULES.map((meta) => ({
  meta,
  options: { seconds: 5, tools: ["curl"] },
}));

/** line:column message of each problem. */
function problemsOf(text: string): string[] {
  const { problems } = parseConfig(text, ".knell.yaml", CONFIGURABLE);
  return problems.map(
    ({ span, message }) => `${span?.start.line}:${span?.start.column} ${message}`,
  );
}

const validate = new Ajv2020().compile(
  JSON.parse(readFileSync(join(import.meta.dirname, "../../schemas/config.schema.json"), "utf8")),
);

test("every key is read; rules may be numbers or names and have options", () => {
  const { config, problems } = parseConfig(
    `root: true
rules:
  KN501: off
  exec-default-timeout: [warning, {seconds: 5}]
failOn: error
exclude: [vendor, "*.gen.yaml"]
images:
  "registry/app:*": {init: true, family: redis, shell: bash}
overrides:
  - files: [dev/**]
    rules: {KN302: off}
kubeVersion: 1.30
`,
    ".knell.yaml",
    CONFIGURABLE,
  );
  expect(problems).toEqual([]);
  expect(config).toEqual({
    isRoot: true,
    rules: {
      KN501: { level: "off", options: {} },
      KN302: { level: "warning", options: { seconds: 5 } },
    },
    failOn: "error",
    exclude: ["vendor", "*.gen.yaml"],
    images: { "registry/app:*": { init: true, family: "redis", shell: "bash" } },
    overrides: [{ files: ["dev/**"], rules: { KN302: { level: "off", options: {} } } }],
    kubeVersion: "1.30",
  });
});

test("an empty file configures nothing", () => {
  expect(parseConfig("# nothing yet\n", ".knell.yaml", CONFIGURABLE).problems).toEqual([]);
});

/** What is wrong, where, and the message. The schema rejects those marked so, too: it knows no rules and no positions. */
const FAULTS = [
  ["an unknown key", "failon: error\n", '1:1 unknown key "failon"; did you mean "failOn"?', true],
  [
    "an unknown rule",
    "rules:\n  KN503: off\n",
    '2:3 unknown rule "KN503"; did you mean "KN501"?',
    false,
  ],
  [
    "a wrong level",
    "rules:\n  KN501: warn\n",
    '2:10 rules.KN501 is "warn"; give error, warning, info, on, off',
    true,
  ],
  [
    "a rule under both its names",
    "rules:\n  KN501: off\n  redis-exit-status: on\n",
    "3:3 rule KN501 redis-exit-status is set twice; set it once",
    false,
  ],
  [
    "options without a level",
    "rules:\n  KN501: {seconds: 5}\n",
    "2:10 rules.KN501 is a mapping; give error, warning, info, on, off",
    true,
  ],
  [
    "a third item",
    "rules:\n  KN501: [on, {}, {}]\n",
    "2:10 rules.KN501 has 3 items; give [LEVEL, {OPTION: …}]",
    true,
  ],
  [
    "an unknown option of a rule",
    "rules:\n  KN302: [on, {secnds: 5}]\n",
    '2:16 unknown option "secnds"; did you mean "seconds"?',
    false,
  ],
  [
    "an option of another kind",
    "rules:\n  KN302: [on, {seconds: 5s}]\n",
    '2:25 rules.KN302.1.seconds is "5s"; give a number',
    false,
  ],
  [
    "an option that is no list",
    "rules:\n  KN302: [on, {tools: curl}]\n",
    '2:23 rules.KN302.1.tools is "curl"; give a list of strings',
    false,
  ],
  ["a string for a list", "exclude: vendor\n", '1:10 exclude is "vendor"; give a list', true],
  ["a string for a boolean", "root: yes\n", '1:7 root is "yes"; give true or false', true],
  [
    "an unknown key of an image",
    'images:\n  "a:*": {reap: true}\n',
    '2:11 unknown key "reap"; did you mean "reaps"?',
    true,
  ],
  [
    "an override without files",
    "overrides:\n  - rules: {}\n",
    "2:5 override without files; give globs",
    true,
  ],
  [
    "a version that is none",
    "kubeVersion: latest\n",
    '1:14 kubeVersion is "latest"; give one such as 1.34',
    true,
  ],
  ["a list at the top", "- KN501\n", "1:1 the configuration is a list; give a mapping", true],
] as const;

describe("a fault has its line, its column and what to write instead", () => {
  test.each(FAULTS)("%s", (_, text, problem) => {
    const [first = ""] = problemsOf(text);
    expect(first.slice(0, problem.length)).toBe(problem);
  });
});

describe("the published schema rejects what the program rejects", () => {
  test.each(FAULTS.filter(([, , , isInSchema]) => isInSchema))("%s", (_, text) => {
    expect(validate(parse(text))).toBe(false);
  });

  test("and takes what it takes", () => {
    const text =
      "root: true\nrules: {KN501: [off, {seconds: 1}], KN302: info}\nfailOn: never\nkubeVersion: 1.34\n";
    expect(problemsOf(text)).toEqual([]);
    expect(validate(parse(text))).toBe(true);
  });
});

test("text that is no YAML is a fault at its place", () => {
  expect(problemsOf("rules: [\n")[0]).toMatch(/^\d+:\d+ /);
});
