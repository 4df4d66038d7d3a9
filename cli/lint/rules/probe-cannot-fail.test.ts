import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "probe-cannot-fail";
const CURL = '"curl" without -f exits 0 when the server answers 404 or 500';

function probe(argv: string, more = ""): string {
  return deploymentWith(
    `name: app\n  image: app:1\n  livenessProbe:\n    exec:\n      command: ${argv}${more}`,
  );
}

function compose(test: string): string {
  return `services:\n  web:\n    image: web:1\n    healthcheck:\n      test: ${test}\n`;
}

function dockerfile(command: string): string {
  return `FROM debian:12\nRUN apt-get install -y curl\nHEALTHCHECK --interval=5s CMD ${command}\n`;
}

describe("reports", () => {
  test.each([
    [
      "|| true",
      probe("[sh, -c, 'curl -f http://localhost || true']"),
      '17:62 ends in "true", which hides every failure before it',
    ],
    ["a program that does nothing", probe("[/bin/true]"), '17:25 "/bin/true" always exits 0'],
    [
      "Python that leaves with 0",
      probe("[python3, -c, 'import sys; sys.exit(0)']"),
      '17:25 "python3 -c import sys; sys.exit(0)" always exits 0',
    ],
    ["curl in Compose", compose("curl http://localhost:9200"), `5:13 ${CURL}`],
    ["curl as words", compose('["CMD", "curl", "-s", "localhost:80"]'), `5:21 ${CURL}`],
    ["curl before exit 1", compose("curl -so /dev/null http://a || exit 1"), `5:13 ${CURL}`],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("a Dockerfile, with the operator's right side as the place", () => {
    const options = { file: "Dockerfile" };
    expect(messagesOf(NAME, dockerfile("curl -f localhost; exit 0"), options)).toEqual([
      '3:50 ends in "exit 0", which hides every failure before it',
    ]);
    expect(messagesOf(NAME, dockerfile('["curl", "localhost"]'), options)).toEqual([
      `3:32 ${CURL}`,
    ]);
  });

  test("curl is a warning, the others are errors", () => {
    expect(findingsOf(NAME, compose("curl http://a"))[0]?.severity).toBe("warning");
    expect(findingsOf(NAME, compose("curl http://a || true"))[0]?.severity).toBe("error");
  });

  test("a file of a ConfigMap, which is always there", () => {
    const text = probe(
      "[cat, /etc/app/app.conf]",
      "\n  volumeMounts: [{name: config, mountPath: /etc/app}]",
    );
    const volumes = (source: string) => `${text}      volumes: [{name: config, ${source}}]\n`;
    expect(messagesOf(NAME, volumes("configMap: {name: app}"))).toEqual([
      '17:25 only reads "/etc/app/app.conf", which a volume of the pod always holds',
    ]);
    expect(messagesOf(NAME, volumes("configMap: {name: app, optional: true}"))).toEqual([]);
    expect(messagesOf(NAME, volumes("emptyDir: {}"))).toEqual([]);
    const nested = volumes("configMap: {name: app}")
      .replace(
        "mountPath: /etc/app}]",
        "mountPath: /etc/app}, {name: state, mountPath: /etc/app/run}]",
      )
      .replace("/etc/app/app.conf", "/etc/app/run/ready");
    expect(messagesOf(NAME, nested)).toEqual([]);
  });
});

describe("stays silent", () => {
  test.each([
    ["set -e", probe("[sh, -ec, 'pg_isready; echo ok']")],
    ["pipefail", probe("[bash, -c, 'set -o pipefail; app status | tee /tmp/log']")],
    [
      "a pipe into a test",
      compose("curl -s http://localhost:9200/_cluster/health | grep -q green"),
    ],
    [
      "a status that is compared",
      compose(`test "$$(curl -so /dev/null -w '%{http_code}' http://a)" = 200`),
    ],
    ["curl -f in a cluster", compose('["CMD", "curl", "-fsS", "http://localhost"]')],
    ["curl --fail", compose("curl --silent --fail http://localhost || exit 1")],
    ["a captured answer", compose(`test "$$(curl -s localhost/health)" = ok`)],
    ["a saved answer", probe("[sh, -c, 'curl -so /tmp/h localhost && grep -q UP /tmp/h']")],
    ["curl of something else", compose("curl telnet://localhost:25")],
    ["options from somewhere else", compose("curl $$CURL_OPTIONS http://localhost")],
    [
      "a function whose output is compared, as in Elastic's chart",
      probe(`[bash, -c, 'set -e; http() { curl -s localhost; }; test "$(http)" = ok']`),
    ],
    [
      "curl that does not decide",
      probe("[sh, -c, 'curl -s http://metrics/ping; test -f /tmp/ok']"),
    ],
    ["an error branch", compose("pg_isready || { echo down; exit 1; }")],
    ["a file that the program touches", probe("[cat, /tmp/healthy]")],
    [
      "a file that must be young",
      probe(`[sh, -c, 'test $(find /tmp/alive -mmin -1 | wc -l) -eq 1']`),
    ],
    ["a program", probe("[/usr/local/bin/true-health]")],
    [
      "Python that asks",
      probe("[python, -c, 'import urllib.request as r; r.urlopen(\"http://localhost\"); exit(0)']"),
    ],
    [
      "Elasticsearch's own readiness",
      probe(
        "[bash, -c, 'set -e\\nif [ -f /tmp/started ]; then curl -sf localhost:9200; else exit 1; fi']",
      ),
    ],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("curl gets -f", () => {
    expect(fixedBy(NAME, compose("curl http://localhost:9200 || exit 1"))).toBe(
      compose("curl -f http://localhost:9200 || exit 1"),
    );
    expect(fixedBy(NAME, compose('["CMD", "curl", "http://localhost:9200"]'))).toBe(
      compose('["CMD", "curl", "-f", "http://localhost:9200"]'),
    );
    expect(fixedBy(NAME, probe("[timeout, '5', curl, -s, localhost]"))).toBe(
      probe("[timeout, '5', curl, -f, -s, localhost]"),
    );
    expect(fixedBy(NAME, dockerfile("curl localhost"), ["safe"], { file: "Dockerfile" })).toBe(
      dockerfile("curl -f localhost"),
    );
  });

  test("what hides a failure is left to its author", () => {
    const before = compose("curl http://localhost || true");
    expect(fixedBy(NAME, before, ["safe", "unsafe"])).toBe(before);
  });
});
