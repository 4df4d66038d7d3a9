import { describe, expect, test } from "vitest";
import { Command } from "./command.ts";
import { parseImage } from "./image.ts";
import { reaperOf } from "./reaper.ts";

function answer(imageText: string, entrypoint?: readonly string[], args?: readonly string[]) {
  const image = parseImage(imageText);
  const context = { image, readFile: () => undefined };
  const [main, cmd] = [entrypoint, args].map((argv) => argv && new Command(argv, [], context));
  return reaperOf({ image, entrypoint: main, cmd }).answer;
}

describe("reaps: yes", () => {
  test.each<[string, string, string[]?, string[]?]>([
    ["tini", "app:1", ["/sbin/tini", "--", "redis-server"]],
    ["dumb-init", "app:1", ["dumb-init", "node", "a.js"]],
    ["knell init", "redis:7", ["/knell", "init", "--", "redis-server"]],
    ["s6's /init", "app:1", ["/init"]],
    ["an init behind exec", "app:1", ["sh", "-c", "exec tini -- node a.js"]],
    ["an image of the table", "jenkins/jenkins:lts"],
    [
      "an image of the table behind a registry",
      "docker.elastic.co/elasticsearch/elasticsearch:8.1",
    ],
    ["linuxserver", "lscr.io/linuxserver/sonarr:latest"],
    ["a shell that stays", "redis:7", ["sh", "-c", "redis-server; echo end"]],
    ["a dash that stays for one command", "redis:7", ["sh", "-c", "redis-server"]],
    ["Sentinel", "redis:7", ["redis-sentinel", "/c"]],
    ["redis-server --sentinel (Z12)", "redis:7", undefined, ["redis-server", "/c", "--sentinel"]],
    ["an init in args of a plain image", "app:1", undefined, ["tini", "--", "a"]],
  ])("%s", (_, image, entrypoint, args) => {
    expect(answer(image, entrypoint, args)).toBe("yes");
  });
});

describe("reaps: no", () => {
  test.each<[string, string, string[]?, string[]?]>([
    ["redis by its image", "redis:7"],
    ["redis by its image, with a digest", "ghcr.io/x/redis@sha256:00"],
    ["redis-server", "app:1", ["redis-server", "/c"]],
    ["redis-server behind its entrypoint", "app:1", ["docker-entrypoint.sh", "redis-server"]],
    ["exec in a shell", "app:1", ["sh", "-c", "exec redis-server"]],
    ["bash becomes the last command of a list", "app:1", ["bash", "-c", "migrate && node a.js"]],
    ["bash becomes its one command", "app:1", ["bash", "-c", "node a.js"]],
    ["node", "node:22", undefined, ["node", "a.js"]],
    ["python", "app:1", ["python3.12", "a.py"]],
    ["java", "app:1", ["java", "-jar", "a.jar"]],
    [
      "an init table's image with its entrypoint replaced",
      "jenkins/jenkins",
      ["java", "-jar", "j"],
    ],
    ["postgres", "postgres:16"],
  ])("%s", (_, image, entrypoint, args) => {
    expect(answer(image, entrypoint, args)).toBe("no");
  });
});

describe("reaps: unknown", () => {
  test.each<[string, string, string[]?]>([
    ["an image nobody knows", "example/app:1"],
    ["a program nobody knows", "example/app:1", ["/server"]],
    ["a script file", "example/app:1", ["/entrypoint.sh"]],
  ])("%s", (_, image, entrypoint) => {
    expect(answer(image, entrypoint)).toBe("unknown");
  });
});

test("configuration goes before what is known", () => {
  const image = parseImage("redis:7", { reaps: true });
  expect(reaperOf({ image }).answer).toBe("yes");
});
