import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "heavyweight-probe";

function probe(lines: string): string {
  return deploymentWith(`name: app\n  readinessProbe:\n    ${lines.replaceAll("\n", "\n    ")}`);
}

function compose(lines: string): string {
  return `services:\n  mq:\n    image: rabbitmq:4\n    healthcheck:\n      ${lines.replaceAll("\n", "\n      ")}\n`;
}

describe("reports the program", () => {
  test.each([
    ["[nodetool, status]", '15:30 "nodetool" boots a runtime on every run, and '],
    [
      "[sh, -c, 'nodetool status | grep -E ^UN']",
      '15:39 "nodetool" boots a runtime on every run, and ',
    ],
    ["[celery, -A, app, inspect, ping]", '15:30 "celery" boots a runtime on every run, and '],
    ["[python, manage.py, check]", '15:30 "python" boots a runtime on every run, and '],
    ["[mongosh, --eval, '1']", '15:30 "mongosh" boots a runtime on every run, and '],
    ["[kafka-topics.sh, --list]", '15:30 "kafka-topics.sh" boots a runtime on every run, and '],
  ])("%s with the defaults", (argv, message) => {
    expect(messagesOf(NAME, probe(`exec: {command: ${argv}}`))).toEqual([
      `${message}periodSeconds is 10 s and timeoutSeconds is 1 s`,
    ]);
  });

  test("each bound on its own", () => {
    const exec = "exec: {command: [rabbitmqctl, status]}\n";
    expect(messagesOf(NAME, probe(`${exec}periodSeconds: 60\ntimeoutSeconds: 5`))).toEqual([
      '15:30 "rabbitmqctl" boots a runtime on every run, and timeoutSeconds is 5 s',
    ]);
    expect(messagesOf(NAME, probe(`${exec}timeoutSeconds: 20`))).toEqual([
      '15:30 "rabbitmqctl" boots a runtime on every run, and periodSeconds is 10 s',
    ]);
  });

  test("Compose, whose own timeout is long enough", () => {
    expect(messagesOf(NAME, compose("test: rabbitmq-diagnostics -q ping\ninterval: 5s"))).toEqual([
      '5:13 "rabbitmq-diagnostics" boots a runtime on every run, and interval is 5 s',
    ]);
  });
});

describe("stays silent", () => {
  test.each([
    [
      "RabbitMQ in Bitnami's chart",
      probe(
        "exec: {command: [sh, -ec, 'rabbitmq-diagnostics -q ping']}\nperiodSeconds: 30\ntimeoutSeconds: 20",
      ),
    ],
    [
      "Cassandra's own advice",
      probe("exec: {command: [nodetool, info]}\nperiodSeconds: 60\ntimeoutSeconds: 15"),
    ],
    ["Compose's defaults", compose("test: rabbitmq-diagnostics -q ping")],
    ["a light client", probe("exec: {command: [redis-cli, ping]}")],
    ["celery without inspect", probe("exec: {command: [celery, --version]}")],
    ["a Python that is no manage.py", probe("exec: {command: [python, /health.py]}")],
    ["no exec", probe("tcpSocket: {port: 5672}")],
    [
      "numbers that are not known in Kubernetes",
      probe("exec: {command: [nodetool, info]}\nperiodSeconds: ${P}\ntimeoutSeconds: ${T}"),
    ],
    ["numbers that are not known", compose("test: rabbitmqctl status\ninterval: ${INTERVAL}")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });

  test("with other bounds in the configuration", () => {
    const rules = { [NAME]: ["on", { periodSeconds: 10, timeoutSeconds: 1 }] as const };
    expect(messagesOf(NAME, probe("exec: {command: [nodetool, info]}"), { rules })).toEqual([]);
  });
});

describe("fix", () => {
  test("unsafe: both numbers are raised to the bounds", () => {
    const before = probe("exec: {command: [nodetool, info]}\nperiodSeconds: 10 # often");
    expect(fixedBy(NAME, before)).toBe(before);
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(
      probe("exec: {command: [nodetool, info]}\nperiodSeconds: 30 # often\ntimeoutSeconds: 10"),
    );
  });

  test("both are added where neither is there", () => {
    expect(fixedBy(NAME, probe("exec: {command: [nodetool, info]}"), ["unsafe"])).toBe(
      probe("exec: {command: [nodetool, info]}\nperiodSeconds: 30\ntimeoutSeconds: 10"),
    );
    const flow = deploymentWith("name: app\n  readinessProbe: {exec: {command: [nodetool, info]}}");
    expect(fixedBy(NAME, flow, ["unsafe"])).toBe(
      flow.replace("info]}}", "info]}, periodSeconds: 30, timeoutSeconds: 10}"),
    );
  });

  test("Compose gets durations", () => {
    const before = compose("test: rabbitmqctl status\ninterval: 5s\ntimeout: 3s");
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(
      compose("test: rabbitmqctl status\ninterval: 30s\ntimeout: 10s"),
    );
  });
});
