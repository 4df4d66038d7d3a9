import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "no-startup-cover";

function container(live: string, more = "", image = "postgres:16"): string {
  return deploymentWith(
    `name: app\n  image: ${image}${more}\n  livenessProbe:\n    exec: {command: [pg_isready]}${live.replaceAll("\n", "\n    ")}`,
  );
}

function compose(healthcheck: string, condition = "service_healthy"): string {
  return `services:
  db:
    image: postgres:16
    healthcheck: {test: [CMD, pg_isready], ${healthcheck}}
  web:
    image: web
    depends_on: {db: {condition: ${condition}}}
`;
}

describe("reports", () => {
  test.each([
    [
      "a store that has 40 s",
      container("\ninitialDelaySeconds: 10"),
      '15:11 "postgres" has 40 s to start before it is killed',
    ],
    [
      "java as PID 1",
      container("", "\n  command: [java, -jar, a.jar]", "example/app:1"),
      '16:11 "app" has 30 s to start before it is killed',
    ],
    [
      "a long delay",
      container("\ninitialDelaySeconds: 120"),
      "15:11 initialDelaySeconds keeps liveness off for 120 s after every start, also a fast one",
    ],
    [
      "a delay beside a startupProbe",
      container(
        "\ninitialDelaySeconds: 5",
        "\n  startupProbe: {tcpSocket: {port: 5432}}",
        "example/app:1",
      ),
      "18:34 initialDelaySeconds: 5 counts from the container's start, which the startupProbe covers already",
    ],
    [
      "Compose, where somebody waits",
      compose("interval: 5s, retries: 5"),
      '4:5 "web" waits for it, and it has 25 s to start before it counts as unhealthy',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("the delay's forms are infos", () => {
    expect(findingsOf(NAME, container("\ninitialDelaySeconds: 120"))[0]?.severity).toBe("info");
    expect(findingsOf(NAME, container(""))[0]?.severity).toBe("warning");
  });
});

describe("stays silent", () => {
  test.each([
    ["a startupProbe", container("", "\n  startupProbe: {tcpSocket: {port: 5432}}")],
    ["other images", container("", "", "example/web:1")],
    ["a minute and more", container("\nperiodSeconds: 20")],
    ["Compose with a start_period", compose("interval: 5s, retries: 5, start_period: 30s")],
    ["Compose where nobody waits", compose("interval: 5s, retries: 5", "service_started")],
    ["a Job", container("").replace("apps/v1", "batch/v1").replace("Deployment", "Job")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("unsafe fix: a startupProbe with the same handler, and no delay", () => {
  expect(
    fixedBy(NAME, container("\ninitialDelaySeconds: 10\ntimeoutSeconds: 5 # slow"), ["unsafe"]),
  ).toBe(
    container(
      "\ntimeoutSeconds: 5 # slow",
      "\n  startupProbe:\n    exec:\n      command:\n        - pg_isready\n    periodSeconds: 5\n    timeoutSeconds: 5\n    failureThreshold: 60",
    ),
  );
  const flow = deploymentWith(
    "{name: a, image: 'redis:7', livenessProbe: {tcpSocket: {port: 6379}, initialDelaySeconds: 20}}",
  );
  expect(fixedBy(NAME, flow, ["unsafe"])).toBe(
    flow.replace(
      ", initialDelaySeconds: 20}}",
      "}, startupProbe: {tcpSocket: {port: 6379}, periodSeconds: 5, failureThreshold: 60}}",
    ),
  );
});
