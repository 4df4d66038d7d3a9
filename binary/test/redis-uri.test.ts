import { expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("redis");
const { call } = entry;

interface Parsed {
  user?: string;
  password?: string;
  host?: string;
  socket?: string;
  port?: number;
  tls?: true;
  laterAt?: true;
  otherQuery?: true;
}

/** The parts that are there, or undefined for a URI that is refused. */
function parse(uri: string): Parsed | undefined {
  if (call.uriParse!(...entry.put(uri)) !== 1) return undefined;
  const parsed: Parsed = {};
  for (const [which, name] of (["user", "password", "host", "socket"] as const).entries()) {
    const text = entry.text(call.uriPartAt!(which), call.uriPartLength!(which));
    if (text !== "") parsed[name] = text;
  }
  const port = call.uriPort!();
  if (port > 0) parsed.port = port;
  const flags = call.uriFlags!();
  if (flags & 1) parsed.tls = true;
  if (flags & 2) parsed.laterAt = true;
  if (flags & 4) parsed.otherQuery = true;
  return parsed;
}

test.each<[string, string, Parsed]>([
  ["R110", "redis://:pw@h", { password: "pw", host: "h" }],
  ["R111", "redis://pw@h", { password: "pw", host: "h" }],
  ["R112", "redis://u:p%40s%2Fs@h", { user: "u", password: "p@s/s", host: "h" }],
  ["R112", "redis://u:p%2fs@h", { user: "u", password: "p/s", host: "h" }],
  ["R112", "redis://u%3A:p+s@h", { user: "u:", password: "p+s", host: "h" }],
  ["R112", "redis://u:%00%ff@h", { user: "u", password: "\0\xff", host: "h" }],
  ["R114", "redis://u:pa:ss@h", { user: "u", password: "pa:ss", host: "h" }],
  ["R114", "redis://u:pa/ss@h", { user: "u", password: "pa/ss", host: "h" }],
  ["R115", "redis://u:p@ss@h", { user: "u", password: "p@ss", host: "h", laterAt: true }],
  ["R115", "redis://p@q@r@h/1", { password: "p@q@r", host: "h", laterAt: true }],
  ["R115", "redis://u:p@h/1?x=a@b", { user: "u", password: "p", host: "h", otherQuery: true }],
  ["R116", "redis://@h", { host: "h" }],
  ["R116", "redis://:@h", { host: "h" }],
  ["R116", "redis://u:@h", { user: "u", host: "h" }],
  ["R117", "redis://h/3", { host: "h" }],
  ["R117", "redis://h/", { host: "h" }],
  ["R117", "redis://h:1/3", { host: "h", port: 1 }],
  ["R118", "redis://h?db=2", { host: "h" }],
  ["R118", "redis://h/?database=2", { host: "h" }],
  ["R118", "redis://h/2?x=1", { host: "h", otherQuery: true }],
  ["R118", "redis://h?db=2&x=1", { host: "h", otherQuery: true }],
  ["R118", "redis://h?", { host: "h" }],
  ["R119", "redis://[::1]:6380", { host: "::1", port: 6380 }],
  ["R119", "redis://u:p@[fe80::1%252]", { user: "u", password: "p", host: "fe80::1%252" }],
  ["R119", "redis://[::1]/2", { host: "::1" }],
  ["R120", "redis://", {}],
  ["R120", "redis:///5", {}],
  ["R120", "REDIS://h", { host: "h" }],
  ["R120", "redis://:6380", { port: 6380 }],
  ["R121", "rediss://h", { host: "h", tls: true }],
  ["R121", "valkey://h", { host: "h" }],
  ["R121", "VALKEYS://h", { host: "h", tls: true }],
  ["R122", "unix:///p", { socket: "/p" }],
  ["R122", "unix:///run/r.sock?db=3", { socket: "/run/r.sock" }],
  ["R122", "unix://:pw@/run/r.sock", { password: "pw", socket: "/run/r.sock" }],
  ["R122", "unix://u:pw@/run/r.sock", { user: "u", password: "pw", socket: "/run/r.sock" }],
  ["R122", "unix:///run/a@b.sock", { socket: "/run/a@b.sock" }],
  ["R122", "unix:///run/a%20b.sock", { socket: "/run/a b.sock" }],
  ["R122", "redis+socket:///p", { socket: "/p" }],
  ["R122", "redis-socket:///p", { socket: "/p" }],
  ["R123", "redis://h:1", { host: "h", port: 1 }],
  ["R123", "redis://h:65535", { host: "h", port: 65535 }],
])("%s %s", (_, uri, expected) => {
  expect(parse(uri)).toEqual(expected);
});

test.each([
  ["R113", "redis://u:%4x@h"],
  ["R113", "redis://u:%4@h"],
  ["R113", "redis://u:%@h"],
  ["R113", "redis://%zz:p@h"],
  ["R117", "redis://h/3/x"],
  ["R117", "redis://h/abc"],
  ["R117", "redis://h/-1"],
  ["R117", "redis://h/99999999999"],
  ["R118", "redis://h?db=x"],
  ["R118", "redis://h?db="],
  ["R118", "redis://h?db"],
  ["R118", "redis://h#frag"],
  ["R118", "redis://h/1?x#frag"],
  ["R119", "redis://[::1"],
  ["R119", "redis://[]"],
  ["R119", "redis://[::1]x"],
  ["R119", "redis://::1"],
  ["R122", "h:6379"],
  ["R122", "redis:h"],
  ["R122", "redis:/h"],
  ["R122", "http://h"],
  ["R122", "://h"],
  ["R122", ""],
  ["R122", "redis"],
  ["R122", "unix://p"],
  ["R122", "unix://"],
  ["R122", "unix:///"],
  ["R122", "unix:///a%00b"],
  ["R123", "redis://h:70000"],
  ["R123", "redis://h:0"],
  ["R123", "redis://h:abc"],
  ["R123", "redis://h:"],
  ["R123", "redis://h:6379x"],
  ["R123", "redis://h:-1"],
])("%s %s is refused", (_, uri) => {
  expect(parse(uri)).toBeUndefined();
});

test("R10: the place of user and password in the text is known, so that it can be overwritten", () => {
  for (const uri of ["redis://u:p@h:1/2", "redis://u:%zz@h", "redis://u:p@h:x", "unix://u:p@/s"]) {
    parse(uri);
    const offset = call.uriSecretOffset!();
    expect(offset).toBe(uri.indexOf("u:"));
    expect(offset + call.uriSecretLength!()).toBe(uri.indexOf("@"));
  }
});
