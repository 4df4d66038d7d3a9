import { describe, expect, test } from "vitest";
import { messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "duplicate-instruction";
const file = { file: "Dockerfile" };

describe("reports all but the last", () => {
  test.each(["HEALTHCHECK CMD true", "CMD node a.js", 'ENTRYPOINT ["a"]'])("%s", (line) => {
    const keyword = line.split(" ")[0];
    expect(messagesOf(NAME, `FROM node:22\n${line}\nUSER node\n${line}\n`, file)).toEqual([
      `2:1 this ${keyword} has no effect: the one in line 4 replaces it`,
    ]);
  });
});

describe("stays silent", () => {
  test.each([
    ["one of each", 'FROM node:22\nENTRYPOINT ["a"]\nCMD ["b"]\nHEALTHCHECK CMD c\n'],
    ["ONBUILD", "FROM node:22\nONBUILD CMD a\nONBUILD CMD b\nCMD c\n"],
    ["different stages", 'FROM node:22 AS build\nCMD ["a"]\nFROM build\nCMD ["b"]\n'],
    ["instructions that add up", "FROM node:22\nRUN a\nRUN b\nENV A=1\nENV B=2\n"],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text, file)).toEqual([]);
  });
});
