import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "liveness-before-readiness";

function container(live: string, ready: string): string {
  return deploymentWith(
    `name: app\n  ports: [{name: http, containerPort: 8080}]\n  livenessProbe:\n    ${live.replaceAll("\n", "\n    ")}\n  readinessProbe:\n    ${ready.replaceAll("\n", "\n    ")}`,
  );
}

const GET = "httpGet: {path: /health, port: 8080}";

test("the same handler with the same budget is reported at the liveness probe", () => {
  expect(messagesOf(NAME, container(GET, GET))).toEqual([
    "15:11 the same check restarts after 30 s and takes out of service after 30 s",
  ]);
  expect(findingsOf(NAME, container(GET, GET))[0]?.objectPath).toBe(
    "Deployment/default/app/app/livenessProbe",
  );
});

test("handlers are compared by what they ask: a port's name is its number", () => {
  expect(
    findingsOf(NAME, container(GET, "httpGet: {port: http, path: /health, scheme: HTTP}")),
  ).toHaveLength(1);
});

describe("stays silent", () => {
  test.each([
    ["a higher threshold, the documented pattern", container(`${GET}\nfailureThreshold: 6`, GET)],
    ["other handlers", container(GET, "httpGet: {path: /ready, port: 8080}")],
    ["one of them alone", deploymentWith(`name: app\n  livenessProbe:\n    ${GET}`)],
    [
      "another header",
      container(GET, `httpGet: {path: /health, port: 8080, httpHeaders: [{name: A, value: b}]}`),
    ],
    ["a Job", container(GET, GET).replace("apps/v1", "batch/v1").replace("Deployment", "Job")],
    ["no number", container(`${GET}\nfailureThreshold: "\${N}"`, GET)],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("fix: liveness outlasts readiness", () => {
  expect(fixedBy(NAME, container(`${GET}\nperiodSeconds: 20`, `${GET}\nperiodSeconds: 30`))).toBe(
    container(`${GET}\nperiodSeconds: 20\nfailureThreshold: 6`, `${GET}\nperiodSeconds: 30`),
  );
});
