import { expect, test } from "vitest";
import { composeFileOf } from "./compose.ts";
import { parseManifest } from "./manifest.ts";

function serviceOf(yaml: string) {
  const document = parseManifest(`services:\n  a:\n    ${yaml.replaceAll("\n", "\n    ")}\n`)
    .documents[0]!;
  return composeFileOf(document)!.services[0]!;
}

test("a map of services is a Compose file, a Kubernetes object with one is not", () => {
  const isCompose = (text: string) =>
    composeFileOf(parseManifest(text).documents[0]!) !== undefined;
  expect(isCompose("services: {a: {image: b}}\n")).toBe(true);
  expect(isCompose("apiVersion: v1\nkind: X\nservices: {a: {}}\n")).toBe(false);
  expect(isCompose("services: [a]\n")).toBe(false);
});

test("strings are split into words, lists are taken as they are", () => {
  expect(serviceOf(`command: sh -c "a && b" 'c d'`).command).toEqual(["sh", "-c", "a && b", "c d"]);
  expect(serviceOf("command: [a b]\nentrypoint: []")).toMatchObject({
    command: ["a b"],
    entrypoint: [],
  });
  expect(serviceOf("command: a 'b").command).toBeUndefined();
});

test("environment as a list and as a map; a name alone is passed through", () => {
  const expected = [
    ["A", "b=c"],
    ["D", ""],
    ["E", undefined],
  ];
  expect([...serviceOf("environment: [A=b=c, D=, E]").environment]).toEqual(expected);
  expect([...serviceOf('environment: {A: b=c, D: "", E: }').environment]).toEqual(expected);
});

test("depends_on as a list and as a map", () => {
  expect(serviceOf("depends_on: [b]").dependsOn).toMatchObject([
    { service: "b", condition: "service_started" },
  ]);
  expect(serviceOf("depends_on: {b: {condition: service_healthy}}").dependsOn).toMatchObject([
    { service: "b", condition: "service_healthy" },
  ]);
});

test.each([
  ["healthcheck: {disable: true}", true],
  ["healthcheck: {test: NONE}", true],
  ["healthcheck: {test: [NONE]}", true],
  ["healthcheck: {test: [CMD, a]}", false],
])("%s is disabled: %s", (yaml, isDisabled) => {
  expect(serviceOf(yaml).healthcheck?.isDisabled).toBe(isDisabled);
});

test("build as a string and as a map", () => {
  expect(serviceOf("build: ./b")).toMatchObject({ hasBuild: true, build: { context: "./b" } });
  expect(serviceOf("build: {dockerfile: D, target: dev}").build).toEqual({
    context: ".",
    dockerfile: "D",
    target: "dev",
  });
  expect(serviceOf("image: x").hasBuild).toBe(false);
});
