import { describe, expect, test } from "vitest";
import { Command, type FileReader } from "./command.ts";
import { parseImage } from "./image.ts";

function command(
  argv: readonly string[],
  image = "debian:12",
  readFile: FileReader = () => undefined,
) {
  return new Command(argv, [], { image: parseImage(image), readFile });
}

const DEBIAN = "redis:7";
const ALPINE = "redis:7-alpine";

describe("shape: single", () => {
  test.each<[string, string[], string?]>([
    ["an argv", ["redis-cli", "ping"]],
    ["exec in a shell (Z8)", ["sh", "-c", "exec redis-cli ping"]],
    ["exec behind assignments", ["sh", "-c", 'REDISCLI_AUTH="$P" exec redis-cli -e ping']],
    ["exec behind builtins", ["sh", "-c", "export A=b; cd /tmp && exec pg_isready"]],
    ["bash with one simple command (Z8)", ["bash", "-c", "redis-cli ping"]],
    ["bash behind its path and options", ["/bin/bash", "-euo", "pipefail", "-c", "redis-cli ping"]],
    ["BusyBox sh with one simple command", ["sh", "-c", "redis-cli ping"], ALPINE],
    ["sh is bash on Red Hat's", ["sh", "-c", "pg_isready"], "rockylinux:9"],
    ["builtins only", ["sh", "-c", '[ -f /tmp/ready ] && test "$A" = b || exit 1']],
    [
      "knell exec around anything",
      ["knell", "exec", "--timeout", "900ms", "--", "sh", "-c", "a | b"],
    ],
    ["knell exec in a shell, alone", ["sh", "-c", "exec knell exec -- a"]],
    [
      "wrappers that become their command",
      ["env", "A=b", "nice", "-n", "5", "gosu", "redis", "redis-cli", "ping"],
    ],
    ["an unknown program", ["/healthcheck"]],
    ["GNU wget with https", ["wget", "-q", "https://localhost/"], DEBIAN],
  ])("%s", (_, argv, image) => {
    expect(command(argv, image).verdict).toMatchObject({ shape: "single" });
  });
});

describe("shape: children", () => {
  test.each<[string, string[], string?]>([
    ["dash forks even for one command (Z3)", ["sh", "-c", "redis-cli ping"]],
    ["a pipeline (Z4)", ["sh", "-c", "redis-cli ping | grep PONG"]],
    ["|| exit 1 (Z5)", ["sh", "-c", "redis-cli ping || exit 1"]],
    ["a substitution in bash (Z6)", ["bash", "-c", "[[ $(redis-cli ping) == PONG ]]"]],
    ["bash with a redirection", ["bash", "-c", "redis-cli ping >/dev/null"]],
    ["BusyBox sh with a newline at the end", ["sh", "-c", "redis-cli ping\n"], ALPINE],
    ["tini in front (Z1)", ["tini", "-s", "--", "redis-cli", "ping"]],
    ["GNU timeout (Z2)", ["timeout", "5", "redis-cli", "ping"]],
    ["exec GNU timeout", ["sh", "-c", "exec timeout 5 redis-cli ping"]],
    ["a launcher that is a script", ["nodetool", "status"]],
    ["a launcher behind exec", ["sh", "-c", "exec rabbitmqctl status"]],
    ["a script file that is not in the input", ["/scripts/health.sh"]],
    ["a script file given to a shell", ["bash", "/scripts/health.sh"]],
    ["a script that does not parse", ["sh", "-c", "if true; then"]],
    ["builtins in a pipeline", ["sh", "-c", "echo a | read b"]],
    ["exec in a pipeline", ["sh", "-c", "exec a | exec b"]],
    ["su -c", ["su", "postgres", "-c", "pg_isready"]],
    ["a nested shell", ["sh", "-c", "exec sh -c 'a | b'"]],
  ])("%s", (_, argv, image) => {
    expect(command(argv, image).verdict).toMatchObject({ shape: "children" });
  });
});

describe("shape: orphans", () => {
  test.each<[string, string[], string?]>([
    ["BusyBox timeout", ["timeout", "5", "redis-cli", "ping"], ALPINE],
    ["BusyBox timeout in a shell", ["sh", "-c", "timeout 5 redis-cli ping | grep PONG"], ALPINE],
    ["busybox timeout by name", ["busybox", "timeout", "5", "redis-cli", "ping"]],
    ["&", ["sh", "-c", "sleep 60 & redis-cli ping"]],
    ["nohup", ["nohup", "a"]],
    ["setsid in a shell", ["sh", "-c", "setsid a"]],
    ["BusyBox wget with https", ["wget", "-q", "-O-", "https://localhost/"], "nginx:alpine"],
  ])("%s", (_, argv, image) => {
    expect(command(argv, image).verdict).toMatchObject({ shape: "orphans" });
  });
});

describe("script files of the input", () => {
  const script = "#!/bin/bash\nset -e\nexec redis-cli -e ping\n";

  test("a resolved script is judged by its text", () => {
    expect(command(["/scripts/health.sh"], DEBIAN, () => script).shape).toBe("single");
    expect(command(["sh", "/scripts/health.sh"], DEBIAN, () => script).shape).toBe("single");
    const forking = script.replace("exec ", "");
    expect(command(["/scripts/health.sh"], DEBIAN, () => forking).shape).toBe("children");
  });

  test("its programs are the command's", () => {
    const { invocations } = command(["bash", "-e", "/h.sh"], DEBIAN, () => script);
    expect(invocations.map(({ program }) => program)).toEqual(["set", "redis-cli"]);
  });

  test("a program that is no shell script keeps its own name", () => {
    const { shape, script } = command(["/h.py"], DEBIAN, () => "#!/usr/bin/env python3\n");
    expect(shape).toBe("single");
    expect(script).toBeUndefined();
  });
});

test("wrappers are taken off, and what they set is kept", () => {
  const [invocation] = command([
    "env",
    "-i",
    "A=b",
    "/usr/bin/timeout",
    "-s",
    "KILL",
    "5",
    "/usr/bin/redis-cli",
    "ping",
  ]).invocations;
  expect(invocation).toMatchObject({ program: "redis-cli", args: [{ text: "ping" }] });
  expect(invocation?.wrappers.map(({ name }) => name)).toEqual(["env", "timeout"]);
  expect(invocation?.assignments.get("A")?.text).toBe("b");
});

test("the script is parsed once, however often it is asked for", () => {
  const subject = command(["sh", "-c", "a | b"]);
  expect(subject.script).toBe(subject.script);
});
