// Programs that read text and print text, as far as probes use them on a reply: grep, head, tr … Pure.

import type { Answer } from "./shell-run.ts";
import type { Decide } from "./shell-test.ts";
import { isKnown } from "./shell-text.ts";

/** What the filter makes of `input`; undefined for a program or an option that is not followed. */
export function filterText(
  program: string,
  args: readonly string[],
  input: string,
  decide: Decide,
): Answer | undefined {
  if (program === "expr") return expr(args);
  if (!isKnown(args.join(""))) return undefined;
  if (program === "grep" || program === "egrep" || program === "fgrep") {
    return isKnown(input) ? grep(program, args, input) : grepUnknown(args, input, decide);
  }
  const transform = transformOf(program, args);
  return transform && { output: transform(input), status: 0 };
}

function grepUnknown(args: readonly string[], input: string, decide: Decide): Answer {
  const isFound = decide(`grep ${args.join(" ")} in ${input}`);
  return { output: isFound ? input : "", status: isFound ? 0 : 1 };
}

const GREP_FLAGS = /^-[qsiFExwvo]+$/;
const GREP_LONG: Readonly<Record<string, string>> = {
  "--quiet": "q",
  "--silent": "q",
  "--ignore-case": "i",
  "--fixed-strings": "F",
  "--extended-regexp": "E",
  "--line-regexp": "x",
  "--word-regexp": "w",
  "--no-messages": "s",
};

function grep(program: string, args: readonly string[], input: string): Answer | undefined {
  let flags = program === "egrep" ? "E" : program === "fgrep" ? "F" : "";
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "-e") operands.push(args[++at] ?? "");
    else if (arg === "--") operands.push(...args.slice(at + 1).splice(0));
    else if (GREP_FLAGS.test(arg)) flags += arg.slice(1);
    else if (arg.startsWith("-")) {
      if (GREP_LONG[arg] === undefined) return undefined;
      flags += GREP_LONG[arg];
    } else operands.push(arg);
    if (arg === "--") break;
  }
  const [text] = operands;
  if (text === undefined || operands.length > 1) return undefined;
  const pattern = grepPattern(text, flags);
  if (pattern === undefined) return undefined;
  const found = linesOf(input).filter((line) => pattern.test(line) !== flags.includes("v"));
  const output = flags.includes("q") ? "" : found.map((line) => `${line}\n`).join("");
  return { output, status: found.length > 0 ? 0 : 1 };
}

/** A POSIX basic or extended regular expression, or a fixed string, as JavaScript reads it. */
function grepPattern(text: string, flags: string): RegExp | undefined {
  let source = text;
  if (flags.includes("F")) source = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  else if (!flags.includes("E")) {
    source = text.replaceAll(
      /\\([(){}|+?])|[(){}|+?]/g,
      (found, escaped) => escaped ?? `\\${found}`,
    );
  }
  if (flags.includes("x")) source = `^(?:${source})$`;
  if (flags.includes("w")) source = `\\b(?:${source})\\b`;
  try {
    return new RegExp(source, flags.includes("i") ? "i" : "");
  } catch {
    return undefined;
  }
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

type Transform = (text: string) => string;

function transformOf(program: string, args: readonly string[]): Transform | undefined {
  const byLine = (change: (lines: string[]) => string[]) => (text: string) =>
    change(linesOf(text))
      .map((line) => `${line}\n`)
      .join("");
  const line = args.join(" ");
  switch (program) {
    case "cat":
      return args.length === 0 || line === "-" ? (text) => text : undefined;
    case "head":
    case "tail": {
      const count = /^(?:-n ?|-)(\d+)$/.exec(line)?.[1];
      if (count === undefined) return undefined;
      const size = Number(count);
      return byLine((lines) => (program === "head" ? lines.slice(0, size) : lines.slice(-size)));
    }
    case "sed": {
      const number = /^(?:-n (\d+)p|(\d+)!d)$/.exec(line);
      const index = Number(number?.[1] ?? number?.[2]) - 1;
      return number === null ? undefined : byLine((lines) => lines.slice(index, index + 1));
    }
    case "tr":
      return translate(args);
    case "awk":
      return awk(args, byLine);
    case "cut":
      return cut(args, byLine);
    case "xargs":
      return line === "" ? (text) => `${text.trim().replaceAll(/\s+/g, " ")}\n` : undefined;
    default:
      return undefined;
  }
}

/** tr -d SET, and the two ways to change case. */
function translate([first = "", second = "", ...more]: readonly string[]): Transform | undefined {
  if (more.length > 0) return undefined;
  const upper = ["[:upper:]", "A-Z"];
  const lower = ["[:lower:]", "a-z"];
  if (upper.includes(first) && lower.includes(second)) return (text) => text.toLowerCase();
  if (lower.includes(first) && upper.includes(second)) return (text) => text.toUpperCase();
  if (first !== "-d") return undefined;
  const set = second
    .replaceAll("[:space:]", " \\t\\n\\r")
    .replaceAll(/\\(?![ntr])/g, "\\\\")
    .replaceAll(/[\]^]/g, "\\$&");
  if (/\[:/.test(second)) return undefined;
  const pattern = new RegExp(`[${set}]`, "g");
  return (text) => text.replaceAll(pattern, "");
}

/** awk '{print $N}', with -F: too. */
function awk(
  args: readonly string[],
  byLine: (change: (lines: string[]) => string[]) => Transform,
): Transform | undefined {
  const [, separator, rest] = /^(?:-F ?(\S) )?([\s\S]*)$/.exec(args.join(" ")) ?? [];
  const field = /^\{ *print \$(\d+);? *\}$/.exec(rest ?? "")?.[1];
  if (field === undefined) return undefined;
  return byLine((lines) =>
    lines.map((line) => {
      if (field === "0") return line;
      const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
      return fields[Number(field) - 1] ?? "";
    }),
  );
}

function cut(
  args: readonly string[],
  byLine: (change: (lines: string[]) => string[]) => Transform,
): Transform | undefined {
  const [, separator, field] = /^-d ?(.) -f ?(\d+)$/.exec(args.join(" ")) ?? [];
  if (separator === undefined) return undefined;
  return byLine((lines) =>
    lines.map((line) =>
      line.includes(separator) ? (line.split(separator)[Number(field) - 1] ?? "") : line,
    ),
  );
}

/** expr STRING : REGEX, and STRING = STRING. */
function expr([left = "", operator, right = ""]: readonly string[]): Answer | undefined {
  if (!isKnown(left + right)) return undefined;
  if (operator === "=")
    return { output: `${Number(left === right)}\n`, status: left === right ? 0 : 1 };
  const pattern = operator === ":" ? grepPattern(right, "") : undefined;
  if (pattern === undefined) return undefined;
  const found = new RegExp(`^(?:${pattern.source})`).exec(left)?.[0].length ?? 0;
  return { output: `${found}\n`, status: found > 0 ? 0 : 1 };
}
