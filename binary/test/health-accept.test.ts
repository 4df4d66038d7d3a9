import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";
import { COMPLETE, readRequest } from "./read-request.ts";

const entry = loadEntry("health");

/** Whether a request with these headers wants JSON. */
function wantsJson(headers: string, piece = headers.length): boolean {
  const bytes = Buffer.from(`GET /livez HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
  const outcome = readRequest(entry, bytes, { next: () => piece });
  expect(outcome.status).toBe(COMPLETE);
  return outcome.json ?? false;
}

describe("Accept: JSON only where it is preferred", () => {
  test.each<[string, boolean]>([
    ["", false],
    ["*/*", false],
    ["text/plain", false],
    ["application/json", true],
    ["Application/JSON", true],
    ["application/*", true],
    ["application/json, */*", true],
    ["application/json, text/plain, */*", false],
    ["text/plain, application/json", false],
    ["text/plain;q=0.9, application/json", true],
    ["text/plain, application/json;q=0.999", false],
    ["application/json;q=0.5, */*;q=0.4", true],
    ["application/json;q=0.5, text/*;q=0.6", false],
    ["application/json;q=0", false],
    ["application/json;q=0, */*", false],
    ["application/json;q=0.000, application/*", false],
    ["application/*;q=0.2, */*;q=0.3", false],
    ["application/*, text/*", false],
    ["application/json, text/*", true],
    ["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", false],
    ["application/json;q=0.1, application/json;q=0.9, text/plain;q=0.5", true],
    [" application/json ; charset=utf-8 ; Q=1.000 ", true],
    ['application/json;a="x,y;q=0\\",z";q=0.5, text/plain;q=0.4', true],
    ['text/plain;a="application/json, ', false],
    ["application/json;q=0.9, application/json;q=0.1, text/plain;q=0.5", true],
    ['text/plain;q=0.1;a="\\",application/json;b="', false],
    ["application/json;q=2", false],
    ["application/json;q=1.001", false],
    ["application/json;q=0.1234", false],
    ["application/json;q=", false],
    ["application/json;q", false],
    ["application/json;q=.5", false],
    ["application/json;q=0x5", false],
    ["application/json;q=0., text/plain;q=0", false],
    ["application/jsonp, application/jso", false],
    [", ,application/json,,;", true],
    [";;;q=1,,", false],
  ])("%j", (value, json) => {
    expect(wantsJson(`Accept: ${value}\r\n`)).toBe(json);
  });

  test("several headers are one list", () => {
    const headers = "accept: application/json;q=0.5\r\nAccept: text/plain;q=0.4\r\n";
    expect(wantsJson(headers)).toBe(true);
    expect(wantsJson(`${headers}Accept: text/plain\r\n`)).toBe(false);
  });

  test("the longest lists, of commas, quotes or parameters, are read at once", () => {
    for (const piece of [",", '"', ";", ";q", '\\"', "*/*,", ";q=0.5"]) {
      const value = piece.repeat(Math.floor(3900 / piece.length));
      expect(wantsJson(`Accept: ${value}\r\n`, 1)).toBe(false);
    }
  });
});
