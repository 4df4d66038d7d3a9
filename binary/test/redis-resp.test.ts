import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("redis");
const { call } = entry;

const MORE = 0;
const COMPLETE = 1;
const NO_TYPE = 2;
const BARE_LF = 3;
const BROKEN = 4;
const TOO_LONG = 5;
const TOO_MANY_PUSHES = 6;
const REPLY_SIZE = 65_536;

interface Reply {
  readonly status: number;
  readonly kind: string;
  readonly text: string;
}

/** Feeds `stream` in pieces of `piece` bytes; every reply up to the first that is not whole. */
function readReplies(stream: string, piece = stream.length): Reply[] {
  const replies: Reply[] = [];
  call.readerClear!();
  let offset = 0;
  for (;;) {
    const status = call.readerNext!();
    if (status === MORE && offset < stream.length) {
      const [at, length] = entry.put(stream.slice(offset, offset + piece));
      offset += call.readerFeed!(at, length);
      continue;
    }
    if (status === MORE) return replies;
    const kind = String.fromCharCode(call.replyKind!());
    const text = status === COMPLETE ? entry.text(call.replyAt!(), call.replyLength!()) : "";
    replies.push({ status, kind, text });
    if (status !== COMPLETE) return replies;
  }
}

const status = (stream: string, piece?: number) =>
  readReplies(stream, piece).at(-1)?.status ?? MORE;

