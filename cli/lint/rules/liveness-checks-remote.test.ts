import { describe, expect, test } from "vitest";
import { deploymentWith, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "liveness-checks-remote";

function probe(lines: string, role = "livenessProbe", more = ""): string {
  return deploymentWith(
    `name: app${more}\n  image: app:1\n  ${role}:\n    ${lines.replaceAll("\n", "\n    ")}`,
  );
}

function exec(argv: string, role?: string, more?: string): string {
  return probe(`exec:\n  command: ${argv}`, role, more);
}

function compose(test: string, more = ""): string {
  return `services:\n  web:\n    image: web:1\n${more}    healthcheck:\n      test: ${test}\n`;
}

describe("reports the host", () => {
  test.each([
    [
      "of redis-cli",
      exec("[redis-cli, -h, redis-master, ping]"),
      '17:40 "redis-cli" asks "redis-master", not this container',
    ],
    [
      "of a URI",
      exec("[redis-cli, -u, 'redis://cache:6379', ping]"),
      '17:40 "redis-cli" asks "cache", not this container',
    ],
    [
      "of psql",
      exec("[psql, --host=db.example.com, -c, select 1]"),
      '17:31 "psql" asks "db.example.com", not this container',
    ],
    [
      "of a URL in a script",
      exec("[sh, -c, 'curl -f http://backend:8080/health || exit 1']"),
      '17:42 "curl" asks "backend", not this container',
    ],
    [
      "of nc",
      exec("[nc, -z, -w, '1', rabbitmq, '5672']"),
      '17:42 "nc" asks "rabbitmq", not this container',
    ],
    [
      "of grpc_health_probe",
      exec("[grpc_health_probe, '-addr=peer:50051']"),
      '17:44 "grpc_health_probe" asks "peer", not this container',
    ],
    [
      "of knell",
      exec("[knell, redis, -h, cache]"),
      '17:43 "knell" asks "cache", not this container',
    ],
    [
      "of httpGet",
      probe("httpGet:\n  host: example.com\n  port: 80"),
      '17:21 asks "example.com", not this container',
    ],
    [
      "that a literal variable names",
      exec(
        "[redis-cli, -h, $(REDIS_HOST), ping]",
        "livenessProbe",
        "\n  env: [{name: REDIS_HOST, value: redis}]",
      ),
      '18:40 "redis-cli" asks "redis", not this container',
    ],
    [
      "of a Compose healthcheck",
      compose("pg_isready -h db -U app"),
      '5:27 "pg_isready" asks "db", not this container',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["readiness", exec("[pg_isready, -h, db]", "readinessProbe")],
    ["startup", exec("[pg_isready, -h, db]", "startupProbe")],
    ["loopback", exec("[redis-cli, -h, 127.0.0.1, ping]")],
    ["no host", exec("[redis-cli, -p, '6380', ping]")],
    ["every address of its own", exec("[curl, -f, http://0.0.0.0:8080/]")],
    ["its hostname", exec("[sh, -c, 'redis-cli -h $(hostname) ping']")],
    [
      "its address from the environment",
      exec("[sh, -c, 'nodetool -h $POD_IP info; curl -f http://$POD_IP/']"),
    ],
    [
      "a variable from a Secret",
      exec(
        "[sh, -c, 'pg_isready -h \"$DB_HOST\"']",
        "livenessProbe",
        "\n  env: [{name: DB_HOST, valueFrom: {secretKeyRef: {name: a, key: b}}}]",
      ),
    ],
    ["a socket", exec("[pg_isready, -h, /var/run/postgresql]")],
    ["a unix socket of gRPC", exec("[grpc_health_probe, '-addr=unix:///run/app.sock']")],
    ["a port alone", exec("[grpc_health_probe, '-addr=:50051']")],
    ["the container's name", exec("[curl, -f, http://app:8080/]")],
    ["httpGet on loopback", probe("httpGet: {host: 127.0.0.1, port: 80}")],
    ["a Host header", exec("[curl, -f, -H, 'Host: example.com', http://localhost/]")],
    ["the service's own name", compose("curl -f http://web:8080/")],
    ["its hostname in Compose", compose("curl -f http://shop/", "    hostname: shop\n")],
    [
      "an alias in Compose",
      compose("curl -f http://shop/", "    networks: {back: {aliases: [shop]}}\n"),
    ],
    ["the host's variable", compose("curl -f http://${BACKEND}/")],
    ["localhost", compose("mysqladmin ping -h localhost")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });

  test("an address, in a pod that has its node's", () => {
    const text = probe("httpGet: {host: 10.0.0.5, path: /livez, port: 6443, scheme: HTTPS}");
    expect(messagesOf(NAME, text)).toHaveLength(1);
    expect(messagesOf(NAME, `${text}      hostNetwork: true\n`)).toEqual([]);
  });

  const service = (selector: string) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {selector: {app: ${selector}}}\n`;

  test("a Service that leads to the pod itself, and no other", () => {
    const text = exec("[curl, -f, http://front.default.svc/]");
    expect(messagesOf(NAME, text + service("app"))).toEqual([]);
    expect(messagesOf(NAME, text + service("other"))).toHaveLength(1);
  });

  test("the governing Service of a StatefulSet", () => {
    const text = exec("[redis-cli, -h, app-0.nodes, ping]").replace("Deployment", "StatefulSet");
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});
