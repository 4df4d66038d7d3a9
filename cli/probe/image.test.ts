import { describe, expect, test } from "vitest";
import { parseImage } from "./image.ts";

describe("an image reference is taken apart", () => {
  test.each([
    ["redis", { repository: "redis", basename: "redis", tag: "", family: "redis" }],
    ["redis:7-alpine", { basename: "redis", tag: "7-alpine", shell: "busybox" }],
    ["docker.io/library/redis:7", { repository: "redis", tag: "7" }],
    [
      "localhost:5000/team/valkey:8@sha256:00",
      { repository: "team/valkey", tag: "8", family: "valkey" },
    ],
    ["localhost:5000/team/app", { repository: "team/app", tag: "" }],
    ["oliver006/redis_exporter:v1", { family: undefined }],
    ["bitnami/postgresql:16", { family: "postgres", shell: "dash" }],
    ["pgvector/pgvector:pg16", { family: "postgres" }],
    ["registry.access.redhat.com/ubi9/ubi:9", { shell: "bash" }],
    ["registry.access.redhat.com/ubi9:9", { shell: "bash" }],
    ["", { repository: "", basename: "" }],
  ])("%s", (text, expected) => {
    expect(parseImage(text)).toMatchObject(expected);
  });
});

test("a hint goes before the name", () => {
  const image = parseImage("registry/app:1", { family: "redis", shell: "bash", init: true });
  expect(image).toMatchObject({ family: "redis", shell: "bash", hint: { init: true } });
});
