import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "redis-write-probe";
const message = (word: string) => `"${word}" changes data or files on every run of the probe`;

function compose(check: string, image = "redis:7"): string {
  return `services:\n  cache:\n    image: ${image}\n    healthcheck:\n      test: ${check}\n`;
}

function probe(argv: string, role = "livenessProbe"): string {
  return deploymentWith(`name: r\n  image: redis:7\n  ${role}: {exec: {command: ${argv}}}`);
}

const DOCKERFILE = "FROM redis:7\nHEALTHCHECK CMD redis-cli set health ok || exit 1\n";

describe("reports the command that writes", () => {
  test.each([
    [
      "AFFiNE's",
      compose('["CMD", "redis-cli", "--raw", "incr", "ping"]'),
      `5:43 ${message("incr")}`,
    ],
    ["in a shell", probe(`[sh, -c, 'redis-cli SET k v | grep OK']`), `15:63 ${message("SET")}`],
    ["BGSAVE", probe("[redis-cli, bgsave]"), `15:55 ${message("bgsave")}`],
  ])("%s", (_, text, expected) => {
    expect(messagesOf(NAME, text)).toEqual([expected]);
  });

  test("a Dockerfile's HEALTHCHECK", () => {
    expect(messagesOf(NAME, DOCKERFILE, { file: "Dockerfile" })).toEqual([
      `2:27 ${message("set")}`,
    ]);
  });
});

describe("stays silent", () => {
  test.each([
    ["ping", compose('["CMD", "redis-cli", "ping"]')],
    ["a read", compose("redis-cli get ready | grep yes")],
    ["INFO", probe("[sh, -c, 'redis-cli info replication | grep -q up']")],
    ["a word that is only known in the container", probe("[sh, -c, 'redis-cli $COMMAND ping']")],
    ["set of another program", compose("sh -c 'set -e; redis-cli ping'")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("safe: PING in the form that KN501 asks for", () => {
    expect(fixedBy(NAME, compose('["CMD", "redis-cli", "--raw", "incr", "ping"]'))).toBe(
      compose('["CMD", "redis-cli", "--raw", "-e", "ping"]'),
    );
    expect(fixedBy(NAME, compose("redis-cli incr ping", "redis:5"))).toBe(
      compose("redis-cli ping", "redis:5"),
    );
    expect(fixedBy(NAME, probe("[redis-cli, incr, ping]"))).toBe(probe("[redis-cli, ping]"));
    expect(fixedBy(NAME, DOCKERFILE, ["safe"], { file: "Dockerfile" })).toBe(
      DOCKERFILE.replace("set health ok", "-e ping"),
    );
  });

  test("knell: asks for PONG on readiness, for life on liveness", () => {
    expect(fixedBy(NAME, probe("[redis-cli, incr, x]", "readinessProbe"), ["knell"])).toBe(
      probe("[knell, redis]", "readinessProbe"),
    );
    expect(fixedBy(NAME, probe("[redis-cli, incr, x]"), ["knell"])).toBe(
      probe("[knell, redis, --live]"),
    );
  });

  test("none where something reads the reply to the write", () => {
    const text = probe(`[sh, -c, 'redis-cli set k v | grep OK']`);
    expect(fixedBy(NAME, text, ["safe", "knell"])).toBe(text);
  });
});
