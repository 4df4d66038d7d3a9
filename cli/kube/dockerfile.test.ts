import { describe, expect, test } from "vitest";
import { dockerCommandOf, durationFlag, parseDockerfile } from "./dockerfile.ts";

const TEXT = `# syntax=docker/dockerfile:1
ARG VERSION=7
FROM node:22 AS build
SHELL ["/bin/bash", "-c"]
HEALTHCHECK --interval=5s --timeout=1m30s \\
  # ask it

  CMD curl -f http://x \\
  || exit 1
RUN <<EOF
CMD not an instruction
EOF
FROM build AS final
cmd ["a", \\
  "b"]
ONBUILD CMD x
FROM final
HEALTHCHECK NONE
`;

describe("stages", () => {
  const { stages } = parseDockerfile(TEXT);

  test("a stage knows its name, its base, and the stage it builds on", () => {
    expect(
      stages.map(({ name, base, parent, isFinal }) => [name, base, parent?.index, isFinal]),
    ).toEqual([
      ["build", "node:22", undefined, false],
      ["final", "build", 0, false],
      [undefined, "final", 1, true],
    ]);
  });

  test("keywords are upper case; a heredoc is one instruction; ONBUILD is its own", () => {
    expect(stages.map(({ instructions }) => instructions.map(({ keyword }) => keyword))).toEqual([
      ["SHELL", "HEALTHCHECK", "RUN"],
      ["CMD", "ONBUILD"],
      ["HEALTHCHECK"],
    ]);
  });
});

describe("commands", () => {
  const { instructions } = parseDockerfile(TEXT);
  const first = (keyword: string) => instructions.find((it) => it.keyword === keyword)!;

  test("a shell form is joined over continuations, comments and blank lines, and given to the SHELL in force", () => {
    const health = first("HEALTHCHECK");
    expect(dockerCommandOf(health)).toMatchObject({
      isShellForm: true,
      argv: ["/bin/bash", "-c", "curl -f http://x   || exit 1"],
    });
    expect([durationFlag(health, "interval"), durationFlag(health, "timeout")]).toEqual([5, 90]);
  });

  test("every character of a joined text stands where it is read from", () => {
    const { text, offsets } = first("HEALTHCHECK").argument;
    expect([...text].map((_, at) => TEXT[offsets[at]!]).join("")).toBe(text);
  });

  test("a JSON form over lines", () => {
    expect(dockerCommandOf(first("CMD"))).toMatchObject({ isShellForm: false, argv: ["a", "b"] });
  });

  test("NONE has no command", () => {
    expect(dockerCommandOf(instructions.at(-1)!)).toBeUndefined();
  });

  test.each([
    ['CMD ["a", 1]', true],
    ["CMD ['a']", true],
    ["CMD [ -f x ]", true],
    ['CMD ["a"]', false],
    ["CMD []", false],
  ])("%s is a shell form: %s", (line, isShellForm) => {
    const { instructions } = parseDockerfile(`FROM a\n${line}\n`);
    expect(dockerCommandOf(instructions[1]!)?.isShellForm).toBe(isShellForm);
  });
});

test.each([
  ["CRLF", "FROM a\r\nCMD x \\\r\n  y\r\n", "x   y"],
  ["a byte order mark", "\uFEFFFROM a\nCMD x\n", "x"],
  ["another escape character", "# escape=`\nFROM a\nCMD x `\n y\n", "x  y"],
])("%s", (_, text, expected) => {
  const { instructions } = parseDockerfile(text);
  const { argument, start } = instructions[1]!;
  expect(argument.text.trimEnd()).toBe(expected);
  expect(text.slice(start, start + 3)).toBe("CMD");
});

test("a text that is no Dockerfile has no stage", () => {
  expect(parseDockerfile("\0 hello [").stages).toEqual([]);
  expect(parseDockerfile("").instructions).toEqual([]);
});
