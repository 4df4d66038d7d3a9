import { describe, expect, test } from "vitest";
import { type Path, parseManifest } from "./manifest.ts";
import { applyChanges, type Rewrite } from "./rewrite.ts";
import { scalarText } from "./scalar-text.ts";
import { removeKey, setStrings, setValue } from "./yaml-edits.ts";

function placeIn(text: string, path: Path) {
  return parseManifest(text).documents[0]!.root.at(...path);
}

function apply(text: string, rewrite: Rewrite | undefined): string | undefined {
  return rewrite && applyChanges(text, rewrite.edits);
}

const set = (text: string, path: Path, value: unknown) =>
  apply(text, setValue(placeIn(text, path), value));
const strings = (text: string, path: Path, value: readonly string[]) =>
  apply(text, setStrings(placeIn(text, path), value));

describe("a value that is there keeps its style", () => {
  test.each<[string, string, unknown, string]>([
    ["a number", "a: 1 # c\n", 2, "a: 2 # c\n"],
    ["a plain string", "a: b # c\n", "d e", "a: d e # c\n"],
    ["single quotes", "a: 'b'\n", "it's", "a: 'it''s'\n"],
    ["double quotes", 'a: "b"\n', 'x"y', 'a: "x\\"y"\n'],
    ["a plain string that needs quotes", "a: b\n", "c: d", 'a: "c: d"\n'],
    ["a plain string that would be a number", "a: b\n", "5", 'a: "5"\n'],
    ["in braces", "{a: b}\n", "c, d", '{a: "c, d"}\n'.replace("{a", "{a")],
    ["CRLF", "a: 1\r\nb: 2\r\n", 3, "a: 3\r\nb: 2\r\n"],
    ["behind an anchor", "a: &x 1\nb: *x\n", 2, "a: &x 2\nb: *x\n"],
  ])("%s", (_, text, value, expected) => {
    expect(set(text, ["a"], value)).toBe(expected);
  });
});

describe("a key is added", () => {
  test.each<[string, string, Path, unknown, string]>([
    [
      "after the last one-line value",
      "p:\n  x:\n    y: 1\n  z: 1 # c\nq: 1\n",
      ["p", "new"],
      5,
      "p:\n  x:\n    y: 1\n  z: 1 # c\n  new: 5\nq: 1\n",
    ],
    [
      "after a nested map",
      "p:\n  x:\n    y: 1 # c\nq: 1\n",
      ["p", "new"],
      5,
      "p:\n  x:\n    y: 1 # c\n  new: 5\nq: 1\n",
    ],
    [
      "after a block scalar",
      "p:\n  x: |\n    y\nq: 1\n",
      ["p", "new"],
      5,
      "p:\n  x: |\n    y\n  new: 5\nq: 1\n",
    ],
    [
      "in an element of a sequence",
      "p:\n- x: 1\n- x: 2\n",
      ["p", 0, "new"],
      5,
      "p:\n- x: 1\n  new: 5\n- x: 2\n",
    ],
    ["at the end of a text without a line break", "x: 1", ["new"], 5, "x: 1\nnew: 5"],
    [
      "with CRLF",
      "p:\r\n  x: 1\r\nq: 1\r\n",
      ["p", "new"],
      5,
      "p:\r\n  x: 1\r\n  new: 5\r\nq: 1\r\n",
    ],
    ["between braces", "p: {x: 1} # c\n", ["p", "new"], 5, "p: {x: 1, new: 5} # c\n"],
    ["between empty braces", "p: {}\n", ["p", "new"], 5, "p: {new: 5}\n"],
    ["in JSON", '{"p": {"x": 1}}\n', ["p", "new"], "s", '{"p": {"x": 1, "new": "s"}}\n'],
    [
      "in JSON over lines",
      '{\n  "p": {\n    "x": 1\n  }\n}\n',
      ["p", "new"],
      5,
      '{\n  "p": {\n    "x": 1,\n    "new": 5\n  }\n}\n',
    ],
    [
      "as a map",
      "p:\n  x: 1\n",
      ["p", "new"],
      { a: ["b", "5"], c: 1 },
      'p:\n  x: 1\n  new:\n    a:\n      - b\n      - "5"\n    c: 1\n',
    ],
  ])("%s", (_, text, path, value, expected) => {
    expect(set(text, path, value)).toBe(expected);
  });
});

