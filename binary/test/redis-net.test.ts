import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("redis");
const { call } = entry;

const AF_INET = 2;
const AF_INET6 = 10;
const A = 1;
const AAAA = 28;

const bytes = (text: string) => Buffer.from(text, "latin1");
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);

/** The address that a text is parsed to, as hexadecimal digits. */
function parsed(parse: "ipv4" | "ipv6", text: string): string | undefined {
  const at = call[parse]!(...entry.put(text));
  if (at === 0) return undefined;
  return Buffer.from(entry.memory.subarray(at, at + (parse === "ipv4" ? 4 : 16))).toString("hex");
}

/** The list's addresses in order: family, then 4 or 16 bytes in hexadecimal. */
function list(): string[] {
  return Array.from({ length: call.addressCount!() }, (_, index) => {
    const family = call.addressFamily!(index);
    const at = call.addressSockaddr!(index);
    const from = at + (family === AF_INET ? 4 : 8);
    const length = family === AF_INET ? 4 : 16;
    return `${family} ${Buffer.from(entry.memory.subarray(from, from + length)).toString("hex")}`;
  });
}

describe("R70: literal addresses", () => {
  test.each([
    ["127.0.0.1", "7f000001"],
    ["255.255.255.255", "ffffffff"],
    ["0.0.0.0", "00000000"],
    ["1.2.3", undefined],
    ["1.2.3.4.5", undefined],
    ["1.2.3.256", undefined],
    ["1.2.3.", undefined],
    [".1.2.3", undefined],
    ["1..2.3", undefined],
    ["1.2.3.4x", undefined],
    ["1.2.3.0004", undefined],
    ["", undefined],
  ])("R70 IPv4 %j", (text, expected) => {
    expect(parsed("ipv4", text)).toBe(expected);
  });

  test.each([
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["1::", "00010000000000000000000000000000"],
    ["fe80::1:2", "fe800000000000000000000000010002"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
    ["1:2:3:4:5:6:192.0.2.1", "000100020003000400050006c0000201"],
    ["ABCD::EF01", "abcd000000000000000000000000ef01"],
    [":", undefined],
    [":::", undefined],
    ["1::2::3", undefined],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1:2:3:4:5:6:7:8::", undefined],
    ["::1:2:3:4:5:6:7:8", undefined],
    ["1:2:3:4:5:6:7:192.0.2.1", undefined],
    ["12345::", undefined],
    ["g::", undefined],
    ["1:", undefined],
    [":1", undefined],
    ["", undefined],
  ])("R70 IPv6 %j", (text, expected) => {
    expect(parsed("ipv6", text)).toBe(expected);
  });
});

describe("R70: the order and number of addresses", () => {
  const v4 = (last: number) => `${AF_INET} 0a0000${last.toString(16).padStart(2, "0")}`;
  const v6 = (last: number) =>
    `${AF_INET6} fd${"0".repeat(28)}${last.toString(16).padStart(2, "0")}`;
  const hosts = (name: string, text: string, family = 0) => {
    call.addressesClear!();
    const [at, length] = entry.put(name + text);
    return call.hosts!(at, length, name.length, family) === 1;
  };

  test("R70: every line that has the name counts, IPv4 before IPv6", () => {
    const text =
      "# fd00::9 r\n127.0.0.1 localhost\nfd00::1 r.x r\r\n10.0.0.1\tother R # r\n10.0.0.2 rr\n10.0.0.3 r";
    expect(hosts("r", text)).toBe(true);
    expect(list()).toEqual([v4(1), v4(3), v6(1)]);
  });

  test("R70, R84: a family leaves the other one out", () => {
    expect(hosts("r", "fd00::1 r\n10.0.0.1 r", AF_INET6)).toBe(true);
    expect(list()).toEqual([v6(1)]);
  });

  test("R70: no more than 16 addresses are kept", () => {
    const lines = Array.from({ length: 40 }, (_, i) => `10.0.0.${i + 1} r`).join("\n");
    expect(hosts("r", lines)).toBe(true);
    expect(list()).toHaveLength(16);
    expect(list()[15]).toBe(v4(16));
  });

  test.each([
    ["", "an empty file"],
    ["10.0.0.1", "an address alone"],
    ["10.0.0.1 rx", "a longer name"],
    ["nonsense r", "no address"],
    ["#10.0.0.1 r", "a comment"],
  ])("R69: %j does not have the name (%s)", (text) => {
    expect(hosts("r", text)).toBe(false);
  });
});

describe("R69, R70: resolv.conf", () => {
  const read = (text: string) => {
    call.resolvConfParse!(...entry.put(text));
    const [servers, searches, ndots, timeout, attempts] = [0, 1, 2, 3, 4].map((which) =>
      call.resolvConfValue!(which),
    );
    const search = Array.from({ length: searches! }, (_, i) =>
      entry.text(call.searchAt!(i), call.searchLength!(i)),
    );
    return { servers, search, ndots, timeout, attempts };
  };
  const defaults = { servers: 1, search: [] as string[], ndots: 1, timeout: 5000, attempts: 2 };

  test.each<[string, string, Partial<typeof defaults>]>([
    ["an empty file means this machine", "", {}],
    [
      "as in a pod",
      "nameserver 10.96.0.10\nsearch a.svc.x svc.x x\noptions ndots:5\n",
      { search: ["a.svc.x", "svc.x", "x"], ndots: 5 },
    ],
    ["three servers at most", "nameserver 1.1.1.1\n".repeat(5), { servers: 3 }],
    ["the last of search and domain", "search a b\ndomain c\n", { search: ["c"] }],
    ["options", "options timeout:1 attempts:3 rotate edns0", { timeout: 1000, attempts: 3 }],
    [
      "values that are too large are cut",
      "options ndots:99 timeout:999 attempts:99",
      { ndots: 15, timeout: 30_000, attempts: 5 },
    ],
    ["values that make no sense are ignored", "options ndots:x timeout: attempts:0 timeout:-1", {}],
    [
      "comments and unknown words",
      "; nameserver 1.1.1.1\n# x\nsortlist 1.1.1.1\nnameserver\nnameserver x\n",
      {},
    ],
  ])("R69 %s", (_, text, expected) => {
    expect(read(text)).toEqual({ ...defaults, ...expected });
  });
});

describe("R69, R70: DNS messages", () => {
  const name = (text: string) =>
    Buffer.concat([
      ...text.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), bytes(label)])),
      Buffer.from([0]),
    ]);
  const question = (text: string, type: number) => Buffer.concat([name(text), u16(type), u16(1)]);
  const record = (type: number, data: Buffer, owner = Buffer.from([0xc0, 12])) =>
    Buffer.concat([owner, u16(type), u16(1), Buffer.alloc(4), u16(data.length), data]);

  interface Response {
    id?: number;
    flags?: number;
    questions?: number;
    asked?: Buffer;
    answers?: Buffer[];
    count?: number;
  }
  function message({
    id = 7,
    flags = 0x8180,
    questions = 1,
    asked,
    answers = [],
    count,
  }: Response) {
    const header = [id, flags, questions, count ?? answers.length, 0, 0].map(u16);
    return Buffer.concat([...header, asked ?? question("r.example", A), ...answers]);
  }
  /** The response code and the addresses that a response to a question for r.example gives. */
  function respond(response: Buffer, type = A): [number, string[]] {
    call.addressesClear!();
    call.dnsQuery!(...entry.put("r.example"), 7, type);
    const code = call.dnsResponse!(...entry.put(response));
    return [code, list()];
  }
  const four = (last: number) => Buffer.from([10, 0, 0, last]);

  test("R70: a query is written as RFC 1035 has it, with and without a final dot", () => {
    for (const text of ["r.example", "r.example."]) {
      const length = call.dnsQuery!(...entry.put(text), 0x1234, AAAA);
      const written = Buffer.from(entry.memory.subarray(call.query!(), call.query!() + length));
      const header = [0x1234, 0x0100, 1, 0, 0, 0].map(u16);
      expect(written).toEqual(Buffer.concat([...header, question("r.example", AAAA)]));
    }
  });

  test.each([
    ["", -1],
    [".", -1],
    ["a..b", -1],
    [".a", -1],
    ["a".repeat(63), 81],
    ["a".repeat(64), -1],
    [`${"a.".repeat(126)}a`, 271],
    [`${"a.".repeat(127)}a`, -1],
  ])("R69: the query for %j has %d bytes", (text, expected) => {
    expect(call.dnsQuery!(...entry.put(text), 1, A)).toBe(expected);
  });

  test.each<[string, Response, number, string[]]>([
    [
      "R70 two addresses",
      { answers: [record(A, four(1)), record(A, four(2))] },
      0,
      ["2 0a000001", "2 0a000002"],
    ],
    [
      "R70 behind an alias",
      { answers: [record(5, name("x.y")), record(A, four(1), name("x.y"))] },
      0,
      ["2 0a000001"],
    ],
    [
      "R70 names in another case",
      { asked: question("R.Example", A), answers: [record(A, four(1))] },
      0,
      ["2 0a000001"],
    ],
    ["R70 another type is left out", { answers: [record(AAAA, Buffer.alloc(16))] }, 0, []],
    ["R70 a wrong length is left out", { answers: [record(A, Buffer.alloc(5))] }, 0, []],
    [
      "R70 cut after one of two",
      { flags: 0x8380, count: 2, answers: [record(A, four(1))] },
      0,
      ["2 0a000001"],
    ],
    ["R69 no such name", { flags: 0x8183 }, 3, []],
    ["R69 server failure", { flags: 0x8182 }, 2, []],
    ["R69 refused", { flags: 0x8185 }, 5, []],
    ["another id", { id: 8, answers: [record(A, four(1))] }, -1, []],
    ["a query, not a response", { flags: 0x0100, answers: [record(A, four(1))] }, -1, []],
    ["another opcode", { flags: 0x9180, answers: [record(A, four(1))] }, -1, []],
    ["no question", { questions: 0, answers: [record(A, four(1))] }, -1, []],
    [
      "another question",
      { asked: question("s.example", A), answers: [record(A, four(1))] },
      -1,
      [],
    ],
    [
      "another type asked",
      { asked: question("r.example", AAAA), answers: [record(A, four(1))] },
      -1,
      [],
    ],
    ["a name that never ends", { answers: [Buffer.alloc(300, 63)] }, 0, []],
    ["a label of a reserved kind", { answers: [Buffer.from([0x80, 1, 2, 3])] }, 0, []],
    [
      "a pointer to itself is not followed",
      { answers: [record(A, four(1), Buffer.from([0xc0, 27]))] },
      0,
      ["2 0a000001"],
    ],
    [
      "more answers announced than there are",
      { count: 65_535, answers: [record(A, four(1))] },
      0,
      ["2 0a000001"],
    ],
  ])("%s", (_, response, code, addresses) => {
    expect(respond(message(response))).toEqual([code, addresses]);
  });

  test("R69: a response cut at any byte gives what is whole and reads nothing behind it", () => {
    const whole = message({ answers: [record(A, four(1)), record(A, four(2))] });
    for (let length = 0; length < whole.length; length++) {
      const [code, addresses] = respond(whole.subarray(0, length));
      expect(code).toBe(length < 27 ? -1 : 0);
      expect(addresses.length).toBe(length < 43 ? 0 : 1);
    }
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.255.0.9", true],
  ["::1", true],
  ["localhost", true],
  ["LOCALHOST", true],
  ["a.localhost", true],
  ["alocalhost", false],
  ["localhost.x", false],
  ["128.0.0.1", false],
  ["::2", false],
  ["", false],
])("R97: %j is this machine for everybody: %s", (text, expected) => {
  expect(call.loopback!(...entry.put(text)) === 1).toBe(expected);
});
