import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "redis-client-mismatch";
const PASSWORD = 'the server demands a password, and "redis-cli" has none';

function compose(lines: string): string {
  return `services:\n  cache:\n    ${lines.trim().replaceAll("\n", "\n    ")}\n`;
}

function service(command: string, check: string, more = ""): string {
  return compose(`image: redis:7\ncommand: ${command}${more}\nhealthcheck:\n  test: ${check}`);
}

function pod(argv: string, container: string): string {
  return deploymentWith(`name: r\n  ${container}\n  readinessProbe: {exec: {command: ${argv}}}`);
}

const PING = '["CMD", "redis-cli", "ping"]';

describe("reports what the server's own command line proves wrong", () => {
  test.each([
    ["a password, Compose", service("redis-server --requirepass x", PING), `6:21 ${PASSWORD}`],
    [
      "a password with a default",
      service("redis-server --requirepass ${PW:-difyai123456}", PING),
      `6:21 ${PASSWORD}`,
    ],
    [
      "a password, words of the image's ENTRYPOINT",
      service('["--requirepass", "x"]', "redis-cli ping | grep PONG"),
      `6:13 ${PASSWORD}`,
    ],
    [
      "a password, Kubernetes",
      pod(
        "[redis-cli, ping]",
        "image: redis:7\n  command: [redis-server]\n  args: [--requirepass, $(PW)]",
      ),
      `17:45 ${PASSWORD}`,
    ],
    [
      "bitnami's variable",
      pod(
        "[redis-cli, ping]",
        "image: bitnami/redis:7.2\n  env: [{name: REDIS_PASSWORD, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
      ),
      `16:45 ${PASSWORD}`,
    ],
    [
      "a port",
      service("redis-server --port 6380", PING),
      '6:21 the server listens on port 6380, and "redis-cli" asks 6379',
    ],
    [
      "TLS alone",
      service("redis-server --port 0 --tls-port 6379", PING),
      '6:21 the server speaks TLS alone (--port 0 --tls-port 6379), and "redis-cli" has no --tls',
    ],
    [
      "options after the command",
      service("redis-server", '["CMD", "redis-cli", "ping", "-h", "localhost"]'),
      '6:21 "-h" after "ping" is an argument of PING, not an option of "redis-cli"',
    ],
    [
      "no command",
      pod("[sh, -c, 'redis-cli -h localhost | grep -q PONG']", "image: redis:7"),
      '15:54 "redis-cli" has no command: it asks nothing and exits 0',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    [
      "-a",
      service("redis-server --requirepass ${PW}", `["CMD", "redis-cli", "-a", "\${PW}", "ping"]`),
    ],
    [
      "--pass in a string",
      service('redis-server --requirepass "$PW"', `"[ $$(redis-cli --pass $$PW ping) = PONG ]"`),
    ],
    [
      "REDISCLI_AUTH in environment",
      service("redis-server --requirepass ${PW}", PING, "\nenvironment:\n  REDISCLI_AUTH: ${PW}"),
    ],
    [
      "a file of variables",
      service("redis-server --requirepass ${PW}", PING, "\nenv_file: redis.env"),
    ],
    ["a password that may be empty", service("redis-server --requirepass ${PW:-}", PING)],
    [
      "no password: immich, n8n, plausible",
      compose(`image: redis:6-alpine\nhealthcheck:\n  test: ${PING}`),
    ],
    [
      "ALLOW_EMPTY_PASSWORD",
      compose(
        `image: bitnami/redis:7.2\nenvironment:\n  - ALLOW_EMPTY_PASSWORD=yes\n  - REDIS_PASSWORD=\nhealthcheck:\n  test: ${PING}`,
      ),
    ],
    [
      "an external redis.conf",
      service("redis-server /usr/local/etc/redis/redis.conf --port 6380", PING),
    ],
    [
      "the port is given",
      service("redis-server --port 6380", '["CMD", "redis-cli", "-p", "6380", "ping"]'),
    ],
    [
      "a socket",
      service(
        "redis-server --port 0 --unixsocket /tmp/r.sock",
        '["CMD", "redis-cli", "-s", "/tmp/r.sock", "ping"]',
      ),
    ],
    [
      "another host",
      service("redis-server --requirepass x", '["CMD", "redis-cli", "-h", "redis-master", "ping"]'),
    ],
    ["words of another command", service("redis-server", '["CMD", "redis-cli", "set", "k", "-h"]')],
    ["a command on stdin", service("redis-server", "echo ping | redis-cli | grep PONG")],
    [
      "a client without a server",
      compose(`image: example/worker:1\nhealthcheck:\n  test: ${PING}`),
    ],
    [
      "the prelude sets it",
      pod(
        "[sh, -c, 'REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -e ping']",
        "image: bitnami/redis:7.2\n  env: [{name: REDIS_PASSWORD, value: x}]",
      ),
    ],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("safe: options go before the command word", () => {
    expect(
      fixedBy(NAME, service("redis-server", '["CMD", "redis-cli", "ping", "-h", "localhost"]')),
    ).toBe(service("redis-server", '["CMD", "redis-cli", "-h", "localhost", "ping"]'));
    expect(
      fixedBy(NAME, service("redis-server", 'redis-cli ping -p 6380 -a "$$PW" | grep PONG')),
    ).toBe(service("redis-server", 'redis-cli -p 6380 -a "$$PW" ping | grep PONG'));
  });

  test("unsafe: the client gets the server's password, port and TLS", () => {
    const unsafe = (text: string) => fixedBy(NAME, text, ["unsafe"]);
    const password = "redis-server --requirepass ${PW:-x}";
    expect(unsafe(service(password, PING, "\nenvironment:\n  TZ: UTC"))).toBe(
      service(password, PING, "\nenvironment:\n  TZ: UTC\n  REDISCLI_AUTH: ${PW:-x}"),
    );
    expect(unsafe(service(password, PING, "\nenvironment:\n  - TZ=UTC"))).toBe(
      service(password, PING, "\nenvironment:\n  - TZ=UTC\n  - REDISCLI_AUTH=${PW:-x}"),
    );
    expect(unsafe(service("redis-server --port 6380", "redis-cli ping"))).toBe(
      service("redis-server --port 6380", "redis-cli -p 6380 ping"),
    );
    expect(unsafe(service("redis-server --port 0 --tls-port 6390", PING))).toBe(
      service(
        "redis-server --port 0 --tls-port 6390",
        '["CMD", "redis-cli", "--tls", "-p", "6390", "ping"]',
      ),
    );
  });

  test("a variable of the container's shell is not copied to where nothing expands it", () => {
    const text = service(`sh -c 'redis-server --requirepass "$$PW"'`, PING);
    expect(messagesOf(NAME, text)).toEqual([`6:21 ${PASSWORD}`]);
    expect(fixedBy(NAME, text, ["unsafe"])).toBe(text);
  });
});
