import { describe, expect, test } from "vitest";
import { deploymentWith } from "../../test/lint/rule-tester.ts";
import type { FixKind } from "../lint/finding.ts";
import { readInput } from "../lint/inputs.ts";
import { applyRewrites } from "./edits.ts";
import { fix } from "./fix.ts";

function fixed(text: string, kinds: readonly FixKind[] = ["safe"], only?: readonly string[]) {
  const { files, remaining } = fix([{ file: "a.yaml", text }], { kinds, only });
  return { after: files[0]?.after ?? text, applied: files[0]?.applied ?? [], remaining };
}

const REDIS = "name: redis\n  image: redis:7";

describe("anchors", () => {
  const shared = (second: string) =>
    deploymentWith(`${REDIS}
  readinessProbe: &probe
    exec: {command: [redis-cli, ping]}
    periodSeconds: 5 # often
  livenessProbe: ${second}`);

  test("a value behind an anchor is edited once if every alias profits", () => {
    const { after } = fixed(shared("*probe"), ["safe"], ["KN302"]);
    expect(after).toBe(
      shared("*probe").replace("# often\n", "# often\n            timeoutSeconds: 5\n"),
    );
  });

  test("it is left, and reported, if one does not: here -e is for readiness alone", () => {
    const before = shared("*probe");
    const { after, remaining } = fixed(before, ["safe"], ["KN501"]);
    expect(after).toBe(before);
    expect(remaining.findings).toHaveLength(2);
  });

  test("a key is added beside a merge key, which is never expanded", () => {
    const { after } = fixed(shared("{<<: *probe, failureThreshold: 9}"), ["safe"], ["KN302"]);
    expect(after).toContain("livenessProbe: {<<: *probe, failureThreshold: 9");
    expect(after.match(/timeoutSeconds: 5/g)).not.toBeNull();
    expect(fixed(after, ["safe"], ["KN302"]).after).toBe(after);
  });

  test("a command behind a merge key is edited at its anchor only if both profit", () => {
    const before = shared("{<<: *probe}");
    expect(fixed(before, ["safe"], ["KN501"]).after).toBe(before);
    expect(fixed(before, ["knell"], ["KN501"]).after).toBe(before);
  });
});

describe("rounds", () => {
  test("fixes of the same place come one after the other, the lower id first", () => {
    const before = deploymentWith(
      `${REDIS}\n  readinessProbe:\n    exec: {command: ["redis-cli ping"]}`,
    );
    const { after, applied } = fixed(before);
    expect(after).toContain('command: ["redis-cli", "-e", "ping"]');
    expect(applied.map(({ finding }) => finding.id)).toEqual(["KN201", "KN302", "KN501"]);
  });

  test("knell goes before safe before unsafe", () => {
    const before = deploymentWith(
      `${REDIS}\n  readinessProbe:\n    exec: {command: [redis-cli, ping]}\n    timeoutSeconds: 2`,
    );
    expect(fixed(before, ["safe", "unsafe", "knell"]).after).toContain(
      "[knell, redis, --timeout, 1800ms]",
    );
    expect(fixed(before, ["safe", "unsafe"]).after).toContain("[redis-cli, -e, ping]");
  });
});

describe("everything else stays", () => {
  test("comments, order, quotes, document marks, and documents that are no business of ours", () => {
    const before = `%YAML 1.2
--- # first
"apiVersion": 'v1'   # odd   spacing
kind:   Pod
spec: { containers: [ {name: a, image: 'redis:7', # c
    readinessProbe: { exec: { command: [ redis-cli , ping ] }   } } ] }
...
---
{{nobody: knows}: this}
--- |
 text
`;
    const { after, applied } = fixed(
      before.replace("{{nobody: knows}: this}", "some: {thing: else}"),
      ["safe"],
      ["KN501"],
    );
    expect(applied).toHaveLength(1);
    expect(after).toBe(
      before
        .replace("{{nobody: knows}: this}", "some: {thing: else}")
        .replace("redis-cli , ping", "redis-cli , -e, ping"),
    );
  });

  test("items of a List, in JSON", () => {
    const before = `{
  "apiVersion": "v1",
  "kind": "List",
  "items": [
    {
      "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
      "spec": {"containers": [{"name": "a", "image": "redis:7", "readinessProbe": {
        "exec": {"command": ["redis-cli", "ping"]}
      }}]}
    }
  ]
}
`;
    expect(fixed(before).after).toBe(
      before
        .replace('"redis-cli", ', '"redis-cli", "-e", ')
        .replace('"ping"]}', '"ping"]},\n        "timeoutSeconds": 5'),
    );
  });
});

describe("a fix counts only if the new text parses to what was meant", () => {
  const source = readInput({ file: "a.yaml", text: "a: 1\nb: 2\n" });
  const edit = (start: number, end: number, text: string, value: unknown) => ({
    edits: [{ start, end, text }],
    intents: [{ document: 0, path: ["a"], value }],
  });

  test.each([
    ["meant and done", edit(3, 4, "5", 5), "a: 5\nb: 2\n"],
    ["another value", edit(3, 4, "5", 6), undefined],
    ["another type", edit(3, 4, "5", "5"), undefined],
    ["something else changed", edit(3, 8, "5\nb: 3", 5), undefined],
    ["a key more", edit(3, 4, "5\nc: 3", 5), undefined],
    ["a document more", edit(3, 4, "5\n---", 5), undefined],
    ["no YAML", edit(3, 4, "[", 5), undefined],
  ])("%s", (_, rewrite, expected) => {
    expect(applyRewrites(source, [rewrite])?.text).toBe(expected);
  });

  test("in a Dockerfile every other instruction is as it was", () => {
    const file = readInput({ file: "Dockerfile", text: "FROM a\nCMD x\nUSER b\n" });
    const change = (text: string) => ({
      edits: [{ start: 11, end: 12, text }],
      intents: [{ document: 1, path: ["argument"], value: "y" }],
    });
    expect(applyRewrites(file, [change("y")])?.text).toBe("FROM a\nCMD y\nUSER b\n");
    expect(applyRewrites(file, [change("y\nUSER c")])).toBeUndefined();
    expect(applyRewrites(file, [change("z")])).toBeUndefined();
  });
});

test("one fix that cannot be applied does not hold up the others of its file", () => {
  const shared = deploymentWith(`${REDIS}
  readinessProbe: &probe {exec: {command: [redis-cli, ping]}}
  livenessProbe: *probe`);
  const own = deploymentWith(`${REDIS}\n  readinessProbe: {exec: {command: [redis-cli, ping]}}`);
  const { after } = fixed(`${shared}---\n${own}`, ["safe"], ["KN501"]);
  expect(after).toBe(`${shared}---\n${own.replace("redis-cli,", "redis-cli, -e,")}`);
});
