import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "secret-in-probe-argv";

function probe(argv: string, image = "redis:7"): string {
  return deploymentWith(
    `name: app\n  image: ${image}\n  readinessProbe:\n    exec:\n      command: ${argv}`,
  );
}

function compose(test: string): string {
  return `services:\n  db:\n    image: db:1\n    healthcheck:\n      test: ${test}\n`;
}

function on(program: string, option: string): string {
  return `"${program}" gets a password on its command line, with "${option}"`;
}

describe("reports the password's word", () => {
  test.each([
    ["in a script", probe(`[sh, -c, 'redis-cli -a "$PW" ping']`), `17:47 ${on("redis-cli", "-a")}`],
    [
      "as an argument",
      probe("[valkey-cli, --pass, s3cret, ping]"),
      `17:45 ${on("valkey-cli", "--pass")}`,
    ],
    [
      "in a URI",
      compose('["CMD", "redis-cli", "-u", "redis://:pw@localhost", "ping"]'),
      `5:40 ${on("redis-cli", "-u")}`,
    ],
    [
      "of the host",
      compose("redis-cli -a ${PW:-difyai} ping | grep PONG"),
      `5:26 ${on("redis-cli", "-a")}`,
    ],
    [
      "of MySQL",
      compose("mysqladmin ping -h localhost -uroot -p$$MYSQL_ROOT_PASSWORD"),
      `5:49 ${on("mysqladmin", "-p")}`,
    ],
    [
      "of MariaDB",
      compose('["CMD", "mariadb-admin", "--password=x", "ping"]'),
      `5:38 ${on("mariadb-admin", "--password")}`,
    ],
    [
      "of MongoDB",
      compose("mongosh -u root -p x --eval 'db.runCommand(1)'"),
      `5:32 ${on("mongosh", "-p")}`,
    ],
    [
      "of SQL Server",
      compose("/opt/mssql-tools/bin/sqlcmd -S localhost -U sa -P $$PW -Q 'SELECT 1'"),
      `5:63 ${on("sqlcmd", "-P")}`,
    ],
    [
      "of ClickHouse",
      compose("clickhouse-client --password x -q 'select 1'"),
      `5:42 ${on("clickhouse-client", "--password")}`,
    ],
    [
      "of curl",
      compose("curl -fs -u elastic:$$PW http://localhost:9200"),
      `5:22 ${on("curl", "-u")}`,
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("in a Dockerfile", () => {
    const text = 'FROM redis:7\nHEALTHCHECK CMD redis-cli -a "$PW" ping\n';
    expect(messagesOf(NAME, text, { file: "Dockerfile" })).toEqual([
      `2:30 ${on("redis-cli", "-a")}`,
    ]);
  });

  test("clients that overwrite it are an info, and the password is never in the message", () => {
    const [finding] = findingsOf(NAME, compose("mysqladmin ping -phunter2"));
    expect(finding?.severity).toBe("info");
    expect(JSON.stringify({ ...finding, fixes: [] })).not.toContain("hunter2");
  });
});

describe("stays silent", () => {
  test.each([
    ["the environment", probe(`[sh, -c, 'REDISCLI_AUTH="$PW" redis-cli ping']`)],
    ["MYSQL_PWD", compose("MYSQL_PWD=$$MYSQL_ROOT_PASSWORD mysqladmin ping -uroot")],
    [
      "an option file",
      compose('["CMD", "mysqladmin", "--defaults-extra-file=/run/my.cnf", "ping"]'),
    ],
    ["a password file of knell", probe("[knell, redis, --password-file, /run/secrets/redis]")],
    ["a prompt", compose("mysqladmin ping -uroot -p")],
    ["a port", compose("mysqladmin ping -P3306 --port=3306")],
    ["a user without a password", compose("curl -f -u elastic http://localhost:9200")],
    ["a URI without a password", compose("mongosh mongodb://localhost:27017/test --eval 1")],
    ["a port of redis-cli", probe("[redis-cli, -p, '6380', ping]")],
    ["an empty password", probe(`[redis-cli, -a, "", ping]`)],
    ["wget", compose("wget -qO- -U probe:1 http://localhost")],
    ["-p of another program", compose("pg_isready -p 5432 -U app")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("safe: a Redis client reads it from REDISCLI_AUTH", () => {
    expect(fixedBy(NAME, probe(`[sh, -c, 'redis-cli -p 1 -a "$PW" ping | grep PONG']`))).toBe(
      probe(`[sh, -c, 'REDISCLI_AUTH="$PW" redis-cli -p 1 ping | grep PONG']`),
    );
    expect(fixedBy(NAME, compose("exec redis-cli --pass $$PW ping"))).toBe(
      compose('REDISCLI_AUTH="$$PW" exec redis-cli ping'),
    );
    const text = 'FROM redis:7\nHEALTHCHECK CMD redis-cli -a "${PW}" ping\n';
    expect(fixedBy(NAME, text, ["safe"], { file: "Dockerfile" })).toBe(
      'FROM redis:7\nHEALTHCHECK CMD REDISCLI_AUTH="$PW" redis-cli ping\n',
    );
  });

  test.each([
    ["the host's value", compose("redis-cli -a ${PW} ping")],
    ["a literal", probe("[sh, -c, 'redis-cli -a hunter2 ping']")],
    ["a wrapper that clears the environment", probe(`[sh, -c, 'sudo redis-cli -a "$PW" ping']`)],
    ["another client", compose("curl -fu elastic:$$PW http://localhost:9200")],
  ])("none for %s", (_, before) => {
    expect(fixedBy(NAME, before, ["safe", "unsafe", "knell"])).toBe(before);
  });

  test("none that is safe for a client before 5.0, which does not know the variable", () => {
    const before = probe(`[sh, -c, 'redis-cli -a "$PW" ping']`, "redis:4.0-alpine");
    expect(fixedBy(NAME, before)).toBe(before);
  });

  test("R133: knell reads the variable", () => {
    expect(fixedBy(NAME, probe(`[sh, -c, 'redis-cli -a "$PW" ping']`), ["knell"])).toBe(
      probe("[sh, -c, 'knell redis --password-env PW']"),
    );
    expect(fixedBy(NAME, probe("[redis-cli, -a, $(PW), ping]"), ["knell"])).toBe(
      probe("[knell, redis, --password-env, PW]"),
    );
    expect(fixedBy(NAME, compose("redis-cli -a $$PW ping"), ["knell"])).toBe(
      compose("knell redis --password-env PW"),
    );
  });
});
