import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "env-not-expanded";
const SECRET = "- name: PW\n  valueFrom: {secretKeyRef: {name: s, key: k}}";

function container(argv: string, env = "", handler = "readinessProbe"): string {
  const variables = env && `\n  env:\n    ${env.replaceAll("\n", "\n    ")}`;
  const subject =
    handler === "readinessProbe"
      ? `readinessProbe:\n    exec:\n      command: ${argv}`
      : `lifecycle:\n    ${handler}:\n      exec:\n        command: ${argv}`;
  return deploymentWith(`name: app\n  image: redis:7\n  ${subject}${variables}`);
}

describe("reports the variable", () => {
  test.each([
    [
      "P38: from a Secret, which becomes empty",
      container("[redis-cli, -a, $(PW), ping]", SECRET),
      '17:40 "$(PW)" becomes empty: the kubelet does not read secretKeyRef for a probe',
    ],
    [
      "L4: from a Secret, also within a shell's script",
      container("[sh, -c, 'redis-cli -a $(PW) ping']", SECRET),
      '17:47 "$(PW)" becomes empty: the kubelet does not read secretKeyRef for a probe',
    ],
    [
      "from nowhere",
      container("[pg_isready, -U, $(PGUSER)]"),
      `17:41 "$(PGUSER)" stays as it is: the container's env has no "PGUSER"`,
    ],
    [
      "from nowhere, in a shell's script",
      container("[sh, -c, 'pg_isready -U $(PGUSER)']"),
      `17:48 "$(PGUSER)" runs a program "PGUSER" in the shell: the container's env has no "PGUSER"`,
    ],
    [
      "without a shell",
      container("[mysqladmin, ping, '-p${MYSQL_PASSWORD}']"),
      '17:46 "${MYSQL_PASSWORD}" reaches "mysqladmin" as it is: no shell reads it',
    ],
    [
      "P101: in a hook, whatever its value",
      container("[app, stop, $(PORT)]", "- {name: PORT, value: '80'}", "preStop"),
      '18:38 "$(PORT)" stays as it is: the kubelet expands nothing in a hook',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("from envFrom, which the kubelet does not look into", () => {
    const text = container("[pg_isready, -U, $(PGUSER)]").replace(
      "image: redis:7",
      "image: postgres:17\n          envFrom: [{secretRef: {name: s}}]",
    );
    expect(messagesOf(NAME, text)).toEqual([
      '18:41 "$(PGUSER)" stays as it is: the kubelet knows no value of "PGUSER": envFrom does not count',
    ]);
  });
});

describe("stays silent", () => {
  const literal = "- {name: REDIS_PORT, value: '6379'}";
  test.each([
    ["a literal value", container("[redis-cli, -p, $(REDIS_PORT), ping]", literal)],
    ["a command", container('[sh, -c, "redis-cli -h $(hostname) ping"]')],
    ["another command", container("[sh, -c, 'test $(date +%s) -gt $(cat /tmp/t)']")],
    ["a shell's variable", container("[sh, -c, 'redis-cli -a \"$PW\" ping']", SECRET)],
    ["an escaped dollar", container('[sh, -c, "redis-cli -a $$(PW) ping"]', SECRET)],
    ["awk's fields", container("[awk, '{exit $(NF) != 1}', /tmp/state]")],
    ["awk's fields in a shell", container(`[sh, -c, "ps | awk '{print $(NF)}'"]`)],
    ["perl", container("[perl, -e, 'exit !$ENV{A}']")],
    ["knell, which reads the variable's name", container("[knell, redis, -a, $(PW)]")],
    ["a shell behind su", container("[su, app, -c, 'redis-cli -a $PW ping']")],
    ["JavaScript", container("[node, -e, 'fetch(`http://localhost:${PORT}`)']")],
    ["a price", container("[grep, -q, 'US$', /tmp/x]")],
    [
      "the pattern that Bitnami's charts use",
      container(
        '[/bin/sh, -c, -e, \'exec pg_isready -U "postgres" -d "dbname=app" -h 127.0.0.1 -p 5432\']',
      ),
    ],
    [
      "a literal value in a script",
      container("[sh, -c, 'nc -z 127.0.0.1 $(REDIS_PORT)']", literal),
    ],
    ["a function of the script", container("[sh, -c, 'PW() { echo x; }; test $(PW) = x']")],
    [
      "a patch, whose variables stand elsewhere",
      container("[pg_isready, -U, $(PGUSER)]").replace("\n          image: redis:7", ""),
    ],
    ["a shell's variable in a hook", container("[sh, -c, 'app stop $PORT']", "", "preStop")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("unsafe: a shell reads the variable", () => {
    expect(fixedBy(NAME, container("[redis-cli, -a, $(PW), ping]", SECRET), ["unsafe"])).toBe(
      container(`["sh", "-c", "exec redis-cli -a \\"$PW\\" ping"]`, SECRET).replaceAll(
        '["sh", "-c", "exec redis-cli -a \\"$PW\\" ping"]',
        '[sh, -c, exec redis-cli -a "$PW" ping]',
      ),
    );
  });

  test("unsafe: in a script the shell's own form takes its place", () => {
    const before = container("[sh, -c, 'redis-cli -a $(PW) ping']", SECRET);
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(
      container(`[sh, -c, 'redis-cli -a "$PW" ping']`, SECRET),
    );
  });

  test("knell reads the variable's name", () => {
    expect(fixedBy(NAME, container("[redis-cli, -a, $(PW), ping]", SECRET), ["knell"])).toBe(
      container("[knell, redis, --password-env, PW]", SECRET),
    );
    expect(
      fixedBy(NAME, container("[sh, -c, 'redis-cli -p 6380 -a $(PW) ping']", SECRET), ["knell"]),
    ).toBe(container("[sh, -c, 'knell redis -p 6380 --password-env PW']", SECRET));
  });

  test("R133: no variable is invented", () => {
    const [finding] = findingsOf(NAME, container("[redis-cli, -a, $(PW), ping]"));
    expect(finding?.fixes.map(({ kind }) => kind)).toEqual(["unsafe"]);
  });

  test("nothing safe: a probe that failed or passed by accident may change", () => {
    const before = container("[redis-cli, -a, $(PW), ping]", SECRET);
    expect(fixedBy(NAME, before)).toBe(before);
  });
});
