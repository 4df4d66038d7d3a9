// The reply's parser: whatever pieces a reply comes in, its status and its body are the same.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("http");
const { call, text } = entry;

const MORE = 0;
const COMPLETE = 1;
const BROKEN = 2;
const NOT_HTTP = 3;
const TOO_LONG = 4;

interface Read {
  outcome: number;
  status: number;
  body: string;
}

/** Feeds the reply in pieces of `piece` bytes, as far as it is read. */
function read(reply: string, piece = reply.length, isHead = false): Read {
  const [at, length] = entry.put(reply);
  let outcome = MORE;
  call.replyClear!(isHead ? 1 : 0);
  for (let offset = 0; offset < length && outcome === MORE; ) {
    const taken = call.replyFeed!(at + offset, Math.min(piece, length - offset));
    if (taken === 0) throw new Error("no room for more, and no verdict");
    offset += taken;
    outcome = call.replyRead!();
  }
  return { outcome, status: call.replyStatus!(), body: text(call.bodyAt!(), call.bodyLength!()) };
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

test.each<[string, string, Read]>([
  ["a length", `${OK}Content-Length: 2\r\n\r\nhi`, { outcome: COMPLETE, status: 200, body: "hi" }],
  ["a length of 0", `${OK}Content-Length: 0\r\n\r\n`, { outcome: COMPLETE, status: 200, body: "" }],
  [
    "more than its length",
    `${OK}Content-Length: 2\r\n\r\nhiho`,
    { outcome: COMPLETE, status: 200, body: "hi" },
  ],
  [
    "less than its length",
    `${OK}Content-Length: 3\r\n\r\nhi`,
    { outcome: MORE, status: 200, body: "hi" },
  ],
  ["until the end", `${OK}\r\nhi`, { outcome: MORE, status: 200, body: "hi" }],
  [
    "bare LF",
    "HTTP/1.0 404 x\nContent-Length: 2\n\nhi",
    { outcome: COMPLETE, status: 404, body: "hi" },
  ],
  ["no reason", "HTTP/1.1 204\r\n\r\n", { outcome: COMPLETE, status: 204, body: "" }],
  [
    "304 has no body",
    "HTTP/1.1 304 N\r\nContent-Length: 9\r\n\r\n",
    { outcome: COMPLETE, status: 304, body: "" },
  ],
  [
    "a NUL in the reason",
    "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n",
    { outcome: COMPLETE, status: 200, body: "" },
  ],
  [
    "interim replies",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`,
    { outcome: COMPLETE, status: 200, body: "x" },
  ],
  ["101 is final", "HTTP/1.1 101 S\r\n\r\n", { outcome: COMPLETE, status: 101, body: "" }],
  [
    "chunks",
    `${CHUNKED}2\r\nhi\r\n3;a=b\r\n ho\r\n0\r\n\r\n`,
    { outcome: COMPLETE, status: 200, body: "hi ho" },
  ],
  ["chunks with bare LF", `${CHUNKED}2\nhi\n0\n\n`, { outcome: COMPLETE, status: 200, body: "hi" }],
  [
    "chunks beat a length",
    `${OK}Content-Length: 9\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    { outcome: COMPLETE, status: 200, body: "x" },
  ],
  [
    "the same length twice",
    `${OK}Content-Length: 1\r\nCONTENT-LENGTH:  1 \r\n\r\nx`,
    { outcome: COMPLETE, status: 200, body: "x" },
  ],
  [
    "two lengths",
    `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    { outcome: BROKEN, status: 200, body: "" },
  ],
  [
    "a negative length",
    `${OK}Content-Length: -1\r\n\r\n`,
    { outcome: BROKEN, status: 200, body: "" },
  ],
  [
    "a length beyond 64 bits",
    `${OK}Content-Length: 99999999999999999999\r\n\r\n`,
    { outcome: BROKEN, status: 200, body: "" },
  ],
  ["a chunk without size", `${CHUNKED}\r\nhi`, { outcome: BROKEN, status: 200, body: "" }],
  ["a chunk of size g", `${CHUNKED}g\r\n`, { outcome: BROKEN, status: 200, body: "" }],
  [
    "a chunk beyond any size",
    `${CHUNKED}ffffffffffff\r\n`,
    { outcome: BROKEN, status: 200, body: "" },
  ],
  [
    "a chunk longer than its size",
    `${CHUNKED}1\r\nhi\r\n`,
    { outcome: BROKEN, status: 200, body: "h" },
  ],
])("%s, split at every byte", (_, reply, expected) => {
  for (let piece = 1; piece <= reply.length; piece++)
    expect([piece, read(reply, piece)]).toEqual([piece, expected]);
});

test.each([
  "SSH-2.0-x\r\n",
  "HTTP/2.0 200 OK\r\n",
  "HTTP/1.1  200 OK\r\n",
  "HTTP/1.1 20 OK\r\n",
  "HTTP/1.1 2000 OK\r\n",
  "HTTP/1.1 -20 OK\r\n",
  "HTTP/1.1 000 OK\r\n",
  "HTTP/1.1\n",
  "HTTP/1.x 200 OK",
  "http/1.1 200 OK\r\n",
  "\r\nHTTP/1.1 200 OK\r\n",
  "\0",
  "\x15\x03\x01",
  "HTTP/1.1 100 C\r\n\r\nHTTX",
])("%j is no HTTP/1", (reply) => {
  for (let piece = 1; piece <= reply.length; piece++)
    expect(read(reply, piece)).toEqual({ outcome: NOT_HTTP, status: 0, body: "" });
});

describe("limits", () => {
  test("a head of 16384 bytes is read, one more is not", () => {
    const line = `${OK}X: `;
    const head = (size: number) => `${line}${"x".repeat(size - line.length - 4)}\r\n\r\n`;
    expect(read(head(16_384)).status).toBe(200);
    expect(read(`${head(16_384)}body`).outcome).toBe(MORE);
    expect(read(head(16_385)).outcome).toBe(TOO_LONG);
  });

  test("an endless status line, endless lines, and endless interim replies", () => {
    expect(read(`HTTP/1.1 200 ${"x".repeat(20_000)}`)).toMatchObject({
      outcome: TOO_LONG,
      status: 0,
    });
    expect(read(`${OK}${"X: y\r\n".repeat(9_000)}`)).toMatchObject({
      outcome: TOO_LONG,
      status: 200,
    });
    expect(read("HTTP/1.1 100 C\r\n\r\n".repeat(9_000))).toMatchObject({
      outcome: TOO_LONG,
      status: 0,
    });
  });

  test("10240 bytes of a body are kept, and then it is complete", () => {
    const body = "x".repeat(30_000);
    expect(read(`${OK}\r\n${body}`, 1_000)).toEqual({
      outcome: COMPLETE,
      status: 200,
      body: body.slice(0, 10_240),
    });
    expect(read(`${OK}\r\n${body.slice(0, 10_239)}`).outcome).toBe(MORE);
    expect(read(`${CHUNKED}7530\r\n${body}`, 999).body.length).toBe(10_240);
  });

  test("a reply to HEAD has no body", () => {
    expect(read(`${OK}Content-Length: 5\r\n\r\n`, 7, true)).toMatchObject({
      outcome: COMPLETE,
      body: "",
    });
  });
});

test("any body in any chunks and pieces comes out whole, and holds each part of itself", () => {
  const parts = fc.array(fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(
      parts,
      fc.integer({ min: 1, max: 50 }),
      fc.nat(),
      fc.nat(),
      (chunks, piece, a, b) => {
        const body = chunks.join("");
        const coded = chunks
          .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
          .join("");
        const result = read(`${CHUNKED}${coded}0\r\n\r\n`, piece);
        expect(result).toEqual({ outcome: COMPLETE, status: 200, body });
        const from = a % (body.length + 1);
        const wanted = body.slice(from, from + 1 + (b % 20));
        expect(call.bodyContains!(...entry.put(wanted))).toBe(1);
      },
    ),
  );
});

test("what stands across two pieces is found, and nothing behind it", () => {
  const [at] = entry.put(`${OK}\r\nabcneedle`);
  const head = OK.length + 2;
  call.replyClear!(0);
  call.replyFeed!(at, head + 5);
  call.replyRead!();
  const search = () => {
    entry.memory.set(Buffer.from("needle"), at + 1_000);
    return call.bodyContains!(at + 1_000, 6);
  };
  expect(search()).toBe(0);
  call.replyFeed!(at + head + 5, 4);
  call.replyRead!();
  expect(search()).toBe(1);
});
