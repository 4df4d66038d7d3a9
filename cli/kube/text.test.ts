import { describe, expect, test } from "vitest";
import { formatDuration, parseDurationSeconds } from "./durations.ts";
import { decodeText, encodeText, LineIndex } from "./text.ts";
import { splitWords } from "./words.ts";

describe("lines and columns", () => {
  test.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [7, 3, 2],
    [8, 3, 3],
  ])("offset %d is line %d, column %d", (offset, line, column) => {
    expect(new LineIndex("ab\nc\r\n💀").positionAt(offset)).toEqual({ line, column, offset });
  });

  test("a byte order mark takes no column", () => {
    expect(new LineIndex("\uFEFFab\nc").positionAt(1)).toMatchObject({ line: 1, column: 1 });
    expect(new LineIndex("\uFEFFab\nc").positionAt(4)).toMatchObject({ line: 2, column: 1 });
  });
});

describe("encodings", () => {
  test.each(["utf-8", "utf-16le", "utf-16be"] as const)(
    "%s is read and written alike",
    (encoding) => {
      const text = "\uFEFFa: ü💀\r\n";
      const bytes = encodeText(text, encoding);
      expect(decodeText(bytes)).toEqual({ text, encoding });
      expect(Buffer.from(encodeText(decodeText(bytes).text, encoding))).toEqual(Buffer.from(bytes));
    },
  );

  test("UTF-16 without a mark is told by its zeros, no text at all is UTF-8", () => {
    expect(decodeText(Buffer.from("a: b", "utf16le"))).toEqual({
      text: "a: b",
      encoding: "utf-16le",
    });
    expect(decodeText(new Uint8Array())).toEqual({ text: "", encoding: "utf-8" });
  });

  test("bytes that are no text throw", () => {
    expect(() => decodeText(new Uint8Array([0x61, 0xff, 0x62]))).toThrow(TypeError);
  });
});

describe("words", () => {
  test.each([
    ["a  b", ["a", "b"]],
    [`a 'b "c' "d 'e"`, ["a", `b "c`, `d 'e`]],
    ['a\\ b "c\\"d" e"f"', ["a b", 'c"d', "ef"]],
    ["a ''", ["a", ""]],
    ["", []],
    ["a $X | b", ["a", "$X", "|", "b"]],
    ["a 'b", undefined],
    ["a\\", undefined],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});

describe("durations", () => {
  test.each([
    ["5s", 5],
    ["1m30s", 90],
    ["1.5s", 1.5],
    ["500ms", 0.5],
    ["2h", 7200],
    ["0", 0],
    ["5", undefined],
    ["", undefined],
    ["${T}", undefined],
  ])("%s", (text, seconds) => {
    expect(parseDurationSeconds(text)).toBe(seconds);
  });

  test.each([
    [6, "6s"],
    [90, "1m30s"],
    [120, "2m"],
    [0.9, "900ms"],
    [1.5, "1.5s"],
    [0, "0s"],
  ])("%d s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
    expect(parseDurationSeconds(text)).toBe(seconds);
  });
});
