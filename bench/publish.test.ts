import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publish, type Record } from "./publish.ts";

const record = JSON.parse(
  readFileSync(join(import.meta.dirname, "results.json"), "utf8"),
) as Record;

test.each(publish(record))("bench: $path shows the numbers of results.json", ({ path, text }) => {
  expect(readFileSync(path, "utf8")).toBe(text);
});
