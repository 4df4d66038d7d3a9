import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "redis-liveness-rejects-loading";
const message = (seconds: number) =>
  `only PONG passes, and a server that loads answers LOADING: after ${seconds} s it is killed`;

function probe(argv: string, role = "livenessProbe", image = "redis:7", more = ""): string {
  return deploymentWith(
    `name: r\n  image: ${image}\n  ${role}:\n    exec:\n      command: ${argv}${more}`,
  );
}

describe("reports a liveness probe that only PONG satisfies", () => {
  test.each([
    ["-e", "[redis-cli, -e, ping]"],
    ["grep PONG", "[sh, -c, 'redis-cli ping | grep PONG']"],
    ["= PONG", `[sh, -c, '[ "$(redis-cli ping)" = PONG ]']`],
    [
      "the operator's script",
      `[sh, -ec, 'RESP=$(redis-cli -h $(hostname) ping)\n\n          if [ "$RESP" != "PONG" ]; then exit 1; fi']`,
    ],
    ["knell redis", "[knell, redis]"],
  ])("%s", (_, argv) => {
    expect(messagesOf(NAME, probe(argv))).toEqual([`17:25 ${message(30)}`]);
  });

  test("a startup probe before it makes it a warning", () => {
    const startup = "\n  startupProbe: {exec: {command: [knell, redis, --live]}}";
    const [finding] = findingsOf(
      NAME,
      probe("[redis-cli, -e, ping]", "livenessProbe", "redis:7", startup),
    );
    expect(finding).toMatchObject({
      severity: "warning",
      objectPath: "Deployment/default/app/r/livenessProbe",
    });
  });
});

describe("stays silent", () => {
  test.each([
    ["every reply passes: KN501's business", probe("[redis-cli, ping]")],
    [
      "a branch for LOADING",
      probe("[sh, -c, 'case $(redis-cli ping) in PONG|LOADING*) ;; *) exit 1;; esac']"),
    ],
    ["grep of both", probe(`[sh, -c, 'redis-cli ping | grep -E "PONG|LOADING|MASTERDOWN"']`)],
    ["readiness", probe("[redis-cli, -e, ping]", "readinessProbe")],
    ["Sentinel by its port", probe("[sh, -c, 'redis-cli -p 26379 ping | grep PONG']")],
    [
      "Sentinel by its image",
      probe("[redis-cli, -e, ping]", "livenessProbe", "bitnami/redis-sentinel:7.2"),
    ],
    [
      "Sentinel by its command",
      probe(
        "[redis-cli, -e, ping]",
        "livenessProbe",
        "redis:7",
        "\n  command: [redis-server, /etc/redis.conf, --sentinel]",
      ),
    ],
    [
      "another family",
      probe("[sh, -c, 'redis-cli -h cache ping | grep PONG']", "livenessProbe", "example/worker:3"),
    ],
    ["knell asks whether it is alive", probe("[/knell, redis, --live]")],
    ["a script that cannot be followed", probe("[sh, -c, 'redis-cli ping | python3 /check.py']")],
    [
      "Compose, where Docker does not restart",
      "services:\n  r:\n    image: redis:7\n    healthcheck:\n      test: redis-cli ping | grep PONG\n",
    ],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("fix, R130: knell asks whether it is alive, with the client's options", () => {
  expect(fixedBy(NAME, probe("[redis-cli, -e, ping]"))).toBe(probe("[redis-cli, -e, ping]"));
  expect(fixedBy(NAME, probe("[redis-cli, -e, -p, '6380', ping]"), ["knell"])).toBe(
    probe("[knell, redis, --live, -e, -p, '6380']"),
  );
  expect(
    fixedBy(NAME, probe("[sh, -c, 'redis-cli -h $(hostname) ping | grep PONG']"), ["knell"]),
  ).toBe(probe(`[sh, -c, 'exec knell redis --live -h "$(hostname)"']`));
  expect(fixedBy(NAME, probe("[knell, redis]"), ["knell"])).toBe(probe("[knell, redis, --live]"));
});
