import { expect, test } from "vitest";
import { parseScript } from "./script.ts";

test.each(["$(", '"$('])(
  "%s nested a thousand times is an error of the script, not of the run",
  (open) => {
    const close = open === "$(" ? ")" : ')"';
    const script = parseScript(open.repeat(1000) + close.repeat(1000));
    expect(script.hasError).toBe(true);
  },
);
