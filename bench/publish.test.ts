import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publish, type Record, replaceBlock } from "./publish.ts";

const record = JSON.parse(
  readFileSync(join(import.meta.dirname, "results.json"), "utf8"),
) as Record;

test.each(publish(record))("bench: $path shows the numbers of results.json", ({ path, text }) => {
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("bench: a block that is renewed twice is the same as once, and the rest is untouched", () => {
  const text = "a\n<!-- bench: x -->\nold\n<!-- bench end -->\nb\n";
  const once = replaceBlock(text, "x", "new");
  expect(once).toBe("a\n<!-- bench: x -->\nnew\n<!-- bench end -->\nb\n");
  expect(replaceBlock(once, "x", "new")).toBe(once);
});

test("bench: a file without the marks is refused, with their names", () => {
  expect(() => replaceBlock("text", "x", "new")).toThrow('no "<!-- bench: x -->"');
});
