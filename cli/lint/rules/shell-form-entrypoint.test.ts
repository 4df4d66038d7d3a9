import { describe, expect, test } from "vitest";
import { fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "shell-form-entrypoint";
const file = { file: "Dockerfile" };

describe("reports the instruction", () => {
  test.each([
    [
      "CMD",
      "FROM node:22\nCMD node server.js\n",
      '2:1 CMD in shell form: "/bin/sh -c" is PID 1 in front of "node"',
    ],
    [
      "ENTRYPOINT",
      "FROM node:22\nENTRYPOINT node server.js && true\n",
      '2:1 ENTRYPOINT in shell form: "/bin/sh -c" is PID 1 in front of "node"',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text, file)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["JSON form", 'FROM node:22\nCMD ["node", "server.js"]\n'],
    ["exec", "FROM eclipse-temurin:21\nCMD exec java $JAVA_OPTS -jar /app.jar\n"],
    ["exec at the end", "FROM node:22\nENTRYPOINT migrate && exec node server.js\n"],
    ["a Windows base", "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD app.exe\n"],
    [
      "another SHELL",
      'FROM node:22\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD node server.js\n',
    ],
    [
      "an earlier stage",
      'FROM node:22 AS build\nCMD npm test\nFROM node:22\nCMD ["node", "server.js"]\n',
    ],
    ["HEALTHCHECK CMD: KN101's business", "FROM redis:7\nHEALTHCHECK CMD redis-cli ping\n"],
    ["ONBUILD", "FROM node:22\nONBUILD CMD node server.js\n"],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text, file)).toEqual([]);
  });
});

describe("fix", () => {
  test.each([
    [
      "words become a list",
      "CMD node server.js --port 80",
      'CMD ["node", "server.js", "--port", "80"]',
    ],
    ["quotes are read", 'ENTRYPOINT app --name "a b"', 'ENTRYPOINT ["app", "--name", "a b"]'],
    [
      "exec before what a shell must expand",
      "CMD java $JAVA_OPTS -jar /app.jar",
      "CMD exec java $JAVA_OPTS -jar /app.jar",
    ],
    ["nothing where it is several commands", "CMD migrate && server", "CMD migrate && server"],
  ])("%s", (_, before, after) => {
    expect(fixedBy(NAME, `FROM app\n${before}\n`, ["safe"], file)).toBe(`FROM app\n${after}\n`);
  });
});
