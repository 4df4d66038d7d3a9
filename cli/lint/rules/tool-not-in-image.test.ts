import { describe, expect, test } from "vitest";
import { messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "tool-not-in-image";

function messages(text: string): string[] {
  return messagesOf(NAME, text, { file: "Dockerfile" });
}

function missing(program: string, image: string): string {
  return `"${program}" is not in "${image}", and nothing here installs it`;
}

describe("reports", () => {
  test.each([
    [
      "curl on a slim image",
      "FROM node:22-slim\nHEALTHCHECK CMD curl -f http://localhost:3000/ || exit 1\n",
      `2:17 ${missing("curl", "node:22-slim")}`,
    ],
    [
      "wget on Debian",
      'FROM debian:bookworm\nHEALTHCHECK CMD ["wget", "-q", "--spider", "localhost"]\n',
      `2:18 ${missing("wget", "debian:bookworm")}`,
    ],
    [
      "bash on Alpine",
      "FROM alpine:3.20\nRUN apk add --no-cache curl\nHEALTHCHECK CMD bash -c 'curl -f localhost'\n",
      `3:17 ${missing("bash", "alpine:3.20")}`,
    ],
    [
      "a shell in scratch",
      "FROM golang:1.23 AS build\nRUN curl -O x\nFROM scratch\nCOPY --from=build /app /app\nHEALTHCHECK CMD /app health\n",
      `5:17 ${missing("sh", "scratch")}`,
    ],
    [
      "a tool in a distroless image",
      'FROM gcr.io/distroless/nodejs22-debian12\nHEALTHCHECK CMD ["curl", "-f", "localhost"]\n',
      `2:18 ${missing("curl", "gcr.io/distroless/nodejs22-debian12")}`,
    ],
    [
      "curl that only an earlier stage has",
      "FROM python:3.13 AS build\nRUN apt-get install -y curl\nFROM python:3.13-slim-bookworm\nCOPY --from=build /venv /venv\nHEALTHCHECK CMD curl -f localhost\n",
      `5:17 ${missing("curl", "python:3.13-slim-bookworm")}`,
    ],
    [
      "a version that is an argument",
      "ARG NODE=22\nFROM node:${NODE}-slim\nHEALTHCHECK CMD curl -f localhost\n",
      `3:17 ${missing("curl", "node:${NODE}-slim")}`,
    ],
  ])("%s", (_, text, message) => {
    expect(messages(text)).toEqual([message]);
  });

  test("the shell that a copied script begins with", () => {
    const readFile = (path: string) => (path === "health.sh" ? "#!/bin/bash\nexit 0\n" : undefined);
    const text = 'FROM alpine\nCOPY health.sh /health.sh\nHEALTHCHECK CMD ["/health.sh"]\n';
    expect(messagesOf(NAME, text, { file: "Dockerfile", readFile })).toEqual([
      `3:18 ${missing("bash", "alpine")}: "health.sh" begins with it`,
    ]);
  });
});

describe("stays silent", () => {
  const check = "HEALTHCHECK CMD curl -f http://localhost/ || exit 1\n";
  test.each([
    [
      "installed",
      `FROM node:22-slim\nRUN apt-get update && apt-get install -y --no-install-recommends curl \\\n && rm -rf /var/lib/apt/lists/*\n${check}`,
    ],
    ["a pinned version", `FROM alpine:3.20\nRUN apk add --no-cache curl=8.9.1-r2 tini\n${check}`],
    [
      "installed in a stage it builds on",
      `FROM debian:12 AS base\nRUN apt-get install -y curl\nFROM base\nUSER app\n${check}`,
    ],
    ["used while it is built", `FROM debian:12\nRUN curl -fsSL https://x | tar xz\n${check}`],
    ["copied in", `FROM node:22-slim\nCOPY --from=curl /usr/bin/curl /usr/bin/curl\n${check}`],
    [
      "BusyBox copied in",
      "FROM gcr.io/distroless/static\nCOPY --from=busybox:1.36-musl /bin/wget /bin/sh /bin/\nHEALTHCHECK CMD wget -q localhost\n",
    ],
    ["a tree copied over the root", `FROM scratch\nCOPY --from=build /rootfs/ /\n${check}`],
    [
      "packages from an argument",
      `FROM debian:12\nARG PACKAGES\nRUN apt-get install -y $PACKAGES\n${check}`,
    ],
    [
      "a script that may install it",
      `FROM debian:12\nCOPY install.sh .\nRUN ./install.sh\n${check}`,
    ],
    ["a heredoc", `FROM debian:12\nRUN <<EOF\napt-get install -y curl\nEOF\n${check}`],
    ["an unknown base", `FROM registry.example.com/base:1\n${check}`],
    ["nginx on Alpine, which has curl", `FROM nginx:1.27-alpine\n${check}`],
    ["a full image", `FROM node:22\n${check}`],
    [
      "wget on Alpine, which is BusyBox's",
      "FROM alpine:3.20\nHEALTHCHECK CMD wget -q --spider http://localhost/\n",
    ],
    [
      "a program of the image",
      'FROM gcr.io/distroless/nodejs22-debian12\nHEALTHCHECK CMD ["/nodejs/bin/node", "health.js"]\n',
    ],
    [
      "the application itself in scratch",
      'FROM scratch\nCOPY --from=build /app /app\nHEALTHCHECK CMD ["/app", "health"]\n',
    ],
    [
      "a debug image's shell",
      'FROM gcr.io/distroless/base:debug\nHEALTHCHECK CMD ["/busybox/sh", "-c", "wget -q localhost"]\n',
    ],
    ["no HEALTHCHECK", "FROM node:22-slim\nCMD curl http://localhost\n"],
    ["NONE", "FROM node:22-slim\nHEALTHCHECK NONE\n"],
  ])("%s", (_, text) => {
    expect(messages(text)).toEqual([]);
  });
});
