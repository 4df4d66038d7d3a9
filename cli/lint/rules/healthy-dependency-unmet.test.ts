import { describe, expect, test } from "vitest";
import { fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "healthy-dependency-unmet";

function compose(service: string, condition = "service_healthy", head = ""): string {
  return `${head}services:\n  web:\n    image: example/shop:1\n    depends_on:\n      db: {condition: ${condition}}\n  db:\n    ${service.trim().replaceAll("\n", "\n    ")}\n`;
}

describe("reports the condition", () => {
  test.each([
    [
      "an official image without a healthcheck",
      "image: postgres:16",
      'neither it nor the image "postgres:16" has a healthcheck',
    ],
    [
      "a healthcheck of NONE",
      'image: redis:7\nhealthcheck:\n  test: ["NONE"]',
      "its healthcheck is disabled",
    ],
    [
      "a disabled one",
      "image: redis:7\nhealthcheck:\n  disable: true",
      "its healthcheck is disabled",
    ],
  ])("%s", (_, service, because) => {
    expect(messagesOf(NAME, compose(service))).toEqual([`5:23 "db" is never healthy: ${because}`]);
  });
});

describe("stays silent", () => {
  test.each([
    ["a healthcheck", compose('image: postgres:16\nhealthcheck:\n  test: ["CMD", "pg_isready"]')],
    ["service_started", compose("image: postgres:16", "service_started")],
    ["an image that may have its own", compose("image: example/postgres:16")],
    ["a build", compose("build: .\nimage: postgres:16")],
    ["extends", compose("extends: {file: base.yaml, service: db}\nimage: postgres:16")],
    ["include", compose("image: postgres:16", "service_healthy", "include: [db.yaml]\n")],
    [
      "a service of another file",
      "services:\n  web:\n    image: example/shop:1\n    depends_on:\n      db: {condition: service_healthy}\n",
    ],
    ["a mirror's image", compose("image: registry.example.com/postgres:16")],
    ["a healthcheck behind a variable", compose("image: postgres:16\nhealthcheck: ${CHECK}")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

describe("fix", () => {
  test("unsafe: the family's healthcheck without a shell", () => {
    expect(
      fixedBy(NAME, compose("image: postgres:16\nenvironment:\n  POSTGRES_USER: app"), ["unsafe"]),
    ).toBe(
      compose(
        "image: postgres:16\nhealthcheck:\n  test:\n    - CMD\n    - pg_isready\n    - -U\n    - app\n  interval: 5s\n  timeout: 5s\n  retries: 10\nenvironment:\n  POSTGRES_USER: app",
      ),
    );
  });

  test("none where the client would need more, or the healthcheck is off on purpose", () => {
    for (const service of [
      "image: memcached:1",
      "image: redis:7\ncommand: redis-server --requirepass x",
      "image: redis:7\nhealthcheck: {disable: true}",
    ]) {
      expect(fixedBy(NAME, compose(service), ["unsafe"])).toBe(compose(service));
    }
  });
});
