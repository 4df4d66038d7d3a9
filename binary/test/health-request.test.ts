import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";
import { COMPLETE, HEAD_SIZE, MORE, type Outcome, readRequest } from "./read-request.ts";

const entry = loadEntry("health");
const HOST = "Host: a\r\n";

function read(text: string, piece = text.length): Outcome {
  return readRequest(entry, Buffer.from(text, "latin1"), { next: () => piece });
}

const get = (target: string, headers = "") => `GET ${target} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const good = (route: string, also: Partial<Outcome> = {}): Outcome => ({
  status: COMPLETE,
  isHead: false,
  route,
  ...also,
});

const GOOD: [string, string, Outcome][] = [
  ["livez", get("/livez"), good("live")],
  ["healthz is livez", get("/healthz"), good("live")],
  ["readyz", get("/readyz"), good("ready")],
  ["startupz", get("/startupz"), good("startup")],
  ["metrics", get("/metrics"), good("metrics")],
  ["HEAD", "HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n", good("live", { isHead: true })],
  ["the root", get("/"), good("none")],
  ["a longer path", get("/livez/"), good("none")],
  ["a shorter path", get("/live"), good("none")],
  ["upper case", get("/LIVEZ"), good("none")],
  ["two slashes", get("//livez"), good("none")],
  ["an encoded path is not decoded", get("/%6civez"), good("none")],
  ["a broken encoding", get("/livez%"), good("none")],
  ["verbose", get("/readyz?verbose"), good("ready", { verbose: true })],
  ["verbose with a value", get("/readyz?verbose=false"), good("ready", { verbose: true })],
  ["verbose among others", get("/livez?a=1&verbose&b"), good("live", { verbose: true })],
  ["verbose as a value", get("/livez?a=verbose&=verbose"), good("live")],
  ["names around verbose", get("/livez?verboses&averbose&Verbose&verbos"), good("live")],
  ["an empty query", get("/livez?"), good("live")],
  ["empty parameters", get("/livez?&&=&"), good("live")],
  ["a second question mark", get("/livez??verbose"), good("live")],
  ["absolute-form", get("http://h/livez"), good("live")],
  [
    "absolute-form, any case",
    get("HTTPS://u@[::1]:8/readyz?verbose"),
    good("ready", { verbose: true }),
  ],
  ["absolute-form without path", get("http://h"), good("none")],
  ["absolute-form with query only", get("http://h?verbose"), good("none", { verbose: true })],
  ["LF only", "GET /livez HTTP/1.1\nHost: a\n\n", good("live")],
  ["empty lines before", `\r\n\n\r\n\n${get("/livez")}`, good("live")],
  ["HTTP/1.0 without Host", "GET /livez HTTP/1.0\r\n\r\n", good("live")],
  ["HTTP/1.0 with Host", "GET /livez HTTP/1.0\r\nHost: a\r\n\r\n", good("live")],
  ["a later minor version", "GET /livez HTTP/1.9\r\nHost: a\r\n\r\n", good("live")],
  ["an empty Host", "GET /livez HTTP/1.1\r\nHost:\r\n\r\n", good("live")],
  [
    "Host in any case, spaces around",
    "GET /livez HTTP/1.1\r\nhOST: \t a:80 \t\r\n\r\n",
    good("live"),
  ],
  ["an IPv6 Host", "GET /livez HTTP/1.1\r\nHost: [fe80::1%25eth0]:8086\r\n\r\n", good("live")],
  [
    "kubelet",
    get("/livez", "User-Agent: kube-probe/1.32\r\nAccept: */*\r\nConnection: close\r\n"),
    good("live"),
  ],
  ["Content-Length 0", get("/livez", "Content-Length: 000\r\n"), good("live")],
  ["bytes above ASCII and tabs in a value", get("/livez", "X: \xe9\tb\r\n"), good("live")],
  ["an empty value", get("/livez", "X:\r\nY:   \r\n"), good("live")],
  ["names like ours", get("/livez", "Hosts: b\r\nHos: c\r\nContent-Lengths: x\r\n"), good("live")],
  ["every mark of a token", get("/livez", "!#$%&'*+-.^_`|~09azAZ: x\r\n"), good("live")],
  ["bytes behind the head", `${get("/livez")}\0 POST\r`, good("live")],
  ["JSON", get("/livez", "Accept: application/json\r\n"), good("live", { json: true })],
];

