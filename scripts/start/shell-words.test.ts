import { expect, test } from "vitest";
import { shellWords } from "./shell-words.ts";

test.each([
  ["redis --live", ["redis", "--live"]],
  ["  a \t b\n", ["a", "b"]],
  ["", []],
  ["sh -c 'redis-cli ping | grep PONG'", ["sh", "-c", "redis-cli ping | grep PONG"]],
  ['a "b c" d', ["a", "b c", "d"]],
  ['"say \\"hi\\" \\\\ \\n"', ['say "hi" \\ \\n']],
  ["a'b'\"c\"d", ["abcd"]],
  ["'' \"\"", ["", ""]],
  ["a\\ b \\'", ["a b", "'"]],
  ["$HOME *", ["$HOME", "*"]],
  ["'open", undefined],
  ['a "open', undefined],
  ["end\\", undefined],
])("npm start: the words of %j", (text, words) => {
  expect(shellWords(text)).toEqual(words);
});
