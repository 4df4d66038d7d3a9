import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "shell-stays-pid1";

function container(command: string, more = "", image = "example/app:1"): string {
  return deploymentWith(`name: app\n  image: ${image}\n  command: ${command}${more}`);
}

describe("reports", () => {
  test.each([
    [
      "a list in dash",
      container("[sh, -c, migrate && server]"),
      '15:40 "sh" stays PID 1 and runs "server" beside it: SIGTERM reaches neither',
    ],
    [
      "the script in args",
      container("[/bin/sh, -c]", "\n  args: [server --port 80]"),
      '16:18 "sh" stays PID 1 and runs "server" beside it: SIGTERM reaches neither',
    ],
    [
      "a pipeline at the end",
      container("[bash, -c, server | tee /log]"),
      '15:31 "bash" stays PID 1 and runs a pipeline beside it: SIGTERM reaches neither',
    ],
    [
      "a Compose command of an image that executes it",
      'services:\n  a:\n    image: node:22\n    command: ["sh", "-c", "npm ci && node a.js"]\n',
      '4:38 "sh" stays PID 1 and runs "node" beside it: SIGTERM reaches neither',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("an entrypoint script of the input", () => {
    const text = `${container("[/scripts/start.sh]", "\n  volumeMounts: [{name: s, mountPath: /scripts}]")}      volumes: [{name: s, configMap: {name: s}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: s}
data: {start.sh: "#!/bin/bash\\nserver\\n"}
`;
    expect(findingsOf(NAME, text)).toHaveLength(1);
    expect(findingsOf(NAME, text.replace("nserver", "nexec server"))).toEqual([]);
  });
});

describe("stays silent", () => {
  test.each([
    ["exec at the end", container("[sh, -c, migrate && exec server]")],
    ["bash, which becomes the last command of a list", container("[bash, -c, migrate && server]")],
    ["a trap", container("[sh, -c, \"trap 'kill $p' TERM; server\"]")],
    ["a loop", container("[sh, -c, 'while true; do work; sleep 5; done']")],
    [
      "a Job",
      container("[sh, -c, server]").replace("apps/v1", "batch/v1").replace("Deployment", "Job"),
    ],
    [
      "a shared process namespace",
      container("[sh, -c, server]").replace(
        "spec:\n      c",
        "spec:\n      shareProcessNamespace: true\n      c",
      ),
    ],
    [
      "a preStop hook that signals",
      container(
        "[sh, -c, server]",
        "\n  lifecycle: {preStop: {exec: {command: [sh, -c, pkill server]}}}",
      ),
    ],
    [
      "a Compose command string, which no shell reads",
      "services:\n  a:\n    image: node:22\n    command: npm start\n",
    ],
    [
      "a Compose command behind a built image's ENTRYPOINT",
      "services:\n  a:\n    build: .\n    command: sh -c server\n",
    ],
    ["an init in front", container("[tini, --, sh, -c, server]")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("fix: exec before the last command", () => {
  expect(fixedBy(NAME, container("[sh, -c, 'cd /app && A=b server --x']"))).toBe(
    container("[sh, -c, 'cd /app && A=b exec server --x']"),
  );
  const block = (last: string) =>
    container(`\n  - /bin/sh\n  - -c\n  - |\n    set -e # stop\n    migrate\n    ${last}`);
  expect(fixedBy(NAME, block("server"))).toBe(block("exec server"));
});
