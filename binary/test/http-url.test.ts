// The URL of `knell http`, redirects, sets of status codes, and --listen's addresses.

import fc from "fast-check";
import { expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("http");
const { call, text } = entry;

/** "host port path", or undefined for a URL that is refused. */
function parse(url: string): string | undefined {
  if (call.urlParse!(...entry.put(url)) !== 1) return undefined;
  const [host, path] = [0, 1].map((i) => text(call.urlPartAt!(i), call.urlPartLength!(i)));
  return `${host} ${call.urlPort!()} ${path}`;
}

test.each([
  ["http://h", "h 80 "],
  ["HTTP://h/", "h 80 /"],
  ["h:8080/x", "h 8080 /x"],
  ["localhost:65535", "localhost 65535 "],
  ["http://h:/x", "h 80 /x"],
  ["http://h?q=/", "h 80 ?q=/"],
  ["http://h/a?b#c", "h 80 /a?b"],
  ["http://h#c", "h 80 "],
  ["http://h/a:b@c", "h 80 /a:b@c"],
  ["http://[::1]:8/x", "::1 8 /x"],
  ["[::1]", "::1 80 "],
  ["http://[fe80::1%2]/", "fe80::1%2 80 /"],
  ["https://h/x", "h 80 /x"],
  ["a_b-c.d", "a_b-c.d 80 "],
  ["h/http://x", "h 80 /http://x"],
  ["http://h/\u00e4", "h 80 /\u00e4"],
])("URL %s", (url, parsed) => {
  expect(parse(url)).toBe(parsed);
});

test.each([
  ...["", "http://", "http:///x", "/x", ":80", "http://:80/", "ftp://h/", "httpx://h", "://h"],
  ...["http://h:0", "http://h:65536", "http://h:x", "http://h:-1", "http://h:1:2", "h:80 /x"],
  ...["http://h/a b", "http://h/\t", "http://h/\r\nX: y", "http://h/\0", "http://h/\x7f"],
  ...["http://[::1", "http://[]/", "http://[::1]x", "http://[::g]/", "http://[::1%x]/"],
  ...["http://h\u00e4/", "http://h%20/", "http://h;/", "::1:80"],
])("URL %j is refused", (url) => {
  expect(parse(url)).toBeUndefined();
  expect(call.urlError!()).toBeGreaterThan(0);
});

test.each([
  "http://u:p@h/",
  "u@h",
  "http://@h",
  "https://u:p@h",
  "ftp://u:p@h:x/",
  "http://u:p@h:x",
])("URL %s: a name or password is noticed before any other fault", (url) => {
  expect(parse(url)).toBeUndefined();
  expect(call.urlFlags!() & 2).toBe(2);
});

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const segment = fc.oneof(
  fc.constantFrom(".", "..", "", "a", "..."),
  fc.stringMatching(/^[a-z0-9._~-]{0,6}$/),
);
const path = fc.array(segment, { maxLength: 6 }).map((parts) => parts.join("/"));
const query = fc.option(fc.stringMatching(/^[a-z0-9/?.&=]{0,8}$/), { nil: undefined });
const withQuery = (from: string, more: string | undefined) =>
  more === undefined ? from : `${from}?${more}`;

test("a URL has the parts that WHATWG's parser finds", () => {
  fc.assert(
    fc.property(
      label,
      fc.integer({ min: 1, max: 65_535 }),
      path,
      query,
      (host, port, tail, more) => {
        const url = `http://${host}:${port}/${withQuery(tail, more)}#f`;
        expect(parse(url)).toBe(`${host} ${port} /${withQuery(tail, more)}`);
        expect(new URL(url).hostname).toBe(host);
      },
    ),
  );
});

/** Where a redirect to `location` leads from http://h.test:8080`base`: its status, port and path. */
function follow(base: string, location: string): [number, number, string] {
  const [at, length] = entry.put(`${base}h.test${location}`);
  call.locationStart!(at, base.length, 8080);
  call.locationHost!(at + base.length, 6);
  const status = call.locationFollow!(at + base.length + 6, length - base.length - 6);
  return [status, call.locationPort!(), text(call.locationPath!(), call.locationPathLength!())];
}

test("a redirect leads where WHATWG's parser says", () => {
  const reference = fc.oneof(
    path.map((tail) => `/${tail}`),
    path,
    fc.constant(""),
    path.map((tail) => `http://h.test:81/${tail}`),
    path.map((tail) => `//h.test/${tail}`),
  );
  fc.assert(
    fc.property(path, query, reference, query, (from, more, to, toQuery) => {
      const base = withQuery(`/${from.replace(/^\/+/, "")}`, more);
      const location = withQuery(to, toQuery);
      fc.pre(!/^\/\/(?!h\.test\/)/.test(location));
      const wanted = new URL(location, `http://h.test:8080${base}`);
      // WHATWG resolves the dots of the base too, which are kept here until a redirect: as for curl and Go.
      const start = new URL(base, "http://h.test");
      expect([location, ...follow(start.pathname + start.search, location)]).toEqual([
        location,
        0,
        Number(wanted.port || 80),
        // WHATWG drops an empty query.
        expect.stringMatching(
          new RegExp(
            `^${escapeAll(wanted.pathname + wanted.search)}${wanted.search ? "" : "\\??"}$`,
          ),
        ),
      ]);
    }),
    { numRuns: 2_000 },
  );
});

const escapeAll = (literal: string) => literal.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

test.each<[string, string, string, number]>([
  ["another host", "/a", "http://other/", 1],
  ["another host without scheme", "/a", "//other/x", 1],
  ["another host by TLS", "/a", "https://other/", 1],
  ["the same host by TLS", "/a", "https://h.test/x", 2],
  ["the same host in capitals", "/a", "http://H.TEST/x", 0],
  ["a name in it", "/a", "http://u:p@h.test/", 1],
  ["a space", "/a", "/a b", 3],
  ["a control byte", "/a", "/a\0", 3],
  ["a bad port", "/a", "http://h.test:99999/", 3],
  ["too long", "/a", `/${"x".repeat(4096)}`, 3],
  ["too long once merged", `/${"y".repeat(2048)}/`, "x".repeat(2048), 3],
])("a redirect to %s", (_, base, location, status) => {
  const [given, port, left] = follow(base, location);
  expect(given).toBe(status);
  if (status !== 0) expect([port, left]).toEqual([8080, base]);
});

test("a path that is as long as can be", () => {
  expect(follow("/a", `/${"x".repeat(4095)}`)[0]).toBe(0);
});

test.each([
  ["200", [200], [199, 201]],
  ["200-299,404", [200, 250, 299, 404], [199, 300, 403, 405]],
  ["100-599", [100, 599], []],
  ["404,200-204", [200, 404], [205]],
])("--status %s", (list, inside, outside) => {
  expect(call.statusList!(...entry.put(list))).toBe(1);
  for (const status of inside) expect(call.statusIsListed!(status)).toBe(1);
  for (const status of outside) expect(call.statusIsListed!(status)).toBe(0);
});

test.each([
  "",
  ",",
  "200,",
  ",200",
  "20",
  "2000",
  "99",
  "600",
  "299-200",
  "200-",
  "-200",
  "200-29",
  "2xx",
  "200 ",
  "0200",
  "200--299",
])("--status %j is refused", (list) => {
  expect(call.statusList!(...entry.put(list))).toBe(0);
});

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** "family dual? target sockaddr", or undefined for an address that is refused. */
function listen(address: string): string | undefined {
  if (call.addressParse!(...entry.put(address)) !== 1) return undefined;
  const length = call.addressSockaddrLength!();
  const bytes = Buffer.from(text(call.addressSockaddr!(), length), "latin1").toString("hex");
  call.addressTarget!();
  const target = text(call.outputAt!(), call.outputLength!());
  call.addressWrite!();
  expect(text(call.outputAt!(), call.outputLength!())).toBe(address);
  return `${call.addressFamily!()}${call.addressIsDualStack!() ? " dual" : ""} ${target} ${bytes}`;
}

const v6 = (port: string, address: string) => `0a00${port}00000000${address}00000000`;
const ANY = "0".repeat(32);
const ONE = `${"0".repeat(31)}1`;

test.each([
  [":8086", `${AF_INET6} dual 127.0.0.1:8086 ${v6("1f96", ANY)}`],
  ["*:8086", `${AF_INET6} dual 127.0.0.1:8086 ${v6("1f96", ANY)}`],
  ["8086", `${AF_INET6} dual 127.0.0.1:8086 ${v6("1f96", ANY)}`],
  ["[::]:1", `${AF_INET6} dual 127.0.0.1:1 ${v6("0001", ANY)}`],
  ["[::1]:65535", `${AF_INET6} [::1]:65535 ${v6("ffff", ONE)}`],
  ["127.0.0.1:80", `${AF_INET} 127.0.0.1:80 020000507f0000010000000000000000`],
  ["0.0.0.0:80", `${AF_INET} 127.0.0.1:80 02000050000000000000000000000000`],
  ["10.1.2.3:80", `${AF_INET} 10.1.2.3:80 020000500a0102030000000000000000`],
  ["localhost:80", `${AF_INET} 127.0.0.1:80 020000507f0000010000000000000000`],
  ["unix:/a/b", `${AF_UNIX} /a/b 01002f612f6200`],
  [`unix:/${"s".repeat(106)}`, `${AF_UNIX} /${"s".repeat(106)} 01002f${"73".repeat(106)}00`],
])("--listen %s", (address, expected) => {
  expect(listen(address)).toBe(expected);
});

test.each([
  ...[
    "",
    ":",
    "0",
    ":0",
    ":65536",
    "x",
    "host:80",
    "127.0.0.1",
    "127.0.0.1:",
    "256.0.0.1:80",
    "::1:80",
  ],
  ...[
    "[::1]",
    "[::1]80",
    "[:80",
    "[]:80",
    "]:80",
    "[::1%2]:80",
    "-1",
    ":-1",
    "99999999999999999999",
  ],
  ...[
    "unix:",
    "unix:/",
    "unix:a",
    "unix:/a\0b",
    `unix:/${"s".repeat(107)}`,
    "http://x:80",
    " :80",
    "**:80",
  ],
  "\xff\xfe:80",
])("--listen %j is refused", (address) => {
  expect(listen(address)).toBeUndefined();
  expect(call.addressErrorLength!()).toBeGreaterThan(0);
});
