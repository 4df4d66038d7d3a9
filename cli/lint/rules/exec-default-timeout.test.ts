import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "exec-default-timeout";

function probe(lines: string): string {
  return deploymentWith(
    `name: app\n  image: example/app:1\n  readinessProbe:\n    ${lines.replaceAll("\n", "\n    ")}`,
  );
}

test("an exec probe without timeoutSeconds is reported at its key", () => {
  expect(messagesOf(NAME, probe("exec: {command: [psql, -c, select 1]}"))).toEqual([
    '15:11 "psql" has 1 s, the default of timeoutSeconds',
  ]);
});

test("an explicit 0 means the default and is reported", () => {
  expect(findingsOf(NAME, probe("exec: {command: [psql]}\ntimeoutSeconds: 0"))).toHaveLength(1);
});

describe("stays silent", () => {
  test.each([
    ["a value, even 1", "exec: {command: [psql]}\ntimeoutSeconds: 1"],
    ["a program that ends at once", "exec: {command: [cat, /tmp/healthy]}"],
    ["a shell that runs builtins only", "exec: {command: [sh, -c, 'test -f /tmp/ready']}"],
    ["knell, which has its own limit", "exec: {command: [knell, redis]}"],
    ["no exec", "httpGet: {path: /, port: 80}"],
    ["a templated value", 'exec: {command: [psql]}\ntimeoutSeconds: "${T}"'],
  ])("%s", (_, lines) => {
    expect(messagesOf(NAME, probe(lines))).toEqual([]);
  });
});

describe("fix", () => {
  test("the key is added after the other numbers, comments stay", () => {
    const before = probe("exec: {command: [psql]} # ask\nperiodSeconds: 5 # often\n# end");
    expect(fixedBy(NAME, before)).toBe(
      before.replace("# often\n", "# often\n            timeoutSeconds: 5\n"),
    );
  });

  test("a program that boots a runtime gets 10 s", () => {
    expect(fixedBy(NAME, probe("exec: {command: [rabbitmqctl, status]}"))).toContain(
      "timeoutSeconds: 10\n",
    );
  });

  test("flow style stays flow style", () => {
    const before = deploymentWith(
      "name: app\n  readinessProbe: {exec: {command: [psql]}, periodSeconds: 5}",
    );
    expect(fixedBy(NAME, before)).toBe(
      before.replace("periodSeconds: 5}", "periodSeconds: 5, timeoutSeconds: 5}"),
    );
  });

  test("options set the number", () => {
    const rules = { [NAME]: ["warning", { seconds: 8 }] } as const;
    const after = fixedBy(NAME, probe("exec: {command: [psql]}"), ["safe"], { rules });
    expect(after).toContain("timeoutSeconds: 8\n");
  });
});
