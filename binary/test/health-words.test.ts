import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { E2BIG } from "../system/linux.ts";
import { loadEntry } from "./load.ts";

const UNBALANCED = -1;
const TOO_MANY = -2;
/** Where the words of host.c begin behind three arguments. */
const FIRST = 4;
const ROOM = 511;

let pushed: (number | null)[] = [];
const entry = loadEntry("health-words", {
  argv_push: (at) => {
    if (pushed.length >= ROOM) return -E2BIG;
    return FIRST - 1 + pushed.push(at === 0 ? null : Number(at));
  },
});

function textAt(at: number): string {
  return entry.text(at, entry.memory.indexOf(0, at) - at);
}

/** The words of `text`, or the negative result. Nothing behind the text's NUL may be touched. */
function split(text: string): readonly string[] | number {
  pushed = [];
  const [at, length] = entry.put(text);
  entry.memory.fill(0xaa, at + length, at + length + 16);
  const first = entry.call.push!(at, length);
  expect([...entry.memory.subarray(at + length + 1, at + length + 16)]).toEqual(
    Array(15).fill(0xaa),
  );
  if (first < 0) return first;
  expect(first).toBe(FIRST);
  expect(pushed.indexOf(null)).toBe(pushed.length - 1);
  return pushed.slice(0, -1).map((word) => textAt(word!));
}

describe("D9: a probe's text is split into words as a shell does, and nothing is expanded", () => {
  test.each<[what: string, text: string, expected: readonly string[] | number]>([
    ["one word", "redis", ["redis"]],
    ["words", "redis --live -p 6379", ["redis", "--live", "-p", "6379"]],
    ["nothing", "", []],
    ["blanks only", " \t\n ", []],
    ["blanks around and between", "  a \t b\n\nc  ", ["a", "b", "c"]],
    ["tabs", "a\tb\t", ["a", "b"]],
    ["single quotes", "exec sh -c 'a  b'", ["exec", "sh", "-c", "a  b"]],
    ["double quotes", 'exec sh -c "a\tb"', ["exec", "sh", "-c", "a\tb"]],
    ["the other quote inside", `'a "b" c' "it's"`, ['a "b" c', "it's"]],
    ["quotes within a word", `a'b c'd"e f"g`, ["ab cde fg"]],
    ["quotes side by side", `'a'"b"'c'`, ["abc"]],
    ["an empty word", "a '' b", ["a", "", "b"]],
    ["two empty words", `"" ''`, ["", ""]],
    ["empty quotes within a word", "a''b", ["ab"]],
    ["an escaped blank", "a\\ b c", ["a b", "c"]],
    ["an escaped tab", "a\\\tb", ["a\tb"]],
    ["an escaped quote", `\\'a \\"b`, ["'a", '"b']],
    ["an escaped backslash", "a\\\\ b", ["a\\", "b"]],
    ["an escaped letter", "\\a\\b", ["ab"]],
    ["a backslash at the end", "a\\", ["a\\"]],
    ["a backslash alone", "\\", ["\\"]],
    ["in double quotes: quote, backslash, dollar, backquote", '"\\"\\\\\\$\\`"', ['"\\$`']],
    ["in double quotes: no other escape", '"\\a\\ \\\'"', ["\\a\\ \\'"]],
    ["in single quotes: no escape", "'\\a\\\\'", ["\\a\\\\"]],
    ["in single quotes: a backslash does not keep the quote", "'a\\' b", ["a\\", "b"]],
    [
      "nothing is expanded",
      "$HOME `id` * ~ a;b|c>d #e",
      ["$HOME", "`id`", "*", "~", "a;b|c>d", "#e"],
    ],
    ["a line's end in quotes", "'a\nb'", ["a\nb"]],
    ["other bytes", "\x01\xff\x7f \r", ["\x01\xff\x7f", "\r"]],
    ["a single quote left open", "exec 'a b", UNBALANCED],
    ["a double quote left open", 'exec "a b', UNBALANCED],
    ["a quote that only begins", "'", UNBALANCED],
    ["a closing quote that is escaped", '"a\\"', UNBALANCED],
    ["a quote left open after good words", `a 'b' c"`, UNBALANCED],
    ["as many words as there is room for", "x ".repeat(ROOM - 1), Array(ROOM - 1).fill("x")],
    ["one word more: no room for the end", "x ".repeat(ROOM), TOO_MANY],
    ["far too many words", "x ".repeat(2000), TOO_MANY],
  ])("D9: %s", (_what, text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  test("D9: any words, quoted, come back as they were", () => {
    const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
    const special = fc.constantFrom(..." \t\n'\"\\$`");
    const word = fc.string({ unit: fc.oneof(byte, special), maxLength: 12 });
    const blank = fc.string({ unit: fc.constantFrom(..." \t\n"), minLength: 1, maxLength: 3 });
    const ways = [
      (text: string) => `'${text.replaceAll("'", "'\\''")}'`,
      (text: string) => `"${text.replace(/["\\$`]/g, "\\$&")}"`,
      (text: string) => (text === "" ? "''" : text.replace(/[^a-z]/g, "\\$&")),
    ] as const;
    const quoted = fc
      .tuple(word, fc.constantFrom(...ways))
      .map(([text, quote]) => [text, quote(text)] as const);
    fc.assert(
      fc.property(fc.array(quoted, { maxLength: 8 }), blank, (words, between) => {
        const text = words.map(([, shown]) => shown).join(between);
        expect(split(text)).toEqual(words.map(([plain]) => plain));
      }),
    );
  });

  test("D9: any bytes at all: words or a mistake, nothing behind them is touched", () => {
    const unit = fc.constantFrom(..."ab \t\n'\"\\$");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        const words = split(text);
        if (typeof words === "number") expect(words).toBe(UNBALANCED);
      }),
      { numRuns: 2000 },
    );
  });
});
