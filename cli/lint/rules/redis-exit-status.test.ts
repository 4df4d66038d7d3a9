import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "redis-exit-status";
const MESSAGE =
  '"redis-cli" exits 0 when the server answers with an error, and nothing reads the answer';

function probe(argv: string, role = "readinessProbe", image = "redis:7"): string {
  return deploymentWith(
    `name: r\n  image: ${image}\n  ${role}:\n    exec:\n      command: ${argv}`,
  );
}

function compose(test: string, image = "redis:7-alpine"): string {
  return `services:\n  cache:\n    image: ${image}\n    healthcheck:\n      test: ${test}\n`;
}

describe("reports the client's words", () => {
  test.each([
    ["argv", probe("[redis-cli, ping]"), `17:25 ${MESSAGE}`],
    ["a shell string", probe("[sh, -c, 'redis-cli ping || exit 1']"), `17:34 ${MESSAGE}`],
    ["Compose CMD", compose('["CMD", "redis-cli", "ping"]'), `5:21 ${MESSAGE}`],
    ["a Compose string", compose("redis-cli -a $$X ping"), `5:13 ${MESSAGE}`],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("a Dockerfile's HEALTHCHECK, across a continuation", () => {
    const text = "FROM redis:7\nHEALTHCHECK --interval=5s CMD \\\n  redis-cli ping || exit 1\n";
    const [finding] = findingsOf(NAME, text, { file: "Dockerfile" });
    expect(finding).toMatchObject({
      objectPath: "stage 1/HEALTHCHECK",
      span: { start: { line: 3, column: 3 }, end: { line: 3, column: 17 } },
    });
  });
});

describe("stays silent", () => {
  test.each([
    ["-e", probe("[redis-cli, -e, ping]")],
    ["the reply piped to grep", probe("[sh, -c, 'redis-cli ping | grep PONG']")],
    ["the reply compared", probe(`[sh, -c, '[ "$(redis-cli ping)" = PONG ]']`)],
    ["--pipe", probe("[sh, -c, 'redis-cli --pipe < /tmp/x']")],
    ["another client", probe("[mysqladmin, ping]")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("-e is added on readiness, in Compose and in a Dockerfile", () => {
    expect(fixedBy(NAME, probe("[redis-cli, -p, '6380', ping]"))).toBe(
      probe("[redis-cli, -e, -p, '6380', ping]"),
    );
    expect(fixedBy(NAME, compose("redis-cli -a $$X ping || exit 1"))).toBe(
      compose("redis-cli -e -a $$X ping || exit 1"),
    );
    const dockerfile = "FROM redis:7\nHEALTHCHECK CMD redis-cli ping\n";
    expect(fixedBy(NAME, dockerfile, ["safe"], { file: "Dockerfile" })).toBe(
      dockerfile.replace("redis-cli", "redis-cli -e"),
    );
  });

  test("no -e where it would kill a loading server, or the client does not know it", () => {
    const live = probe("[redis-cli, ping]", "livenessProbe");
    expect(fixedBy(NAME, live)).toBe(live);
    const old = probe("[redis-cli, ping]", "readinessProbe", "redis:5.0");
    expect(fixedBy(NAME, old)).toBe(old);
  });

  test("R130: knell asks, and accepts a loading server on liveness", () => {
    const fixed = (role: string) => fixedBy(NAME, probe("[redis-cli, ping]", role), ["knell"]);
    expect(fixed("readinessProbe")).toBe(probe("[knell, redis]"));
    expect(fixed("livenessProbe")).toBe(probe("[knell, redis, --live]", "livenessProbe"));
  });
});
