import { describe, expect, test } from "vitest";
import { fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "healthcheck-host-interpolation";

function compose(check: string, more: string): string {
  return `services:\n  db:\n    image: postgres:16\n    ${more.replaceAll("\n", "\n    ")}\n    healthcheck:\n      test: ${check}\n`;
}

const SHELL = '["CMD-SHELL", "pg_isready -U ${POSTGRES_USER}"]';
const LITERAL = "environment:\n  POSTGRES_USER: app";

describe("reports a variable that has another value in the container", () => {
  test.each([
    [
      "a literal",
      compose(SHELL, LITERAL),
      '7:42 "${POSTGRES_USER}" is the host\'s POSTGRES_USER; the container\'s is "app"',
    ],
    [
      "a literal in a list",
      compose("pg_isready -U $POSTGRES_USER", "environment: [POSTGRES_USER=app]"),
      '6:27 "$POSTGRES_USER" is the host\'s POSTGRES_USER; the container\'s is "app"',
    ],
    [
      "a file of variables",
      compose(SHELL, "env_file: db.env"),
      "6:38 \"${POSTGRES_USER}\" is the host's POSTGRES_USER; the container's comes from db.env",
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["the container's own", compose('["CMD-SHELL", "pg_isready -U $${POSTGRES_USER}"]', LITERAL)],
    ["n8n: passed through", compose(SHELL, "environment:\n  - POSTGRES_USER")],
    ["the same expression", compose(SHELL, "environment:\n  POSTGRES_USER: ${POSTGRES_USER}")],
    [
      "dify: made of the host's",
      compose(SHELL, "environment:\n  POSTGRES_USER: ${DB_USER:-postgres}"),
    ],
    [".env, which the host reads, too", compose(SHELL, "env_file: .env")],
    [".env among others", compose(SHELL, "env_file: [.env, db.env]")],
    ["a default equal to the value", compose("pg_isready -U ${POSTGRES_USER:-app}", LITERAL)],
    ["a variable of the host alone", compose("pg_isready -p ${DB_PORT}", LITERAL)],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("unsafe: one more $ where a shell expands it", () => {
    expect(fixedBy(NAME, compose(SHELL, LITERAL), ["unsafe"])).toBe(
      compose('["CMD-SHELL", "pg_isready -U $${POSTGRES_USER}"]', LITERAL),
    );
    expect(fixedBy(NAME, compose("pg_isready -U $POSTGRES_USER", LITERAL), ["unsafe"])).toBe(
      compose("pg_isready -U $$POSTGRES_USER", LITERAL),
    );
  });

  test("none without a shell: nothing would expand it", () => {
    const text = compose('["CMD", "pg_isready", "-U", "${POSTGRES_USER}"]', LITERAL);
    expect(messagesOf(NAME, text)).toHaveLength(1);
    expect(fixedBy(NAME, text, ["unsafe"])).toBe(text);
  });
});
