import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "redis-readiness-too-weak";
const LOADING = "LOADING passes: a server that cannot answer yet counts as ready";

function probe(handler: string, role = "readinessProbe", image = "redis:7"): string {
  return deploymentWith(
    `name: r\n  image: ${image}\n  ports: [{name: redis, containerPort: 6379}]\n  ${role}:\n    ${handler}`,
  );
}

function compose(check: string, condition = "service_healthy"): string {
  return `services:\n  web:\n    image: example/shop:1\n    depends_on:\n      cache: {condition: ${condition}}\n  cache:\n    image: redis:7-alpine\n    healthcheck:\n      test: ${check}\n`;
}

describe("reports a readiness that does not wait for an answer", () => {
  test.each([
    [
      "tcpSocket",
      probe("tcpSocket: {port: 6379}"),
      "17:24 port 6379 accepts connections while Redis loads or hangs",
    ],
    [
      "tcpSocket by name",
      probe("tcpSocket: {port: redis}"),
      "17:24 port 6379 accepts connections while Redis loads or hangs",
    ],
    [
      "nc -z",
      probe("exec: {command: [nc, -z, localhost, '6379']}"),
      '17:30 "nc" does not look at the answer: Redis may load or hang',
    ],
    [
      "LOADING accepted",
      probe(`exec: {command: [sh, -c, 'redis-cli ping | grep -E "PONG|LOADING"']}`),
      `17:30 ${LOADING}`,
    ],
    [
      "Compose, awaited",
      compose(`["CMD-SHELL", "nc -z localhost 6379 || exit 1"]`),
      '9:27 "nc" does not look at the answer: Redis may load or hang',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["liveness", probe("tcpSocket: {port: 6379}", "livenessProbe")],
    ["startup", probe("tcpSocket: {port: redis}", "startupProbe")],
    [
      "an exporter beside it",
      probe("tcpSocket: {port: 9121}", "readinessProbe", "oliver006/redis_exporter:v1"),
    ],
    ["Sentinel's port", probe("tcpSocket: {port: 26379}")],
    [
      "a proxy in front of Redis",
      probe("tcpSocket: {port: 6379}", "readinessProbe", "haproxy:2.9"),
    ],
    ["PONG alone passes", probe("exec: {command: [sh, -c, 'redis-cli ping | grep PONG']}")],
    ["judged by its exit status: KN501's business", probe("exec: {command: [redis-cli, ping]}")],
    [
      "nc that looks at the answer",
      probe("exec: {command: [sh, -c, 'echo PING | nc localhost 6379 | grep PONG']}"),
    ],
    ["Compose, nobody waits", compose("nc -z localhost 6379", "service_started")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("knell waits for PONG", () => {
    expect(fixedBy(NAME, probe("exec: {command: [nc, -z, localhost, '6379']}"), ["knell"])).toBe(
      probe("exec: {command: [knell, redis, -h, localhost, -p, '6379']}"),
    );
    expect(
      fixedBy(
        NAME,
        probe("exec: {command: [sh, -c, 'redis-cli ping | grep -E \"PONG|LOADING\"']}"),
        ["knell"],
      ),
    ).toBe(probe("exec: {command: [knell, redis]}"));
    expect(
      fixedBy(NAME, compose(`["CMD-SHELL", "nc -z localhost 6379 || exit 1"]`), ["knell"]),
    ).toBe(
      compose(`["CMD", "knell", "redis", "-h", "localhost", "-p", "6379", "--timeout", "27s"]`),
    );
  });

  test("P13: a tcpSocket is left for a person to replace", () => {
    const text = probe("tcpSocket: {port: 6379}");
    expect(fixedBy(NAME, text, ["safe", "unsafe", "knell"])).toBe(text);
  });
});
