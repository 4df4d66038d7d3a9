import { describe, expect, test } from "vitest";
import { deploymentWith, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "readiness-check-as-liveness";

function probe(handler: string, more = "", role = "livenessProbe"): string {
  return deploymentWith(`name: app\n  ${role}:\n    ${handler}${more}`);
}

function exec(argv: string, more = "", role?: string): string {
  return probe(`exec: {command: ${argv}}`, more, role);
}

const STARTUP = "\n  startupProbe: {exec: {command: [pg_isready]}, failureThreshold: 60}";
const RECOVERS = "fails while the server recovers";

describe("reports the question", () => {
  test.each([
    ["[pg_isready]", `15:30 "pg_isready" ${RECOVERS}`],
    ["[sh, -c, exec pg_isready -U app -h 127.0.0.1]", `15:38 "pg_isready" ${RECOVERS}`],
    ["[psql, -U, app, -c, select 1]", `15:30 a query of "psql" ${RECOVERS} or is busy`],
    [
      "[sh, -c, 'mysql -uroot -Ne \"select 1\"']",
      `15:39 a query of "mysql" ${RECOVERS} or is busy`,
    ],
    ["[mongosh, --quiet, --eval, db.hello()]", `15:30 a query of "mongosh" ${RECOVERS} or is busy`],
    [
      "[rabbitmq-diagnostics, -q, check_running]",
      '15:56 "check_running" fails on states that a restart makes worse',
    ],
    [
      "[rabbitmq-diagnostics, check_local_alarms]",
      '15:52 "check_local_alarms" fails on states that a restart makes worse',
    ],
    [
      "[rabbitmqctl, node_health_check]",
      '15:43 "node_health_check" fails on states that a restart makes worse',
    ],
    [
      "[curl, -f, 'http://localhost:15672/api/healthchecks/node']",
      '15:30 "/api/healthchecks/node" tells whether the program is ready',
    ],
  ])("exec %s", (argv, message) => {
    expect(messagesOf(NAME, exec(argv))).toEqual([message]);
  });

  test.each(["/ready", "/readyz", "/-/ready", "/actuator/health/readiness", "/readyz?verbose"])(
    "httpGet %s",
    (path) => {
      expect(messagesOf(NAME, probe(`httpGet: {path: ${path}, port: 80}`))).toEqual([
        `15:29 "${path}" tells whether the program is ready`,
      ]);
    },
  );

  test("a path that serves readiness too, with no smaller budget", () => {
    const both = "\n  readinessProbe:\n    httpGet: {path: /ready, port: 80}";
    expect(messagesOf(NAME, probe("httpGet: {path: /ready, port: 80}", both))).toHaveLength(1);
  });
});

describe("stays silent", () => {
  test.each([
    ["readiness", exec("[pg_isready]", "", "readinessProbe")],
    ["startup", exec("[psql, -c, select 1]", "", "startupProbe")],
    ["pg_isready with a startup probe", exec("[pg_isready]", STARTUP)],
    ["a query with a startup probe", exec("[psql, -c, select 1]", STARTUP)],
    [
      "a path that serves readiness with a smaller budget",
      probe(
        "httpGet: {path: /ready, port: 80}",
        "\n    failureThreshold: 6\n  readinessProbe:\n    httpGet: {path: /ready, port: 80}",
      ),
    ],
    ["Prometheus", probe("httpGet: {path: /-/healthy, port: web, scheme: HTTP}")],
    ["a word that only holds it", probe("httpGet: {path: /already/alive, port: 80}")],
    ["RabbitMQ's ping", exec("[rabbitmq-diagnostics, -q, ping]")],
    [
      "RabbitMQ in Bitnami's chart",
      exec(
        "[sh, -ec, 'curl -f --user user:$RABBITMQ_PASSWORD 127.0.0.1:15672/api/health/checks/virtual-hosts']",
      ),
    ],
    ["mysqladmin ping", exec("[mysqladmin, ping]")],
    ["psql that lists nothing", exec("[psql, --version]")],
    ["Redis", exec("[redis-cli, ping]")],
    ["a script of its own", exec("[/health/ping_liveness_local.sh, '5']")],
    [
      "the API server's livez",
      probe("httpGet: {path: /livez?exclude=etcd, port: 6443, scheme: HTTPS}"),
    ],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});
