import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rule } from "../cli/lint/rules/exec-default-timeout.ts";
import { pageFaults, pageHead, rulesIndex, withHead } from "./rule-pages.ts";

const PAGE = readFileSync(
  join(import.meta.dirname, "../cli/lint/rules/exec-default-timeout.md"),
  "utf8",
);

test("the page of a rule is without fault", () => {
  expect(pageFaults(rule, PAGE)).toEqual([]);
});

describe("a page is at fault", () => {
  test.each([
    ["whose head is not the rule's", PAGE.replace("| warning |", "| error |"), "its head differs"],
    ["without good examples", PAGE.replace("## Good", "## Fine"), 'no example under "## Good"'],
    [
      "whose bad example is not reported",
      PAGE.replace("[psql, -U", "[cat, -U"),
      "Bad: is not reported",
    ],
    [
      "whose good example is reported",
      PAGE.replace("        timeoutSeconds: 5\n", ""),
      "Good: is reported",
    ],
    ["whose example does not parse", PAGE.replace("kind: Pod\n", "kind: [\n"), "Bad: "],
    ["whose example is a template", PAGE.replace("name: db}", "name: {{ x }}}"), "is a template"],
  ])("%s", (_, page, fault) => {
    expect(pageFaults(rule, page).join("\n")).toContain(fault);
  });
});

test("the head is brought up to date, what follows stays", () => {
  const stale = `# old\n\nold text\n${PAGE.slice(PAGE.indexOf("\n## "))}`;
  expect(withHead(stale, rule)).toBe(PAGE);
  expect(pageHead(rule)).toContain("# KN302 `exec-default-timeout`");
});

test("the index has a line for every rule, and links to its page", () => {
  expect(rulesIndex([rule], [])).toContain(
    "| KN302 | [`exec-default-timeout`](../../cli/lint/rules/exec-default-timeout.md) | warning | safe |",
  );
});
