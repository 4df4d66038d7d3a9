import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "native-probe-available";

function probe(argv: string, handler = `exec:\n      command: ${argv}`): string {
  return deploymentWith(`name: app\n  readinessProbe:\n    ${handler}\n    periodSeconds: 5`);
}

describe("reports the command", () => {
  test.each([
    ["[curl, -f, http://localhost:8080/health]", "curl", "httpGet {path: /health, port: 8080}"],
    ["[curl, -fsS, -o, /dev/null, 127.0.0.1]", "curl", "httpGet {path: /, port: 80}"],
    [
      "[sh, -c, 'wget -qO- http://localhost:80/a?b=c || exit 1']",
      "wget",
      "httpGet {path: /a?b=c, port: 80}",
    ],
    [
      "[wget, --spider, --tries=1, https://localhost/x]",
      "wget",
      "httpGet {path: /x, port: 443, scheme: HTTPS}",
    ],
    ["[nc, -zv, -w, '3', localhost, '6379']", "nc", "tcpSocket {port: 6379}"],
    ["[bash, -c, '</dev/tcp/127.0.0.1/5432']", "/dev/tcp", "tcpSocket {port: 5432}"],
    ["[bash, -c, 'exec 3<>/dev/tcp/localhost/80 || exit 1']", "/dev/tcp", "tcpSocket {port: 80}"],
    ["[/bin/grpc_health_probe, '-addr=:50051']", "grpc_health_probe", "grpc {port: 50051}"],
    [
      "[grpc_health_probe, -addr=localhost:9090, -service=echo, -rpc-timeout=2s]",
      "grpc_health_probe",
      "grpc {port: 9090, service: echo}",
    ],
  ])("%s", (argv, program, native) => {
    expect(messagesOf(NAME, probe(argv))).toEqual([
      `16:25 "${program}" asks what ${native} asks without a process`,
    ]);
  });
});

describe("stays silent", () => {
  test.each([
    ["a cookie", "[curl, -f, -b, a=b, http://localhost/]"],
    ["a header that httpGet would need too", "[curl, -f, -H, 'Host: app', http://localhost/]"],
    ["credentials", "[curl, -f, -u, 'a:b', http://localhost/]"],
    ["credentials in the URL", "[curl, -f, http://a:b@localhost/]"],
    ["another method", "[curl, -f, -X, POST, http://localhost/]"],
    ["a body", "[curl, -f, -d, x, http://localhost/]"],
    ["a unix socket", "[curl, -f, --unix-socket, /run/docker.sock, http://localhost/info]"],
    ["TLS options", "[curl, -fk, https://localhost:8443/]"],
    ["TLS options of wget", "[wget, --no-check-certificate, -q, https://localhost/]"],
    ["an answer that is read", "[sh, -c, 'curl -s http://localhost/health | grep UP']"],
    ["an answer that is compared", `[sh, -c, 'test "$(curl -s localhost)" = ok']`],
    ["another host", "[curl, -f, http://backend:8080/]"],
    ["a port from the environment", "[sh, -c, 'curl -f http://localhost:$PORT/']"],
    ["two questions", "[sh, -c, 'curl -f http://localhost/a && curl -f http://localhost/b']"],
    ["a second condition", "[sh, -c, '[ -f /tmp/drain ] || curl -f localhost']"],
    [
      "a protocol spoken over /dev/tcp",
      "[bash, -c, 'exec 3<>/dev/tcp/a/1; echo ruok >&3; grep imok <&3']",
    ],
    ["gRPC over TLS", "[grpc_health_probe, -addr=:50051, -tls, -tls-no-verify]"],
    ["gRPC on a socket", "[grpc_health_probe, '-addr=unix:///run/app.sock']"],
    ["UDP", "[nc, -zu, localhost, '53']"],
    ["another program", "[redis-cli, ping]"],
  ])("%s", (_, argv) => {
    expect(messagesOf(NAME, probe(argv))).toEqual([]);
  });
});

describe("fix", () => {
  test("unsafe: the native handler takes the place of exec", () => {
    const before = probe("[curl, -f, http://localhost:8080/health]");
    expect(fixedBy(NAME, before)).toBe(before);
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(
      probe("", "httpGet:\n      path: /health\n      port: 8080"),
    );
  });

  test("flow style stays flow style, comments outside stay", () => {
    const before = probe("", 'exec: {command: ["nc", "-z", "localhost", "80"]} # tcp');
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(probe("", "tcpSocket: {port: 80} # tcp"));
  });

  test("a block list goes with its key", () => {
    const before = probe("\n        - grpc_health_probe\n        - -addr=:50051\n");
    expect(fixedBy(NAME, before, ["unsafe"])).toContain(
      "readinessProbe:\n            grpc:\n              port: 50051\n",
    );
  });

  test("a header has to be carried over by hand", () => {
    const before = probe("[curl, -f, -H, 'Accept: text/plain', http://localhost/]");
    expect(messagesOf(NAME, before)).toHaveLength(1);
    expect(fixedBy(NAME, before, ["unsafe"])).toBe(before);
  });
});