describe("a key is removed", () => {
  test.each<[string, string, Path, string | undefined]>([
    [
      "with its line",
      "p:\n  x: 1\n  # keep\n  y: 2 # gone\n  z: 3\n",
      ["p", "y"],
      "p:\n  x: 1\n  # keep\n  z: 3\n",
    ],
    ["with the lines below it", "p:\n  x:\n    a: 1\n  z: 3\n", ["p", "x"], "p:\n  z: 3\n"],
    ["behind a dash", "- x: 1\n  y: 2\n", [0, "x"], "- y: 2\n"],
    ["between braces, first", "p: {x: 1, y: 2}\n", ["p", "x"], "p: {y: 2}\n"],
    ["between braces, last", "p: {x: 1, y: 2}\n", ["p", "y"], "p: {x: 1}\n"],
    ["but not the only one of a block", "p:\n  x: 1\n", ["p", "x"], undefined],
  ])("%s", (_, text, path, expected) => {
    expect(apply(text, removeKey(placeIn(text, path)))).toBe(expected);
  });
});

describe("a sequence of strings", () => {
  test.each<[string, string, string[], string]>([
    ["an element is put in, in brackets", "a: [x, y]\n", ["x", "new", "y"], "a: [x, new, y]\n"],
    ["at the end, quoted as the others", 'a: ["x"]\n', ["x", "new"], 'a: ["x", "new"]\n'],
    ["in a block", "a:\n  - x # c\n  - y\n", ["x", "new", "y"], "a:\n  - x # c\n  - new\n  - y\n"],
    ["at the end of a block", "a:\n- x # c\nb: 1\n", ["x", "new"], "a:\n- x # c\n- new\nb: 1\n"],
    ["elements go, in brackets", "a: [x, y, z]\n", ["z"], "a: [z]\n"],
    ["elements go from the end, over lines", "a: [\n  x,\n  y,\n]\n", ["x"], "a: [\n  x,\n]\n"],
    [
      "elements go from a block",
      "a:\n  - x\n  # about y\n  - y\n  - z # c\n",
      ["x", "z"],
      "a:\n  - x\n  # about y\n  - z # c\n",
    ],
    ["elements are replaced", "a: [x, 'y', z]\n", ["x", "new", "z"], "a: [x, new, z]\n"],
    ["words with a dash in front stay plain", "a: [x]\n", ["x", "-e"], "a: [x, -e]\n"],
  ])("%s", (_, text, value, expected) => {
    expect(strings(text, ["a"], value)).toBe(expected);
  });
});

describe("a part of a string is changed where it stands", () => {
  const insert = (text: string, at: string, added: string) => {
    const source = scalarText(placeIn(text, ["a"]))!;
    const start = source.text.indexOf(at);
    return apply(text, source.splice([{ start, end: start, text: added }]));
  };

  test.each([
    ["plain", "a: x y # c\n", "a: x exec y # c\n"],
    ["plain over lines", "a: x\n  y\nb: 1\n", "a: x\n  exec y\nb: 1\n"],
    ["single quotes", "a: 'it''s x y'\n", "a: 'it''s x exec y'\n"],
    ["double quotes", 'a: "x \\"q\\" \\u0041 y"\n', 'a: "x \\"q\\" \\u0041 exec y"\n'],
    ["a literal block", "a: |-\n  x\n    z\n  y\nb: 1\n", "a: |-\n  x\n    z\n  exec y\nb: 1\n"],
    [
      "a literal block with CRLF",
      "a: |\r\n  x\r\n  y\r\nb: 1\r\n",
      "a: |\r\n  x\r\n  exec y\r\nb: 1\r\n",
    ],
    ["a folded block", "a: >-\n  x\n  y\nb: 1\n", "a: >-\n  x\n  exec y\nb: 1\n"],
    [
      "a folded block with a blank line",
      "a: >\n  x\n\n  y\nb: 1\n",
      "a: >\n  x\n\n  exec y\nb: 1\n",
    ],
  ])("%s", (_, text, expected) => {
    expect(insert(text, "y", "exec ")).toBe(expected);
  });
});
