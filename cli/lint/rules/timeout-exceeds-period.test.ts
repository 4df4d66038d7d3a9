import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "timeout-exceeds-period";

function probe(lines: string, role = "livenessProbe"): string {
  return deploymentWith(
    `name: app\n  ${role}:\n    httpGet: {path: /, port: 80}\n    ${lines.replaceAll("\n", "\n    ")}`,
  );
}

function compose(lines: string): string {
  return `services:\n  a:\n    image: a\n    healthcheck: {test: [CMD, a], ${lines}}\n`;
}

describe("reports", () => {
  test.each([
    [
      probe("periodSeconds: 3\ntimeoutSeconds: 5"),
      "14:11 timeoutSeconds is 5 s, periodSeconds 3 s",
    ],
    [probe("timeoutSeconds: 15"), "14:11 timeoutSeconds is 15 s, periodSeconds 10 s by default"],
    [compose("interval: 5s, timeout: 10s"), "4:5 timeout is 10 s, interval 5 s"],
  ])("%#", (text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("in Compose it is an info", () => {
    expect(findingsOf(NAME, compose("interval: 5s, timeout: 10s"))[0]?.severity).toBe("info");
  });
});

describe("stays silent", () => {
  test.each([
    ["equal values", probe("periodSeconds: 5\ntimeoutSeconds: 5")],
    [
      "a startup probe with a long budget",
      probe("periodSeconds: 5\ntimeoutSeconds: 10\nfailureThreshold: 30", "startupProbe"),
    ],
    ["Compose's defaults", compose("interval: 5s")],
    ["a variable", compose('interval: 5s, timeout: "${T}"')],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("unsafe fix: the timeout is the period", () => {
  expect(fixedBy(NAME, probe("periodSeconds: 3\ntimeoutSeconds: 5 # slow"), ["unsafe"])).toBe(
    probe("periodSeconds: 3\ntimeoutSeconds: 3 # slow"),
  );
  expect(fixedBy(NAME, compose("interval: 90s, timeout: 2m"), ["unsafe"])).toBe(
    compose("interval: 90s, timeout: 1m30s"),
  );
});
