import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "liveness-too-eager";

function probe(lines: string, image = "redis:7", role = "livenessProbe"): string {
  return deploymentWith(
    `name: app\n  image: ${image}\n  ${role}:\n    tcpSocket: {port: 6379}\n    ${lines.replaceAll("\n", "\n    ")}`,
  );
}

describe("reports", () => {
  test.each([
    [
      "a store with 15 s",
      probe("periodSeconds: 5"),
      '15:11 "redis" is restarted after 15 s without an answer',
    ],
    [
      "one failure",
      probe("failureThreshold: 1", "example/web:1"),
      "15:11 one failure restarts the container",
    ],
    [
      "one failure, however long the period",
      probe("periodSeconds: 60\nfailureThreshold: 1"),
      "15:11 one failure restarts the container",
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["the defaults", probe("successThreshold: 1")],
    ["another program with 15 s", probe("periodSeconds: 5", "example/web:1")],
    ["readiness", probe("failureThreshold: 1", "redis:7", "readinessProbe")],
    ["startup", probe("failureThreshold: 1", "redis:7", "startupProbe")],
    ["a variable", probe('periodSeconds: "${P}"\nfailureThreshold: 1')],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("fix: enough failures for 30 s, two at least", () => {
  expect(fixedBy(NAME, probe("periodSeconds: 4"))).toBe(
    probe("periodSeconds: 4\nfailureThreshold: 8"),
  );
  expect(fixedBy(NAME, probe("periodSeconds: 60\nfailureThreshold: 1 # strict"))).toBe(
    probe("periodSeconds: 60\nfailureThreshold: 2 # strict"),
  );
});
