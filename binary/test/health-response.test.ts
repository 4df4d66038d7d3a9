import { createServer } from "node:net";
import { expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("health");
const { call } = entry;

const PHRASES: [number, string][] = [
  [200, "OK"],
  [400, "Bad Request"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [413, "Content Too Large"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
  [505, "HTTP Version Not Supported"],
];
const ERRORS = PHRASES.map(([status]) => status).filter((status) => status !== 200);
const TEXT = 0;
const JSON_TYPE = 1;
const METRICS = 2;

const written = (length: number) => entry.text(call.output!(), length);
const head = (status: number, type: number, length: number) =>
  written(call.head!(status, type, length));
const errorAnswer = (status: number, isHead = false) =>
  written(call.errorAnswer!(status, isHead ? 1 : 0));

test("a head, byte for byte", () => {
  expect(head(503, TEXT, 12)).toBe(
    "HTTP/1.1 503 Service Unavailable\r\n" +
      "Content-Type: text/plain; charset=utf-8\r\n" +
      "Content-Length: 12\r\n" +
      "Cache-Control: no-store\r\n" +
      "X-Content-Type-Options: nosniff\r\n" +
      "Connection: close\r\n\r\n",
  );
  expect(head(200, JSON_TYPE, 0)).toContain(
    "\r\nContent-Type: application/json\r\nContent-Length: 0\r\n",
  );
  expect(head(200, METRICS, 1)).toContain(
    "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n",
  );
});

test.each(PHRASES)("%i is %s", (status, phrase) => {
  expect(head(status, TEXT, 0).split("\r\n")[0]).toBe(`HTTP/1.1 ${status} ${phrase}`);
});

test("only 405 names the methods", () => {
  const withAllow = PHRASES.filter(([status]) => head(status, TEXT, 0).includes("Allow:"));
  expect(withAllow).toEqual([[405, "Method Not Allowed"]]);
  expect(head(405, TEXT, 0)).toContain("\r\nAllow: GET, HEAD\r\n");
});

test("a status that is not in the list has an empty phrase, and still a right head", () => {
  expect(head(418, TEXT, 0)).toMatch(/^HTTP\/1\.1 418 \r\nContent-Type: /);
});

test("fetch reads every head and error as it was meant", async () => {
  let answer = "";
  const server = createServer((socket) => socket.once("data", () => socket.end(answer)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    for (const status of ERRORS) {
      answer = errorAnswer(status);
      const response = await fetch(`http://127.0.0.1:${port}/`);
      expect([response.status, response.statusText]).toEqual([
        status,
        new Map(PHRASES).get(status),
      ]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(await response.text()).toBe(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    }
  } finally {
    server.close();
  }
});

test.each(ERRORS)("%i says in one line what was wrong and what to do", (status) => {
  const [top = "", body = "", ...rest] = errorAnswer(status).split("\r\n\r\n");
  expect(rest).toEqual([]);
  expect(body).toMatch(new RegExp(`^${status}: [a-z][^\\n;]*; [a-z][^\\n]*[^.\\n]\\n$`));
  expect(top).toContain(`\r\nContent-Length: ${body.length}\r\n`);
  expect(top).toContain("\r\nContent-Type: text/plain; charset=utf-8\r\n");
});

test("each error has words of its own", () => {
  expect(new Set(ERRORS.map((status) => errorAnswer(status).split(": ").at(-1))).size).toBe(
    ERRORS.length,
  );
  expect(errorAnswer(404)).toMatch(
    /\r\n404: no such path; use \/livez, \/readyz, \/startupz, \/healthz or \/metrics\n$/,
  );
});

test.each(ERRORS)("%i to HEAD has the same head and no body", (status) => {
  const answer = errorAnswer(status);
  expect(errorAnswer(status, true)).toBe(answer.slice(0, answer.indexOf("\r\n\r\n") + 4));
});

test("the rooms hold the longest", () => {
  const longest = Math.max(
    ...PHRASES.flatMap(([status]) =>
      [TEXT, JSON_TYPE, METRICS].map((type) => call.head!(status, type, 2 ** 31 - 1)),
    ),
  );
  // HEAD_ROOM promises 64 bytes for the type; the longest here has 41.
  expect(longest + 64 - 41).toBeLessThanOrEqual(call.headRoom!());
  for (const status of ERRORS) {
    expect(errorAnswer(status).length).toBeLessThanOrEqual(call.errorRoom!());
  }
});