describe("R13: a reply is accepted split at any byte", () => {
  const streams: [string, string, string[]][] = [
    ["simple strings", "+OK\r\n+PONG\r\n", ["OK", "PONG"]],
    ["a bulk string", "$4\r\nPONG\r\n", ["PONG"]],
    ["a bulk string with line ends inside", "$6\r\na\r\nb\r\n\r\n", ["a\r\nb\r\n"]],
    ["an empty bulk string", "$0\r\n\r\n:1\r\n", ["", "1"]],
    ["a verbatim string", "=8\r\ntxt:PONG\r\n", ["PONG"]],
    ["an error", "-LOADING Redis is loading\r\n", ["LOADING Redis is loading"]],
    ["a bulk error", "!9\r\nERR a\r\nbc\r\n", ["ERR a\r\nbc"]],
    ["a nested array, then PONG", "*2\r\n*1\r\n:1\r\n$1\r\nx\r\n+PONG\r\n", ["2", "PONG"]],
    ["an empty array, then PONG", "*0\r\n+PONG\r\n", ["0", "PONG"]],
    ["a map, then PONG", "%1\r\n+server\r\n$5\r\nredis\r\n+PONG\r\n", ["1", "PONG"]],
    ["a set, then PONG", "~2\r\n:1\r\n:2\r\n+PONG\r\n", ["2", "PONG"]],
    ["RESP3 scalars", "_\r\n#t\r\n,1.5\r\n(123\r\n", ["", "t", "1.5", "123"]],
    ["null bulk and array", "$-1\r\n*-1\r\n+PONG\r\n", ["", "", "PONG"]],
    ["an attribute before PONG", "|1\r\n+ttl\r\n:3\r\n+PONG\r\n", ["PONG"]],
    ["an attribute with a map inside", "|1\r\n+a\r\n%1\r\n+b\r\n:1\r\n+PONG\r\n", ["PONG"]],
    [
      "an attribute on an attribute's value",
      "|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n:2\r\n+PONG\r\n",
      ["PONG"],
    ],
    ["R39 a push before PONG", ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n+PONG\r\n", ["PONG"]],
    ["R39 pushes between replies", "+OK\r\n>1\r\n+a\r\n>1\r\n+b\r\n+PONG\r\n", ["OK", "PONG"]],
  ];
  test.each(streams)("R13 %s", (_, stream, texts) => {
    for (let piece = 1; piece <= stream.length; piece++) {
      const replies = readReplies(stream, piece);
      expect(replies.map((reply) => reply.text)).toEqual(texts);
      expect(replies.every((reply) => reply.status === COMPLETE)).toBe(true);
    }
  });

  test.each(streams)("R13 %s: every beginning asks for more and is never wrong", (_, stream) => {
    for (let length = 0; length < stream.length; length++) {
      expect([MORE, COMPLETE]).toContain(status(stream.slice(0, length), 1));
    }
  });
});

describe("R13, R59: limits", () => {
  test.each([
    ["R59 bulk length 999999999", "$999999999\r\n", TOO_LONG],
    ["R13 a bulk string one byte too long", `$${REPLY_SIZE - 9}\r\n`, TOO_LONG],
    ["R13 a length of 40 digits", `$${"9".repeat(40)}\r\n`, BROKEN],
    ["R13 an array that cannot fit", "*30000\r\n", TOO_LONG],
    ["R13 a map that cannot fit", "%20000\r\n", TOO_LONG],
    ["R13 a count that overflows when doubled", "%1073741824\r\n", TOO_LONG],
    ["R13 nested arrays that add up", `*9000\r\n${"*9000\r\n".repeat(3)}`, TOO_LONG],
    ["R13 a line without end", `+${"a".repeat(REPLY_SIZE)}`, TOO_LONG],
    ["R13 an error without end", `-${"a".repeat(REPLY_SIZE)}`, TOO_LONG],
    ["R13 arrays in arrays without end", "*1\r\n".repeat(20_000), TOO_LONG],
    ["R13 attributes without end", "|0\r\n".repeat(20_000), TOO_LONG],
  ])("%s", (_, stream, expected) => {
    expect(status(stream)).toBe(expected);
  });

  test("R13: the longest bulk string that fits is read, whole and in pieces", () => {
    const text = "x".repeat(REPLY_SIZE - 10);
    expect(readReplies(`$${text.length}\r\n${text}\r\n`)[0]?.text).toBe(text);
    expect(readReplies(`$${text.length}\r\n${text}\r\n`, 1000)[0]?.text).toBe(text);
  });

  test("R13, R39: 32 push frames are skipped, the 33rd is one too many", () => {
    const pushes = (count: number) => ">1\r\n+x\r\n".repeat(count);
    expect(readReplies(`${pushes(32)}+PONG\r\n`, 7)[0]?.text).toBe("PONG");
    expect(status(`${pushes(33)}+PONG\r\n`, 7)).toBe(TOO_MANY_PUSHES);
    expect(status(`${pushes(20)}+OK\r\n${pushes(20)}+PONG\r\n`, 7)).toBe(TOO_MANY_PUSHES);
  });
});

describe("R57, R58: what is no RESP", () => {
  test.each([
    ["R57 SSH", "SSH-2.0-OpenSSH_9.2\r\n", NO_TYPE],
    ["R57 HTTP", "HTTP/1.1 400 Bad Request\r\n", NO_TYPE],
    ["R57 SMTP", "220 mail.example.org ESMTP\r\n", NO_TYPE],
    ["R57 a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", NO_TYPE],
    ["R57 a zero byte", "\0", NO_TYPE],
    ["R57 a byte above ASCII", "\xff", NO_TYPE],
    ["R57 a bad element inside an array", "*2\r\n:1\r\nX\r\n", NO_TYPE],
    ["R58 a line ended by LF only", "+PONG\n", BARE_LF],
    ["R58 a length ended by LF only", "$4\nPONG\r\n", BARE_LF],
    ["R58 an empty line", "+\n", BARE_LF],
    ["a bulk string without CR LF behind", "$4\r\nPONGxx", BROKEN],
    ["a length that is no number", "$four\r\n", BROKEN],
    ["a negative length", "$-2\r\n", BROKEN],
    ["an empty length", "$\r\n", BROKEN],
    ["a null map", "%-1\r\n", BROKEN],
    ["a streamed string, which Redis never sends", "$?\r\n", BROKEN],
  ])("%s", (_, stream, expected) => {
    expect(status(stream)).toBe(expected);
    expect(status(stream, 1)).toBe(expected);
  });
});

test("R34: an unfinished error line is told apart from other unfinished replies", () => {
  for (const [stream, expected] of [
    ["-SHUTDOWN in progress", 1],
    ["-", 1],
    ["+PON", 0],
    ["$4\r\n-ER", 0],
    ["", 0],
  ] as const) {
    expect(readReplies(stream)).toEqual([]);
    expect(call.readerHasPartOfError!()).toBe(expected);
  }
});
