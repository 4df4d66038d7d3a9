import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";
import { lint } from "../engine.ts";

const NAME = "probe-target-unreachable";

function probe(handler: string, ports = "[{name: http, containerPort: 80}]"): string {
  return deploymentWith(
    `name: app\n  image: app:1\n  ports: ${ports}\n  livenessProbe:\n    ${handler}`,
  );
}

const SERVICE =
  "---\napiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {selector: {app: x}}\n";

describe("reports", () => {
  test.each([
    [
      "P37: a name that is not declared",
      probe("httpGet: {port: web}"),
      '17:29 "web" is no port of "app": they are http',
    ],
    [
      "a name where no port has one",
      probe("tcpSocket: {port: web}", "[{containerPort: 80}]"),
      '17:31 "web" is no port of "app": none has a name',
    ],
    [
      "loopback",
      probe("httpGet: {host: localhost, port: 80}"),
      '17:29 host "localhost" is the node, which the probe is sent from, not the pod',
    ],
    [
      "0.0.0.0",
      probe("tcpSocket: {port: 80, host: 0.0.0.0}"),
      '17:41 host "0.0.0.0" is the node, which the probe is sent from, not the pod',
    ],
    [
      "a Service",
      probe("httpGet: {host: front.default.svc.cluster.local, port: 80}") + SERVICE,
      '17:29 host "front.default.svc.cluster.local" is a Service, whose name the node does not resolve',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("a port of the neighbour is none of its own", () => {
    const text = `${probe("httpGet: {port: metrics}")}        - name: exporter\n          image: e:1\n          ports: [{name: metrics, containerPort: 9}]\n`;
    expect(messagesOf(NAME, text)).toHaveLength(1);
  });

  test("a Service's name is reported once, not as another host too", () => {
    const text = probe("httpGet: {host: front, port: 80}") + SERVICE;
    const { findings } = lint([{ file: "a.yaml", text }]);
    expect(findings.map(({ id }) => id)).toEqual(["KN404"]);
  });
});

describe("stays silent", () => {
  test.each([
    ["a declared name", probe("httpGet: {path: /, port: http}")],
    ["a number, which needs no declaration", probe("tcpSocket: {port: 8080}", "[]")],
    ["a number in quotes, which KN403 reports", probe('tcpSocket: {port: "8080"}')],
    [
      "a sidecar's own port",
      probe(
        "httpGet: {port: http-envoy-prom, path: /ready}",
        "[{containerPort: 15090, name: http-envoy-prom, protocol: TCP}]",
      ),
    ],
    [
      "a Host header",
      probe("httpGet: {port: http, httpHeaders: [{name: Host, value: localhost}]}"),
    ],
    ["an empty host, as templates write it", probe('httpGet: {port: http, host: ""}')],
    ["another host", probe("httpGet: {host: example.com, port: 80}")],
    [
      "loopback with the node's network",
      `${probe("httpGet: {host: 127.0.0.1, port: 10257}")}      hostNetwork: true\n`,
    ],
    ["a Service of another namespace", probe("httpGet: {host: front.other, port: 80}") + SERVICE],
    ["a custom resource", probe("httpGet: {port: web}").replace("apps/v1", "example.com/v1")],
    ["a patch", probe("httpGet: {port: web}", "[]").replace("\n          image: app:1", "")],
    ["grpc", probe("grpc: {port: 50051}")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("a name that is one character away from one that is declared", () => {
    expect(fixedBy(NAME, probe("httpGet: {port: htp} # main"))).toBe(
      probe("httpGet: {port: http} # main"),
    );
    expect(fixedBy(NAME, probe("tcpSocket:\n      port: 'htpp'"))).toBe(
      probe("tcpSocket:\n      port: 'http'"),
    );
  });

  test.each([
    ["two are a character away", "wxb", "[{name: web}, {name: wxy}]"],
    ["it is another port's name", "https", "[{name: http}]"],
    ["the number differs", "web2", "[{name: web1}]"],
  ])("none where %s", (_, port, ports) => {
    const [finding, ...others] = findingsOf(NAME, probe(`httpGet: {port: ${port}}`, ports));
    expect(finding?.fixes).toEqual([]);
    expect(others).toEqual([]);
  });
});
