import { expect, test } from "vitest";
import { BaselineError, formatBaseline, parseBaseline, withoutBaselined } from "./baseline.ts";
import type { Finding } from "./finding.ts";
import { REDIS_YAML, sampleFinding } from "./reporters/sample.ts";

const COMMAND = "[redis-cli, ping]";
const textsOf = (text: string) => new Map([["deploy/redis.yaml", text]]);
const known = sampleFinding("KN501", COMMAND);
const baseline = parseBaseline(formatBaseline([known], textsOf(REDIS_YAML)));

/** The rules that are left of the findings in `text`. */
function left(findings: readonly Finding[], text: string): string[] {
  return withoutBaselined(findings, textsOf(text), baseline).map(({ id }) => id);
}

test("a known finding is left out, also when lines were added above", () => {
  expect(left([known], REDIS_YAML)).toEqual([]);
  const moved = `# a comment\n\n${REDIS_YAML}`;
  expect(left([sampleFinding("KN501", COMMAND, {}, moved)], moved)).toEqual([]);
});

test("quoting, spaces and flow or block style do not revive it", () => {
  for (const command of ['[ "redis-cli",  "ping" ]', "- redis-cli  # asks\n      - ping"]) {
    const text = REDIS_YAML.replace(COMMAND, command);
    expect(left([sampleFinding("KN501", command, {}, text)], text)).toEqual([]);
  }
});

test("another command, object or rule is new, and so is a second one like it", () => {
  const text = REDIS_YAML.replace(COMMAND, "[redis-cli, -a, x, ping]");
  expect(left([sampleFinding("KN501", "[redis-cli, -a, x, ping]", {}, text)], text)).toEqual([
    "KN501",
  ]);
  expect(
    left([{ ...known, objectPath: "Pod/default/other/redis/livenessProbe" }], REDIS_YAML),
  ).toEqual(["KN501"]);
  expect(left([{ ...known, id: "KN502" }], REDIS_YAML)).toEqual(["KN502"]);
  expect(left([known, known], REDIS_YAML)).toEqual(["KN501"]);
});

test("the file is sorted and has neither lines nor file names, so that its diffs are small", () => {
  const other = sampleFinding("KN302", "exec", { objectPath: "A" });
  const file = formatBaseline([known, other], textsOf(REDIS_YAML));
  expect(file).toBe(formatBaseline([other, known], textsOf(REDIS_YAML)));
  expect(JSON.parse(file).findings.map(({ rule }: { rule: string }) => rule)).toEqual([
    "KN302",
    "KN501",
  ]);
  expect(file).not.toContain("redis.yaml");
});

test.each([
  ["no JSON", "{", "is not JSON"],
  ["another version", '{"version": 2, "findings": []}', "has version 2, not 1"],
  ["null", "null", "has version undefined"],
  ["an entry without a rule", '{"version": 1, "findings": [{}]}', "is not a list of"],
])("%s is refused", (_, text, message) => {
  expect(() => parseBaseline(text)).toThrow(BaselineError);
  expect(() => parseBaseline(text)).toThrow(message);
});
