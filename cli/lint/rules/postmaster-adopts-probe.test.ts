import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";
import { lint } from "../engine.ts";

const NAME = "postmaster-adopts-probe";
const MESSAGE = '"sh" forks "pg_isready": what a timeout leaves behind is the postmaster\'s';

function compose(test: string, image = "postgres:17", more = ""): string {
  return `services:\n  db:\n    image: ${image}${more}\n    healthcheck:\n      test: ${test}\n`;
}

function probe(argv: string, image = "postgres:17"): string {
  return deploymentWith(
    `name: db\n  image: ${image}\n  livenessProbe:\n    exec:\n      command: ${argv}`,
  );
}

test("a shell that forks pg_isready beside the postmaster is reported, in place of KN101", () => {
  const text = compose('["CMD-SHELL", "pg_isready -U app || exit 1"]');
  expect(messagesOf(NAME, text)).toEqual([`5:27 ${MESSAGE}`]);
  const ids = lint([{ file: "c.yaml", text }]).findings.map(({ id }) => id);
  expect(ids).toEqual(["KN103"]);
  expect(messagesOf(NAME, probe("[sh, -c, pg_isready -U app]"))).toEqual([`17:25 ${MESSAGE}`]);
});

describe("stays silent", () => {
  test.each([
    ["the exec form", compose('["CMD", "pg_isready", "-U", "app"]')],
    ["exec in a shell", probe("[sh, -c, exec pg_isready -U app]")],
    ["Alpine with one simple command", compose("pg_isready -U app", "postgres:17-alpine")],
    ["init: true", compose("pg_isready -U app", "postgres:17", "\n    init: true")],
    [
      "CloudNativePG, whose PID 1 is a manager",
      probe("[sh, -c, pg_isready]", "ghcr.io/cloudnative-pg/postgresql:17"),
    ],
    ["spilo", probe("[sh, -c, pg_isready]", "ghcr.io/zalando/spilo-17:4.0")],
    ["another server", compose("mysqladmin ping || exit 1", "mysql:8")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("the exec form, where words need no shell", () => {
    expect(fixedBy(NAME, compose('["CMD-SHELL", "pg_isready -U app || exit 1"]'))).toBe(
      compose('["CMD", "pg_isready", "-U", "app"]'),
    );
  });

  test("exec, where something is expanded", () => {
    expect(fixedBy(NAME, compose("pg_isready -U $${POSTGRES_USER} || exit 1"))).toBe(
      compose("exec pg_isready -U $${POSTGRES_USER}"),
    );
  });

  test("init: true, where several processes are needed", () => {
    const before = compose("pg_isready -U app && psql -c 'select 1'");
    expect(fixedBy(NAME, before)).toBe(
      compose("pg_isready -U app && psql -c 'select 1'", "postgres:17", "\n    init: true"),
    );
  });
});
