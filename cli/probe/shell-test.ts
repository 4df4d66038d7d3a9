// `test`, `[` and `[[`: true or false, or a question where a value is not known. POSIX XCU test; bash(1), CONDITIONAL EXPRESSIONS. Pure.

import type { TestExpression, Word } from "unbash";
import { isKnown } from "./shell-text.ts";

/** The answer to a question about what is not known here. */
export type Decide = (question: string) => boolean;

export interface TestRun {
  readonly text: (word: Word) => string;
  /** `value` matches the glob `pattern`. */
  readonly matches: (value: string, pattern: Word) => boolean;
  readonly decide: Decide;
}

/** What is between `[[` and `]]`. */
export function evaluateTest(expression: TestExpression, run: TestRun): boolean {
  switch (expression.type) {
    case "TestGroup":
      return evaluateTest(expression.expression, run);
    case "TestNot": {
      const inner = evaluateTest(expression.operand, run);
      return expression.negations.length % 2 === 1 ? !inner : inner;
    }
    case "TestLogical":
      return expression.operator === "&&"
        ? expression.operands.every((operand) => evaluateTest(operand, run))
        : expression.operands.some((operand) => evaluateTest(operand, run));
    case "TestUnary":
      return unary(expression.operator, run.text(expression.operand), run.decide);
    case "TestBinary":
      return binaryExpression(expression, run);
  }
}

function binaryExpression(
  { operator, left, right }: TestExpression & { type: "TestBinary" },
  run: TestRun,
): boolean {
  const value = run.text(left);
  if (operator === "==" || operator === "=") return run.matches(value, right);
  if (operator === "!=") return !run.matches(value, right);
  const other = run.text(right);
  if (operator === "=~" && isKnown(value) && isKnown(other)) return new RegExp(other).test(value);
  return binary(value, operator, other, run.decide) ?? false;
}

/** The words of `test`; undefined where it fails with an error: words too many, or too few. */
export function evaluateTestWords(words: readonly string[], decide: Decide): boolean | undefined {
  for (const [connective, isAnd] of [
    ["-o", false],
    ["-a", true],
  ] as const) {
    const at = words.indexOf(connective, 1);
    if (at > 0 && at < words.length - 1 && words.length > 3) {
      const left = evaluateTestWords(words.slice(0, at), decide);
      const right = evaluateTestWords(words.slice(at + 1), decide);
      if (left === undefined || right === undefined) return undefined;
      return isAnd ? left && right : left || right;
    }
  }
  const [first = "", second = "", third = ""] = words;
  if (words.length === 0) return false;
  if (words.length === 1) return unary("-n", first, decide);
  if (words.length === 3) {
    const verdict = binary(first, second, third, decide);
    if (verdict !== undefined) return verdict;
  }
  if (first === "!") {
    const rest = evaluateTestWords(words.slice(1), decide);
    return rest === undefined ? undefined : !rest;
  }
  if (words.length === 2 && /^-[a-zA-Z]$/.test(first)) return unary(first, second, decide);
  return undefined;
}

function unary(operator: string, value: string, decide: Decide): boolean {
  if (operator === "-z") return !unary("-n", value, decide);
  if (operator === "-n" && isKnown(value)) return value !== "";
  return decide(`${operator} ${value}`);
}

const NUMBERS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "-eq": (left, right) => left === right,
  "-ne": (left, right) => left !== right,
  "-lt": (left, right) => left < right,
  "-le": (left, right) => left <= right,
  "-gt": (left, right) => left > right,
  "-ge": (left, right) => left >= right,
};

function binary(
  left: string,
  operator: string,
  right: string,
  decide: Decide,
): boolean | undefined {
  const areKnown = isKnown(left) && isKnown(right);
  if (operator === "=" || operator === "==") {
    return areKnown ? left === right : decide(`${left} = ${right}`);
  }
  if (operator === "!=") return !binary(left, "=", right, decide);
  const compare = NUMBERS[operator];
  if (compare === undefined) return undefined;
  if (!areKnown) return decide(`${left} ${operator} ${right}`);
  const [a, b] = [left, right].map((text) =>
    /^\s*[-+]?\d+\s*$/.test(text) ? Number(text) : Number.NaN,
  );
  return Number.isNaN(a) || Number.isNaN(b) ? false : compare(a!, b!);
}
