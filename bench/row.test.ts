import { expect, test } from "vitest";
import { median, outcomeOf, percentile } from "./row.ts";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
  [[], NaN],
])("bench: the median of %j is %j", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test.each([
  [[3, 1, 2], 0.5, 2],
  [[3, 1, 2], 0.99, 3],
  [[4, 1, 2, 3], 0.5, 2],
  [[7], 0, 7],
  [[], 0.5, NaN],
])("bench: of %j the part %j is at most %j", (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

const ROW = { what: "", unit: "", detail: "" };

test("bench: bound and goal are met on the good side, edges included", () => {
  const least = { ...ROW, good: "at least", bound: 8, goal: 12 } as const;
  expect([7.9, 8, 12].map((value) => outcomeOf({ ...least, value }))).toEqual([
    "MISSED",
    "bound met",
    "goal met",
  ]);
  const most = { ...ROW, good: "at most", bound: 2, goal: 1.3 } as const;
  expect([2.1, 2, 1.3].map((value) => outcomeOf({ ...most, value }))).toEqual([
    "MISSED",
    "bound met",
    "goal met",
  ]);
  expect(outcomeOf({ ...ROW, good: "at most", bound: 1, value: 1 })).toBe("bound met");
  expect(outcomeOf({ ...ROW, good: "at most", value: 9 })).toBe("");
});
