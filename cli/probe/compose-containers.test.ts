import { describe, expect, test } from "vitest";
import { composeFileOf } from "../kube/compose.ts";
import { parseDockerfile } from "../kube/dockerfile.ts";
import { parseManifest } from "../kube/manifest.ts";
import { containerOfService } from "./compose-containers.ts";
import type { Surroundings } from "./surroundings.ts";

/** The service "a" of a Compose file in deploy/, with Dockerfiles beside it. */
function serviceIn(yaml: string, dockerfiles: Readonly<Record<string, string>> = {}) {
  const document = parseManifest(`services:\n  a:\n    ${yaml.replaceAll("\n", "\n    ")}\n`)
    .documents[0]!;
  const surroundings: Surroundings = {
    hintFor: () => undefined,
    configMapData: () => undefined,
    readFile: () => undefined,
    dockerfileAt: (path) => (dockerfiles[path] ? parseDockerfile(dockerfiles[path]) : undefined),
  };
  return containerOfService(
    composeFileOf(document)!.services[0]!,
    "deploy/compose.yaml",
    surroundings,
  );
}

describe("a built image is what its Dockerfile makes", () => {
  const answer = (yaml: string, dockerfile: string, path = "deploy/Dockerfile") =>
    serviceIn(yaml, { [path]: dockerfile }).reaper.answer;

  test.each([
    ["an init as ENTRYPOINT", "build: .", 'FROM a\nENTRYPOINT ["tini", "--"]\nCMD ["x"]\n', "yes"],
    ["a server as ENTRYPOINT", "build: .", 'FROM a\nENTRYPOINT ["redis-server"]\n', "no"],
    ["its base", "build: .", "FROM redis:7\n", "no"],
    ["a base of the init table", "build: .", "FROM jenkins/jenkins\n", "yes"],
    ["a CMD", "build: .", 'FROM a\nCMD ["node", "a.js"]\n', "no"],
    [
      "a CMD that the service replaces",
      "build: .\ncommand: tini -- x",
      'FROM a\nCMD ["node", "a.js"]\n',
      "yes",
    ],
    [
      "an ENTRYPOINT that the service replaces",
      "build: .\nentrypoint: [node, a.js]",
      'FROM a\nENTRYPOINT ["tini"]\n',
      "no",
    ],
    [
      "a target stage",
      "build: {context: ., target: dev}",
      'FROM node:22 AS dev\nFROM a\nENTRYPOINT ["tini"]\n',
      "no",
    ],
    ["nothing that is known", "build: .", "FROM a\n", "unknown"],
  ])("%s", (_, yaml, dockerfile, expected) => {
    expect(answer(yaml, dockerfile)).toBe(expected);
  });

  test("context and dockerfile are paths from the Compose file", () => {
    const text = "FROM redis:7\n";
    expect(answer("build: ../app", text, "app/Dockerfile")).toBe("no");
    expect(answer("build: {context: ./b, dockerfile: D}", text, "deploy/b/D")).toBe("no");
    expect(answer("build: ./other", text)).toBe("unknown");
  });

  test("its shell and family are the base's, its name the service's", () => {
    const { image } = serviceIn("image: me/app:1\nbuild: .", {
      "deploy/Dockerfile": "FROM redis:7-alpine\n",
    });
    expect(image).toMatchObject({ text: "me/app:1", family: "redis", shell: "busybox" });
  });
});

describe("a healthcheck's command", () => {
  const command = (test: string) =>
    serviceIn(`image: redis:7\nhealthcheck: {test: ${test}}`).probes[0]?.command;

  test.each([
    ["a string", '"a | b"', ["/bin/sh", "-c", "a | b"]],
    ["CMD", "[CMD, a, b]", ["a", "b"]],
    ["CMD-SHELL", '[CMD-SHELL, "a $$X"]', ["/bin/sh", "-c", "a $X"]],
    [
      "doubled dollars reach the container single",
      "[CMD, $$X, '$${Y}', '${Z}']",
      ["$X", "${Y}", "${Z}"],
    ],
    ["neither CMD nor CMD-SHELL", "[a, b]", undefined],
    ["nothing behind CMD", "[CMD]", undefined],
  ])("%s", (_, test, argv) => {
    expect(command(test)?.argv).toEqual(argv);
  });

  test("a disabled one is no probe", () => {
    expect(serviceIn("image: a\nhealthcheck: {disable: true}").probes).toEqual([]);
  });
});

test("Docker's defaults, and durations", () => {
  const { timing } = serviceIn("image: a\nhealthcheck: {test: a, timeout: 1m30s, retries: 0}")
    .probes[0]!;
  expect(timing.timeoutSeconds).toEqual({ value: 90, isExplicit: true, isUnreadable: false });
  expect(timing.periodSeconds).toEqual({ value: 30, isExplicit: false, isUnreadable: false });
  expect(timing.failureThreshold).toEqual({ value: 3, isExplicit: false, isUnreadable: false });
});
