import { expect, test } from "vitest";
import { referencesIn } from "./expansion.ts";

test.each([
  ["$(A)", ["A"]],
  ["x$(A)y$(B_1)", ["A", "B_1"]],
  ["$$(A)", []],
  ["$$$(A)", ["A"]],
  ["$(A", []],
  ["$A ${B}", []],
  ["$(a b)", ["a b"]],
  ["$", []],
])("P38: the kubelet finds in %s the names %j", (text, names) => {
  expect(referencesIn(text).map(({ name }) => name)).toEqual(names);
});

test("a reference has the place of all of it", () => {
  expect(referencesIn("ab$(A)c")).toEqual([{ name: "A", start: 2, end: 6 }]);
});
