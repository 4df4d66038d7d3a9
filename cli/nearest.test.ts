import { expect, test } from "vitest";
import { editDistance, nearest, suggestion } from "./nearest.ts";

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "abd", 1],
  ["abc", "ab", 1],
  ["ab", "ba", 1],
  ["kitten", "sitting", 3],
  ["", "abc", 3],
])("from %j to %j are %i edits", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test("the closest name is suggested, none for a word that is like nothing", () => {
  expect(nearest("lnit", ["list", "lint", "init"])).toBe("lint");
  expect(nearest("--prot", ["--port", "--profile"])).toBe("--port");
  expect(nearest("zzz", ["lint", "fix"])).toBeUndefined();
  expect(nearest("x", ["fix"])).toBeUndefined();
  expect(suggestion("Lint", ["lint"])).toBe('; did you mean "lint"?');
});
