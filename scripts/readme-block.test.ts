import { expect, test } from "vitest";
import { replaceBlock } from "./readme-block.ts";

test("a block that is renewed twice is the same as once, and the rest is untouched", () => {
  const text = "a\n<!-- x -->\nold\n<!-- end -->\nb\n";
  const once = replaceBlock(text, "x", "new");
  expect(once).toBe("a\n<!-- x -->\nnew\n<!-- end -->\nb\n");
  expect(replaceBlock(once, "x", "new")).toBe(once);
});

test("a file without the marks is refused, with their names", () => {
  expect(() => replaceBlock("text", "x", "new")).toThrow('no "<!-- x -->"');
});
