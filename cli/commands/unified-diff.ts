import { createTwoFilesPatch } from "diff";
import type { Colors } from "../lint/reporters/colors.ts";

const CONTEXT_LINES = 3;

/** A patch that `patch -p1` and `git apply` take, from `before` to `after`; coloured it is for the eye only. */
export function unifiedDiff(file: string, before: string, after: string, paint: Colors): string {
  const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, {
    context: CONTEXT_LINES,
  });
  // The first line is a rule of "=", which neither program needs.
  const lines = patch.slice(patch.indexOf("\n") + 1).split("\n");
  return lines.map((line, index) => paintLine(line, index, paint)).join("\n");
}

function paintLine(line: string, index: number, paint: Colors): string {
  if (index < 2) return paint.bold(line);
  if (line.startsWith("@@")) return paint.cyan(line);
  if (line.startsWith("+")) return paint.green(line);
  return line.startsWith("-") ? paint.red(line) : line;
}
