// The command line of `knell http`.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KNELL, run } from "./harness.ts";
import { refusal, runProbe, verdictLine } from "./probes.ts";

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((_, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
});

test.each<[string, string[]]>([
  ["curl's -fsS", ["-fsS"]],
  ["curl's -fsSL -o /dev/null", ["-fsSL", "-o", "/dev/null"]],
  ["glued -o/dev/null and -m1", ["-fso/dev/null", "-m1"]],
  ["long ones", ["--fail", "--silent", "--show-error", "--location", "--output", "/dev/null"]],
  ["--max-time", ["--max-time", "1.5"]],
  ["--connect-timeout", ["--connect-timeout", "1"]],
  ["--timeout=", ["--timeout=900ms"]],
  ["-4, --ipv4", ["-4", "--ipv4"]],
  ["16 headers", Array.from({ length: 16 }, (_, i) => `-HX-${i}: y`)],
  ["headers that are removed do not count", Array.from({ length: 99 }, () => "-HX:")],
  ["4 KiB of headers", ["-H", `X: ${"y".repeat(4_091)}`]],
  ["a header that is not UTF-8", ["-H", "X: \u00ff"]],
  ["a tab in a header", ["-H", "X: a\tb"]],
  ["a body of 1 byte", ["--body", "k"]],
  ["any status", ["--status", "100-599"]],
])("accepted: %s", async (_, words) => {
  expect(await verdictLine("http", [...words, url])).toMatch(/^pass: /);
  expect(await verdictLine("http", [url, ...words])).toMatch(/^pass: /);
});

const huge = "9".repeat(20_000);
test.each<[string, string[], string]>([
  ["nothing", [], "no URL"],
  ["an empty URL", [""], '""'],
  ["two URLs", ["h/", "h/"], '"h/"'],
  ["a URL that is too long", [`h/${"x".repeat(4_096)}`], "4096"],
  ["a URL that is far too long", [`h/${huge}`], "4096"],
  ["a host that is too long", [`${"h".repeat(257)}/`], "256"],
  ["a URL that is not UTF-8", ["\u00ff/"], "\\xc3"],
  ["a space in a URL", ["h/a b"], "%20"],
  ["a line end in a URL", ["h/a\r\nX: y"], "\\x0d\\x0a"],
  ["another scheme", ["ftp://h/"], "http://"],
  ["https", ["https://h/"], "no TLS"],
  ["a bad port", ["h:0"], "65535"],
  ["-X without value", ["-X"], '"-X"'],
  ["-X empty", ["-X", "", "h"], '""'],
  ["-X of two words", ["-X", "GET /", "h"], '"GET /"'],
  ["-X huge", ["-X", "G".repeat(33), "h"], '"GGG'],
  ["-I and -X", ["-I", "-X", "GET", "h"], "-I and -X"],
  ["-I and --body", ["-I", "--body", "x", "h"], "--body"],
  ["HEAD and --body", ["-X", "HEAD", "--body", "x", "h"], "--body"],
  ["--body empty", ["--body", "", "h"], '"--body"'],
  ["--body huge", ["--body", "x".repeat(1_025), "h"], '"--body"'],
  ["--status empty", ["--status", "", "h"], '"--status"'],
  ["--status backwards", ["--status", "300-200", "h"], '"300-200"'],
  ["--status negative", ["--status", "-1", "h"], '"-1"'],
  ["--status huge", ["--status", huge, "h"], '"--status"'],
  ["--status over 256 bytes", ["--status", Array(65).fill("200").join(","), "h"], '"--status"'],
  ["-t 0", ["-t", "0", "h"], '"0"'],
  ["-t negative", ["-t", "-1", "h"], '"-1"'],
  ["-m without number", ["-m", "fast", "h"], '"fast"'],
  ["-m over a day", ["-m", "86401", "h"], '"86401"'],
  ["--connect-timeout without number", ["--connect-timeout", "x", "h"], '"x"'],
  ["--wait 0", ["--wait", "0", "h"], '"0"'],
  ["--unix-socket empty", ["--unix-socket", "", "h"], '"--unix-socket"'],
  ["--unix-socket over 107 bytes", ["--unix-socket", `/${"s".repeat(107)}`, "h"], "107"],
  ["--host empty", ["--host", "", "h"], '"--host"'],
  ["--host huge", ["--host", "h".repeat(257), "h"], '"--host"'],
  ["-4 and -6", ["-4", "-6", "h"], "-4 and -6"],
  ["--fail=1", ["--fail=1", "h"], '"--fail"'],
  ["-o without value", ["h", "-o"], '"-o"'],
  ["an unknown option", ["--headr", "x", "h"], '"--header"'],
  ["an unknown letter", ["-d", "x", "h"], '"-d"'],
  ["17 headers", [...Array.from({ length: 17 }, (_, i) => `-HX-${i}: y`), "h"], "16 headers"],
  ["4 KiB of headers and one byte", ["-H", `X: ${"y".repeat(4_092)}`, "h"], "4096"],
  ["a Host over 256 bytes", ["-H", `Host: ${"h".repeat(257)}`, "h"], "256"],
])("refused: %s", async (_, words, named) => {
  expect(await refusal("http", words)).toContain(named);
});

test.each([
  ["a name and password in a URL", ["http://u:SECRET@h/"]],
  ["those with a bad port", ["http://u:SECRET@h:x/"]],
  ["those with https", ["https://u:SECRET@h/"]],
  ["a header without colon", ["-H", "SECRET", "h"]],
  ["an empty header", ["-H", "", "h"]],
  ["a header without name", ["-H", ": SECRET", "h"]],
  ["a header's name with a space", ["-H", "X Y: SECRET", "h"]],
  ["a header with a line end", ["-H", "X: SECRET\r\nY: z", "h"]],
  ["a header with a control byte", ["-H", "X: SECRET\u0001", "h"]],
  ["a semicolon alone", ["-H", ";", "h"]],
  ["a header from a file", ["-H", "@SECRET", "h"]],
  ["a huge header", ["-H", `X: SECRET${"x".repeat(99_999)}`, "h"]],
])("refused without a word of it: %s", async (_, words) => {
  const line = await refusal("http", words);
  expect(line).not.toContain("SECRET");
});

test("--help and help http", async () => {
  const help = await runProbe("http", ["--help"]);
  expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(/^Usage: knell http /)]);
  expect((await run(KNELL, ["help", "http"])).stdout).toBe(help.stdout);
});
