import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";
import { lint } from "../engine.ts";

const NAME = "probe-orphans-every-run";

function probe(argv: string, image = "redis:7-alpine", more = ""): string {
  return deploymentWith(
    `name: app\n  image: ${image}\n  livenessProbe:\n    exec:\n      command: ${argv}${more}`,
  );
}

describe("reports", () => {
  test.each([
    [
      "BusyBox timeout",
      probe("[timeout, '5', redis-cli, ping]"),
      'BusyBox "timeout" leaves its watchdog on every run, and PID 1 of "redis" does not reap',
    ],
    [
      "a background job",
      probe("[sh, -c, 'sleep 3 & redis-cli ping']", "redis:7"),
      '"&" leaves "sleep" behind, and PID 1 of "redis" does not reap',
    ],
    [
      "BusyBox wget with https",
      probe("[wget, -q, -O-, 'https://localhost:8443/']", "node:22-alpine"),
      'BusyBox "wget" forks ssl_client for https, and PID 1 of "node" does not reap',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([`17:25 ${message}`]);
    expect(lint([{ file: "a.yaml", text }]).findings.map(({ id }) => id)).not.toContain("KN101");
  });

  test("an error where PID 1 does not reap, a warning where that is not known", () => {
    const severity = (image: string) =>
      findingsOf(NAME, probe("[sh, -c, 'a & b']", image))[0]?.severity;
    expect(severity("redis:7")).toBe("error");
    expect(severity("example/app:1")).toBe("warning");
  });
});

describe("stays silent", () => {
  test.each([
    ["GNU timeout, which is KN101's", probe("[timeout, '5', redis-cli, ping]", "redis:7")],
    ["knell's limit", probe("[knell, exec, --timeout, '5', --, redis-cli, ping]")],
    ["an init as PID 1", probe("[timeout, '5', a]", "lscr.io/linuxserver/app:alpine")],
    ["wget without TLS", probe("[wget, -q, -O-, 'http://localhost/']")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("unsafe: the limit moves outside", () => {
    expect(fixedBy(NAME, probe("[timeout, '5', redis-cli, ping]"), ["unsafe"])).toBe(
      probe("[redis-cli, ping]", undefined, "\n    timeoutSeconds: 5"),
    );
    expect(
      fixedBy(NAME, probe("[sh, -c, timeout -s 9 5 redis-cli ping | grep P]"), ["unsafe"]),
    ).toBe(probe("[sh, -c, redis-cli ping | grep P]", undefined, "\n    timeoutSeconds: 5"));
  });

  test("knell: knell exec takes timeout's place", () => {
    expect(fixedBy(NAME, probe("[sh, -c, exec timeout 5 redis-cli ping]"), ["knell"])).toBe(
      probe("[sh, -c, exec knell exec --timeout 5 -- redis-cli ping]"),
    );
    expect(fixedBy(NAME, probe("[timeout, '5', redis-cli, ping]"), ["knell"])).toBe(
      probe("[knell, exec, --timeout, '5', --, redis-cli, ping]"),
    );
  });

  test("nothing is offered for a background job", () => {
    expect(findingsOf(NAME, probe("[sh, -c, 'a & b']"))[0]?.fixes).toEqual([]);
  });
});