describe("good requests", () => {
  test.each(GOOD)("%s", (_, text, outcome) => {
    expect(read(text)).toEqual(outcome);
  });

  test.each(GOOD)("%s: every beginning asks for more", (_, text) => {
    const end = /\n\r?\n/.exec(text.trimStart())!;
    const length = text.length - text.trimStart().length + end.index + end[0].length;
    for (let i = 0; i < length; i++) expect(read(text.slice(0, i)).status).toBe(MORE);
    expect(read(text.slice(0, length)).status).toBe(COMPLETE);
  });
});

const head = (line: string, headers = HOST) => `${line}\r\n${headers}\r\n`;
const BAD: [string, string, number][] = [
  ["no version: HTTP/0.9", "GET /livez\r\n", 400],
  ["a space for a version", head("GET /livez "), 400],
  ["one word", head("GET"), 400],
  ["no method", head(" /livez HTTP/1.1"), 400],
  ["no target", head("GET  HTTP/1.1"), 400],
  ["two spaces", head("GET  /livez HTTP/1.1"), 400],
  ["two spaces before the version", head("GET /livez  HTTP/1.1"), 400],
  ["a tab between", head("GET\t/livez HTTP/1.1"), 400],
  ["a tab in the target", head("GET /li\tvez HTTP/1.1"), 400],
  ["a space behind", head("GET /livez HTTP/1.1 "), 400],
  ["a space before", head(" GET /livez HTTP/1.1"), 400],
  ["a method that is no token", head("G(T /livez HTTP/1.1"), 400],
  ["a byte above ASCII in the target", head("GET /liv\xe9 HTTP/1.1"), 400],
  ["a fragment", head("GET /livez#a HTTP/1.1"), 400],
  ["a relative target", head("GET livez HTTP/1.1"), 400],
  ["a query only", head("GET ?verbose HTTP/1.1"), 400],
  ["* for GET", head("GET * HTTP/1.1"), 400],
  ["* for POST", head("POST * HTTP/1.1"), 400],
  ["authority-form for GET", head("GET a:80 HTTP/1.1"), 400],
  ["another scheme", head("GET ftp://a/livez HTTP/1.1"), 400],
  ["absolute-form without host", head("GET http:///livez HTTP/1.1"), 400],
  ["the scheme alone", head("GET http:// HTTP/1.1"), 400],
  ["a piece of the scheme", head("GET http:/ HTTP/1.1"), 400],
  ["lower-case version", head("GET /livez http/1.1"), 400],
  ["no minor version", head("GET /livez HTTP/1"), 400],
  ["a long version", head("GET /livez HTTP/1.10"), 400],
  ["letters for a version", head("GET /livez HTTP/x.y"), 400],
  ["a comma in the version", head("GET /livez HTTP/1,1"), 400],
  ["five empty lines before", `${"\r\n".repeat(5)}${get("/livez")}`, 400],
  ["a TLS hello", "\x16\x03\x01\x02\0\x01", 400],
  ["NUL first", "\0", 400],
  ["NUL in a value", get("/livez", "X: a\0b\r\n"), 400],
  ["DEL in a value", get("/livez", "X: a\x7f\r\n"), 400],
  ["bare CR in the request line", "GET /livez HTTP/1.1\rHost: a\r\n\r\n", 400],
  ["bare CR in a value", get("/livez", "X: a\rb\r\n"), 400],
  ["CR CR LF", get("/livez", "X: a\r\r\n"), 400],
  ["CR first", "\rGET /livez HTTP/1.1\r\n", 400],
  ["no Host in HTTP/1.1", head("GET /livez HTTP/1.1", ""), 400],
  ["two different Hosts", get("/livez", "Host: b\r\n"), 400],
  ["two equal Hosts", get("/livez", HOST), 400],
  ["two Hosts in HTTP/1.0", head("GET /livez HTTP/1.0", `${HOST}${HOST}`), 400],
  ["a second, empty Host", get("/livez", "Host:\r\n"), 400],
  ["a Host with a space", head("GET /livez HTTP/1.1", "Host: a b\r\n"), 400],
  ["a Host with a path", head("GET /livez HTTP/1.1", "Host: a/b\r\n"), 400],
  ["a Host with a user", head("GET /livez HTTP/1.1", "Host: u@b\r\n"), 400],
  ["a space before the colon", get("/livez", "X : a\r\n"), 400],
  ["a tab before the colon", get("/livez", "X\t: a\r\n"), 400],
  ["no colon", get("/livez", "X\r\n"), 400],
  ["no name", get("/livez", ": a\r\n"), 400],
  ["a name with a byte above ASCII", get("/livez", "X\xe9: a\r\n"), 400],
  ["a continued line", get("/livez", "X: a\r\n b\r\n"), 400],
  ["a continued line with a colon", get("/livez", "X: a\r\n\tb: c\r\n"), 400],
  ["a space before the first header", "GET /livez HTTP/1.1\r\n Host: a\r\n\r\n", 400],
  ["a line of one space", get("/livez", " \r\n"), 400],
  ["a Content-Length of letters", get("/livez", "Content-Length: ten\r\n"), 400],
  ["an empty Content-Length", get("/livez", "Content-Length:\r\n"), 400],
  ["a negative Content-Length", get("/livez", "Content-Length: -1\r\n"), 400],
  ["a signed Content-Length", get("/livez", "Content-Length: +0\r\n"), 400],
  ["a hexadecimal Content-Length", get("/livez", "Content-Length: 0x0\r\n"), 400],
  ["a list of Content-Lengths", get("/livez", "Content-Length: 0, 0\r\n"), 400],
  ["Content-Length twice", get("/livez", "Content-Length: 0\r\n".repeat(2)), 400],
  ["both lengths", get("/livez", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400],
  [
    "both lengths, the other order",
    get("/livez", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    400,
  ],
  ["POST", head("POST /livez HTTP/1.1"), 405],
  ["a method in lower case", head("get /livez HTTP/1.1"), 405],
  ["an unknown method", head("G!T /livez HTTP/1.1"), 405],
  ["longer and shorter than GET and HEAD", head("HEADS /livez HTTP/1.1"), 405],
  ["OPTIONS *", head("OPTIONS * HTTP/1.1"), 405],
  ["CONNECT", head("CONNECT a:80 HTTP/1.1"), 405],
  ["a body", get("/livez", "Content-Length: 1\r\n"), 413],
  ["a body of no countable length", get("/livez", `Content-Length: ${"9".repeat(40)}\r\n`), 413],
  ["chunks", get("/livez", "Transfer-Encoding: chunked\r\n"), 413],
  ["chunks in HTTP/1.0", head("GET /livez HTTP/1.0", "transfer-encoding: x\r\n"), 413],
  ["HTTP/2", "PRI * HTTP/2.0\r\n", 505],
  ["HTTP/0.9 by number", "GET /livez HTTP/0.9\r\n", 505],
  ["HTTP/3", head("GET /livez HTTP/3.0"), 505],
  ["the method before the body", head("POST /livez HTTP/1.1", `${HOST}Content-Length: 5\r\n`), 405],
  ["a fault before the method", head("POST /livez HTTP/1.1", `${HOST}X : a\r\n`), 400],
  ["a fault before the body", get("/livez", "Content-Length: 1\r\nX\r\n"), 400],
  ["no Host before the method", head("POST /livez HTTP/1.1", ""), 400],
  ["a fault before the version", head("G(T /livez HTTP/2.0"), 400],
  ["an endless method", "G".repeat(HEAD_SIZE), 431],
  ["an endless target", `GET /${"a".repeat(HEAD_SIZE)}`, 431],
  ["an endless header", get("/livez", `X: ${"a".repeat(HEAD_SIZE)}`), 431],
  ["endless headers", get("/livez", "X: a\r\n".repeat(HEAD_SIZE)), 431],
  ["too long before the method", head("POST /livez HTTP/1.1", "X: a\r\n".repeat(HEAD_SIZE)), 431],
];

test.each(BAD)("refused: %s", (_, text, status) => {
  for (const piece of [text.length, 1, 2, 3, 5, 7]) expect(read(text, piece).status).toBe(status);
});

test("a head of 4096 bytes is read, one byte more is 431", () => {
  const room = HEAD_SIZE - get("/livez", "X: \r\n").length;
  const fits = get("/livez", `X: ${"a".repeat(room)}\r\n`);
  const exceeds = get("/livez", `X: ${"a".repeat(room + 1)}\r\n`);
  for (const piece of [1, 4095, 4096, 5000]) {
    expect(read(fits, piece)).toEqual(good("live"));
    expect(read(`${fits}behind it`, piece)).toEqual(good("live"));
    expect(read(exceeds, piece).status).toBe(431);
  }
});

test("HEAD is known from the request line on, whatever the answer is", () => {
  for (const [headers, status] of [
    ["X : a\r\n", 400],
    ["Content-Length: 1\r\n", 413],
    ["X: a\r\n".repeat(HEAD_SIZE), 431],
  ] as const) {
    expect(read(head("HEAD / HTTP/1.1", HOST + headers))).toEqual({ status, isHead: true });
  }
  expect(read("HEAD / HTTP/2.0\r\n")).toEqual({ status: 505, isHead: true });
});

test("nothing of one request is left for the next", () => {
  read(
    `\n\n\n\n${"HEAD /metrics?verbose HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n"}`,
  );
  expect(read(get("/"))).toEqual(good("none"));
  read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\nX: a\r");
  expect(read(`\n\n\n\n${get("/")}`)).toEqual(good("none"));
  read("GET / HTTP/1.1\r\nHost: a");
  expect(read("GET / HTTP/1.0\r\n\r\n")).toEqual(good("none"));
});

describe("however the stream is split", () => {
  const all = [...GOOD, ...BAD]
    .map(([name, text]): [string, string] => [name, text])
    .filter(([, text]) => text.length < 300);

  test.each(all)("%s: in two at every byte, lines not looked at twice", (_, text) => {
    const bytes = Buffer.from(text, "latin1");
    const whole = read(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const next = (left: number) => (left === bytes.length ? cut : left);
      for (const isForgetful of [false, true])
        expect(readRequest(entry, bytes, { next, isForgetful })).toEqual(whole);
    }
    expect(readRequest(entry, bytes, { next: () => 1, isForgetful: true })).toEqual(whole);
  });

  test("any bytes", () => {
    const word = fc.constantFrom("GET ", "/livez", " HTTP/1.1", "\r", "\n", HOST, "X:", " ", "\0");
    const text = fc
      .array(fc.oneof(word, fc.string({ maxLength: 3 })))
      .map((words) => words.join(""));
    fc.assert(
      fc.property(
        text,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (input, cuts) => {
          let turn = 0;
          const next = () => cuts[turn++ % cuts.length]!;
          const bytes = Buffer.from(input, "latin1");
          expect(readRequest(entry, bytes, { next, fill: 10 })).toEqual(read(input));
        },
      ),
    );
  });
});

test("a control byte anywhere in a good head is 400, a CR too", () => {
  const text = `\r\n${get("/livez?verbose", "Accept: */*\r\nX: a b\r\n")}`;
  for (let byte = 0; byte < 32; byte++) {
    if (byte === 9 || byte === 10) continue;
    for (let at = 0; at < text.length; at++) {
      const hostile = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at);
      // A CR before "\r\n" is bare; one at a line's end of LF alone would not be, but there is none here.
      expect([byte, at, read(hostile).status]).toEqual([byte, at, 400]);
    }
  }
});

test("every byte of a method, a name and a Host is judged by its RFC", () => {
  const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]$/;
  const host = /^[-.~_!$&'()*+,;=%:[\]0-9A-Za-z]$/;
  for (let byte = 33; byte < 256; byte++) {
    const mark = String.fromCharCode(byte);
    const isName = token.test(mark) || mark === ":";
    expect([byte, read(head(`G${mark} / HTTP/1.1`)).status]).toEqual([
      byte,
      token.test(mark) ? 405 : 400,
    ]);
    expect([byte, read(get("/", `X${mark}: a\r\n`)).status]).toEqual([byte, isName ? 1 : 400]);
    expect([byte, read(head("GET / HTTP/1.1", `Host: a${mark}\r\n`)).status]).toEqual([
      byte,
      host.test(mark) ? 1 : 400,
    ]);
  }
});
