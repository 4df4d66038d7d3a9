import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "probe-orphans-on-timeout";

function probe(argv: string, image = "redis:7", more = ""): string {
  return deploymentWith(
    `name: app\n  image: ${image}${more}\n  livenessProbe:\n    exec:\n      command: ${argv}`,
  );
}

function compose(test: string, more = "", image = "redis:7"): string {
  return `services:\n  cache:\n    image: ${image}${more}\n    healthcheck:\n      test: ${test}\n`;
}

describe("reports", () => {
  test.each([
    [
      "a pipeline beside redis",
      probe("[sh, -c, redis-cli ping | grep PONG]"),
      '17:25 "sh" forks "redis-cli", and PID 1 of "redis" does not reap: a timeout leaves it behind',
    ],
    [
      "tini in front of the probe",
      probe("[tini, -s, --, redis-cli, ping]"),
      '17:25 "tini" forks "redis-cli", and PID 1 of "redis" does not reap: a timeout leaves it behind',
    ],
    [
      "a Compose string",
      compose("redis-cli ping | grep PONG"),
      '5:13 "sh" forks "redis-cli", and PID 1 of "redis" does not reap: a timeout leaves it behind',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("a Dockerfile's shell form", () => {
    const text = "FROM redis:7\nHEALTHCHECK CMD redis-cli ping || exit 1\n";
    expect(messagesOf(NAME, text, { file: "Dockerfile" })).toEqual([
      '2:17 "sh" forks "redis-cli", and PID 1 of "redis" does not reap: a timeout leaves it behind',
    ]);
  });

  test("it is a warning where PID 1 does not reap, an info where that is not known", () => {
    const severity = (image: string) =>
      findingsOf(NAME, probe("[sh, -c, curl -f http://x]", image))[0]?.severity;
    expect(severity("redis:7")).toBe("warning");
    expect(severity("example/app:1")).toBe("info");
  });

  test("a script of a ConfigMap in the input is judged by what it does", () => {
    const mounted = `
  volumeMounts: [{name: scripts, mountPath: /scripts}]`;
    const pod = (script: string) =>
      `${probe("[/scripts/live.sh]", "redis:7", mounted)}      volumes: [{name: scripts, configMap: {name: health}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: health}
data:
  live.sh: |
    #!/bin/sh
    ${script}
`;
    expect(findingsOf(NAME, pod("redis-cli ping"))).toHaveLength(1);
    expect(findingsOf(NAME, pod("exec redis-cli -e ping"))).toHaveLength(0);
  });
});

describe("stays silent", () => {
  test.each([
    ["one process", probe("[redis-cli, ping]")],
    ["exec in a shell", probe("[sh, -c, exec redis-cli -e ping]")],
    ["bash with one command, as Bitnami writes it", probe("[bash, -c, exec pg_isready -U app]")],
    [
      "an init as PID 1",
      probe("[sh, -c, a | b]", "app:1", "\n  command: [/tini, --, redis-server]"),
    ],
    ["an image with an init", probe("[sh, -c, curl -f http://x]", "jenkins/jenkins:lts")],
    ["Compose init: true", compose("redis-cli ping | grep PONG", "\n    init: true")],
    [
      "a shared process namespace",
      probe("[sh, -c, a | b]").replace(
        "spec:\n      containers",
        "spec:\n      shareProcessNamespace: true\n      containers",
      ),
    ],
    ["a Job", probe("[sh, -c, a | b]").replace("apps/v1", "batch/v1").replace("Deployment", "Job")],
    ["PostgreSQL, which is KN103's", probe("[knell, exec, --, pg_isready]", "postgres:16")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("safe fix", () => {
  test.each([
    ["[sh, -c, redis-cli ping]", "[sh, -c, exec redis-cli ping]"],
    ["[sh, -c, 'redis-cli ping || exit 1']", "[sh, -c, 'exec redis-cli ping']"],
    [
      "[sh, -c, 'REDISCLI_AUTH=\"$P\" redis-cli ping']",
      "[sh, -c, 'REDISCLI_AUTH=\"$P\" exec redis-cli ping']",
    ],
    [
      "\n      - sh\n      - -c\n      - |\n        export A=b # keep\n        redis-cli ping",
      "\n      - sh\n      - -c\n      - |\n        export A=b # keep\n        exec redis-cli ping",
    ],
  ])("K8s %s gets exec", (before, after) => {
    expect(fixedBy(NAME, probe(before))).toBe(probe(after));
  });

  test("words without shell syntax become the exec form in Compose and Dockerfiles", () => {
    expect(fixedBy(NAME, compose('["CMD-SHELL", "redis-cli ping || exit 1"]'))).toBe(
      compose('["CMD", "redis-cli", "ping"]'),
    );
    const dockerfile =
      "FROM redis:7\nHEALTHCHECK --timeout=3s CMD redis-cli ping || exit 1\nUSER redis\n";
    expect(fixedBy(NAME, dockerfile, ["safe"], { file: "Dockerfile" })).toBe(
      dockerfile.replace("redis-cli ping || exit 1", '["redis-cli", "ping"]'),
    );
  });

  test("a pipeline in Compose gets init: true, where PID 1 is known", () => {
    expect(fixedBy(NAME, compose("redis-cli ping | grep PONG"))).toBe(
      compose("redis-cli ping | grep PONG", "\n    init: true"),
    );
    const unknown = compose("redis-cli ping | grep PONG", "", "example/app");
    expect(fixedBy(NAME, unknown)).toBe(unknown);
  });
});

test("unsafe fix: the pod shares its process namespace, once for all its probes", () => {
  const before = probe("[sh, -c, a | b]");
  expect(fixedBy(NAME, before, ["unsafe"])).toBe(`${before}      shareProcessNamespace: true\n`);
  const s6 = probe("[sh, -c, a | b]", "pihole/pihole:2025");
  expect(fixedBy(NAME, s6, ["unsafe"])).toBe(s6);
});

test("knell fix: knell exec in front, its limit under the probe's; what Compose interpolates stays", () => {
  expect(fixedBy(NAME, probe("[sh, -c, a | b]"), ["knell"])).toBe(
    probe("[knell, exec, --timeout, 900ms, --, sh, -c, a | b]"),
  );
  expect(
    fixedBy(NAME, compose('["CMD-SHELL", "redis-cli -a ${P} ping | grep $$X"]'), ["knell"]),
  ).toBe(
    compose(
      '["CMD", "knell", "exec", "--timeout", "27s", "--on-timeout", "1", "--", "/bin/sh", "-c", "redis-cli -a ${P} ping | grep $$X"]',
    ),
  );
});
