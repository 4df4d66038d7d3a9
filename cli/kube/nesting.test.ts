import { expect, test } from "vitest";
import { deepNestingIn } from "./nesting.ts";

test.each<[string, string, number]>([
  ["nothing", "", -1],
  ["400 lists", "[".repeat(400), -1],
  ["401 lists", `a: ${"[".repeat(500)}`, 403],
  ["401 maps in lists", "[{a: ".repeat(300), 1000],
  ["as many as a file has, closed again", "[1], {a: 2}\n".repeat(10_000), -1],
  ["brackets in double quotes", `"${"\\u001b[0m".repeat(1000)}"`, -1],
  ["brackets in single quotes", `'${"[".repeat(1000)}'`, -1],
  ["brackets line by line", "  echo '[\n  [ -f x\n".repeat(1000), -1],
])("%s", (_, text, offset) => {
  expect(deepNestingIn(text)).toBe(offset);
});
