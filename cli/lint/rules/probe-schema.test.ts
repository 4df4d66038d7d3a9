import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "probe-schema";

function probe(lines: string, role = "livenessProbe"): string {
  return deploymentWith(
    `name: app\n  image: app:1\n  ${role}:\n    ${lines.replaceAll("\n", "\n    ")}`,
  );
}

describe("reports", () => {
  test.each([
    [
      "P2: negative values",
      "tcpSocket: {port: 1}\ninitialDelaySeconds: -5",
      "17:34 initialDelaySeconds -5 is rejected: the least is 0",
    ],
    [
      "P3: no handler",
      "periodSeconds: 5",
      "15:11 livenessProbe has no handler: it needs exec, httpGet, tcpSocket or grpc",
    ],
    [
      "P3: two handlers",
      "tcpSocket: {port: 1}\nhttpGet: {port: 1}",
      "17:13 livenessProbe has 2 handlers, tcpSocket and httpGet: one is allowed",
    ],
    [
      "P4: a numeric port in quotes",
      'httpGet: {port: "8080"}',
      '16:29 port "8080" in quotes is a name, and a name needs a letter: write 8080',
    ],
    [
      "a grpc port with a name",
      "grpc: {port: grpc}",
      '16:26 the port of grpc is a number, not "grpc"',
    ],
    [
      "a success threshold",
      "tcpSocket: {port: 1}\nsuccessThreshold: 2",
      "17:31 successThreshold 2 is rejected on livenessProbe: it must be 1",
    ],
    [
      "a grace of 0",
      "tcpSocket: {port: 1}\nterminationGracePeriodSeconds: 0",
      "17:44 terminationGracePeriodSeconds 0 is rejected: the least is 1",
    ],
    [
      "a misplaced field",
      "exec: {command: [a], timeoutSeconds: 5}",
      '16:34 timeoutSeconds is dropped: it belongs beside "exec", not in it',
    ],
    [
      "a mistyped field",
      "tcpSocket: {port: 1}\ninitalDelaySeconds: 5",
      '17:13 "initalDelaySeconds" is dropped: livenessProbe has no such field: is "initialDelaySeconds" meant?',
    ],
    [
      "an unknown field",
      "enabled: true\ntcpSocket: {port: 1}",
      '16:13 "enabled" is dropped: livenessProbe has no such field',
    ],
    [
      "a mistyped handler",
      "tcpsocket: {port: 1}",
      '16:13 "tcpsocket" is dropped: livenessProbe has no such field: is "tcpSocket" meant?',
    ],
    [
      "an unknown field of a handler",
      "httpGet: {port: 1, paht: /}",
      '16:32 "paht" is dropped: httpGet has no such field: is "path" meant?',
    ],
  ])("%s", (_, lines, message) => {
    expect(messagesOf(NAME, probe(lines))).toEqual([message]);
  });

  test("P1: an explicit 0 as an info", () => {
    const text = probe("tcpSocket: {port: 1}\ntimeoutSeconds: 0");
    expect(messagesOf(NAME, text)).toEqual(["17:29 timeoutSeconds 0 means the default, 1"]);
    expect(findingsOf(NAME, text)[0]?.severity).toBe("info");
  });

  test("a grace on readiness", () => {
    const text = probe("tcpSocket: {port: 1}\nterminationGracePeriodSeconds: 5", "readinessProbe");
    expect(messagesOf(NAME, text)).toEqual([
      "17:13 terminationGracePeriodSeconds is rejected on readinessProbe, which kills nothing",
    ]);
  });

  test("P5: a probe on an init container that ends", () => {
    const text = probe("tcpSocket: {port: 1}")
      .replace("containers:", "initContainers:")
      .concat("      containers: []\n");
    expect(messagesOf(NAME, text)).toEqual([
      "15:11 livenessProbe on an init container is rejected: only one with restartPolicy Always may have probes",
    ]);
    expect(messagesOf(NAME, text.replace("image: app:1", "restartPolicy: Always"))).toEqual([]);
  });
});

describe("stays silent", () => {
  test.each([
    [
      "a probe with every field",
      probe(
        "httpGet: {host: a, path: /, port: http, scheme: HTTPS, httpHeaders: [{name: a, value: b}]}\ninitialDelaySeconds: 0\nperiodSeconds: 5\ntimeoutSeconds: 1\nsuccessThreshold: 1\nfailureThreshold: 3\nterminationGracePeriodSeconds: 60",
      ),
    ],
    [
      "a success threshold on readiness",
      probe("exec: {command: [a]}\nsuccessThreshold: 3", "readinessProbe"),
    ],
    ["a grpc probe", probe("grpc: {port: 50051, service: live}", "startupProbe")],
    ["a handler that a template set to null", probe("httpGet: null\ntcpSocket: {port: http}")],
    [
      "a custom resource",
      probe("enabled: true")
        .replace("apps/v1", "argoproj.io/v1alpha1")
        .replace("Deployment", "Rollout"),
    ],
    [
      "a patch without a handler",
      probe("timeoutSeconds: 5").replace("\n          image: app:1", ""),
    ],
    ["a patch that deletes", probe("$patch: delete")],
    ["a number that a template puts in", probe("tcpSocket: {port: 1}\nperiodSeconds: ${PERIOD}")],
    ["a probe behind an anchor", probe("<<: &p {tcpSocket: {port: 1}, periodSeconds: 5}")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("a misplaced field goes one level up", () => {
    expect(fixedBy(NAME, probe("exec: {command: [a], timeoutSeconds: 5}"))).toBe(
      probe("exec: {command: [a]}\ntimeoutSeconds: 5"),
    );
    expect(
      fixedBy(
        NAME,
        probe("httpGet:\n  path: /\n  periodSeconds: 7 # often\n  port: 80\ntimeoutSeconds: 3"),
      ),
    ).toBe(probe("httpGet:\n  path: /\n  port: 80\ntimeoutSeconds: 3\nperiodSeconds: 7"));
  });

  test("a mistyped field is corrected", () => {
    expect(fixedBy(NAME, probe("tcpSocket: {port: 1}\ninitalDelaySeconds: 5 # slow"))).toBe(
      probe("tcpSocket: {port: 1}\ninitialDelaySeconds: 5 # slow"),
    );
    expect(fixedBy(NAME, probe('"tcpsocket": {"prot": 80}'))).toBe(
      probe('"tcpSocket": {"port": 80}'),
    );
  });

  test.each([
    ["a field that is there already", "exec: {command: [a], timeoutSeconds: 5}\ntimeoutSeconds: 3"],
    [
      "a mistyped field beside the right one",
      "tcpSocket: {port: 1}\ntimeoutSecond: 5\ntimeoutSeconds: 3",
    ],
    ["an unknown field", "tcpSocket: {port: 1}\nenabled: true"],
    ["a rejected number", "tcpSocket: {port: 1}\nperiodSeconds: -1"],
  ])("none for %s", (_, lines) => {
    expect(fixedBy(NAME, probe(lines), ["safe", "unsafe", "knell"])).toBe(probe(lines));
  });
});
