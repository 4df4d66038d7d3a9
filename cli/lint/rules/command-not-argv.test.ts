import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "command-not-argv";

function command(argv: string): string {
  return deploymentWith(
    `name: app\n  image: redis:7\n  livenessProbe:\n    exec:\n      command: ${argv}`,
  );
}

describe("reports", () => {
  test.each([
    ['["redis-cli ping"]', '17:25 "redis-cli ping" is one word, and no program has that name'],
    [
      '[redis-cli, ping, "|", grep, PONG]',
      '17:42 "|" reaches "redis-cli" as an argument: no shell reads it',
    ],
    [
      "[sh, -c, redis-cli, ping]",
      '17:44 "sh -c" runs "redis-cli" alone: "ping" is not an argument of it',
    ],
    [
      '[pg_isready, ">", /dev/null]',
      '17:37 ">" reaches "pg_isready" as an argument: no shell reads it',
    ],
  ])("%s", (argv, message) => {
    expect(messagesOf(NAME, command(argv))).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["one word", "[/healthcheck]"],
    ["a script of sh -c with operands it uses", "[sh, -c, 'redis-cli -p $1 ping', sh, '6379']"],
    ["a shell's operators", "[sh, -c, 'redis-cli ping | grep PONG']"],
    ["a pattern of grep", '[grep, "|", /tmp/state]'],
    ["find's own semicolon", '[find, /tmp, -name, x, -exec, "true", "{}", ";"]'],
    ["code after node -e", '[node, -e, "process.exit(1)", ">"]'],
  ])("%s", (_, argv) => {
    expect(messagesOf(NAME, command(argv))).toEqual([]);
  });
});

describe("fix", () => {
  test("plain words are split in the style of the list", () => {
    expect(fixedBy(NAME, command('["redis-cli ping"]'))).toBe(command('["redis-cli", "ping"]'));
    expect(fixedBy(NAME, command("\n      - redis-cli ping # ask"))).toBe(
      command("\n      - redis-cli # ask\n      - ping"),
    );
  });

  test("a needless shell goes away", () => {
    expect(fixedBy(NAME, command("[sh, -c, redis-cli, ping]"))).toBe(command("[redis-cli, ping]"));
  });

  test("a line with shell syntax is given to a shell, as an unsafe fix", () => {
    const before = command('["redis-cli ping | grep PONG"]');
    expect(fixedBy(NAME, before)).toBe(before);
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(
      command('["sh", "-c", "redis-cli ping | grep PONG"]'),
    );
  });

  test("words are quoted where operators become syntax", () => {
    expect(fixedBy(NAME, command('[redis-cli, ping, "|", grep, "P NG"]'), ["unsafe"])).toBe(
      command("[sh, -c, redis-cli ping | grep 'P NG']"),
    );
  });
});
