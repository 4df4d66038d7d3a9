import { describe, expect, test } from "vitest";
import { fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "healthcheck-test-form";

function compose(check: string): string {
  return `services:\n  web:\n    image: example/shop:1\n    healthcheck:\n      test: ${check}\n`;
}

describe("reports lists that are read in another way than they look", () => {
  test.each([
    [
      '["CMD-SHELL", "curl", "-f", "http://localhost"]',
      '5:35 CMD-SHELL runs "curl" alone: "-f" is not an argument of it',
    ],
    [
      '["curl", "-f", "http://localhost"]',
      '5:14 the list begins with "curl", where NONE, CMD or CMD-SHELL must stand',
    ],
    [
      '["CMD", "curl -f http://localhost"]',
      '5:21 CMD looks for a program named "curl -f http://localhost"',
    ],
    [
      '["CMD", "curl", "-f", "localhost", "||", "exit", "1"]',
      '5:48 "||" reaches "curl" as an argument: CMD runs no shell',
    ],
  ])("%s", (check, message) => {
    expect(messagesOf(NAME, compose(check))).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    '["CMD", "pg_isready", "-h", "db", "-U", "${PGUSER:-postgres}"]',
    '["CMD-SHELL", "pg_isready -U postgres || exit 1"]',
    "pg_isready -U postgres || exit 1",
    '["NONE"]',
    "NONE",
    '["CMD", "sh", "-c", "curl -f localhost || exit 1"]',
    '["CMD", "test", "1", "<", "2"]',
    '["CMD-SHELL", "curl -f \\"$$1\\"", "sh", "http://localhost"]',
  ])("%s", (check) => {
    expect(messagesOf(NAME, compose(check))).toEqual([]);
  });
});

test("fix: the list that was meant", () => {
  const fixed = (check: string) => fixedBy(NAME, compose(check));
  expect(fixed('["CMD-SHELL", "curl", "-f", "localhost"]')).toBe(
    compose('["CMD", "curl", "-f", "localhost"]'),
  );
  expect(fixed("[CMD-SHELL, curl -f, localhost, '||', exit, '1']")).toBe(
    compose("[CMD-SHELL, curl -f localhost || exit 1]"),
  );
  expect(fixed('["curl", "-f", "localhost"]')).toBe(compose('["CMD", "curl", "-f", "localhost"]'));
  expect(fixed('["curl -f localhost"]')).toBe(compose('["CMD-SHELL", "curl -f localhost"]'));
  expect(fixed('["CMD", "curl -f localhost"]')).toBe(compose('["CMD", "curl", "-f", "localhost"]'));
  expect(fixed('["CMD", "curl -f localhost || exit 1"]')).toBe(
    compose('["CMD-SHELL", "curl -f localhost || exit 1"]'),
  );
  expect(fixed('["CMD", "curl", "a b", "||", "exit", "1"]')).toBe(
    compose('["CMD", "curl", "a b", "||", "exit", "1"]'),
  );
});
