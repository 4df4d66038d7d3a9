// Feeds the parsers of the HTTP probe, and of --listen, with random and mutated input, as fuzz-redis.ts does for
// Redis: node binary/test/fuzz-http.ts [--minutes N] [--inputs N] [--seed N].

import { type FuzzTarget, fuzzInputs, optionFuzzer, runFromCommandLine } from "./fuzzing.ts";
import { type Entry, loadEntry } from "./load.ts";

const SEEDS = {
  reply: [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 302 Found\nLocation: http://h:80/a/../b?q#f\n\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
  ],
  url: [
    "http://host.example:8080/a/b?c=d#e",
    "[::1]:80/x",
    "http://u:p@h/",
    "HTTPS://[fe80::1%2]/?q",
    "localhost:1",
  ],
  location: [
    "/a/../b/./c/..?x/../y#z",
    "../../x",
    "?q",
    "//h:81/p",
    "http://h/p/..",
    "x/y",
    "#f",
    "",
  ],
  status: ["200-299,404", "100", "599-100", "200,,201"],
  address: [
    ":8086",
    "*:8086",
    "8086",
    "127.0.0.1:80",
    "[::]:1",
    "[::1]:65535",
    "localhost:9",
    "unix:/run/k.sock",
  ],
} as const;

const WORDS = [
  ...["-H", "-X", "-I", "-f", "-fsSL", "-o", "-m", "-t", "-w", "-z", "-v", "-4", "-6", "-", "--"],
  ...["--header", "--method", "--max-time", "--timeout", "--connect-timeout", "--unix-socket"],
  ...["--host", "--body", "--status", "--no-follow", "--wait", "--location", "--help", "--output"],
  ...[
    "A: b",
    "Host:",
    "X;",
    ":",
    "GET",
    "1",
    "0.5s",
    "200-299",
    "/x",
    "",
    "-1",
    "9999999999999999999",
  ],
  ...[
    "http://h:1/x",
    "h:1",
    "[::1]:2",
    "unix:/x",
    "https://h",
    "http://u:p@h",
    "\xff\xfe",
    "x y",
    "--x=y",
  ],
];

/** Reads the whole input as a stream in pieces; what is known of the reply at its end or its first fault. */
function readStream({ call, text }: Entry, at: number, length: number, piece: number): unknown[] {
  let status = 0;
  call.replyClear!(0);
  for (let offset = 0; offset < length && status === 0; ) {
    const taken = call.replyFeed!(at + offset, Math.min(piece, length - offset));
    if (taken === 0) throw new Error("no room for more, and no verdict");
    offset += taken;
    status = call.replyRead!();
  }
  const isDone = call.replyHeadDone!() === 1;
  const body = text(call.bodyAt!(), call.bodyLength!());
  return [status, call.replyStatus!(), isDone, call.replyEndsWithConnection!(), body];
}

function targets(entry: Entry): Record<keyof typeof SEEDS, FuzzTarget> {
  const { call, text } = entry;
  const output = () => text(call.outputAt!(), call.outputLength!());
  return {
    reply: (at, length, chance) => {
      const whole = JSON.stringify(readStream(entry, at, length, length));
      const piece = 1 + chance.below(9);
      const split = JSON.stringify(readStream(entry, at, length, piece));
      if (whole !== split) throw new Error(`pieces of ${piece}: ${split}, whole: ${whole}`);
      return whole;
    },
    url: (at, length) => {
      const isTaken = call.urlParse!(at, length) === 1;
      if (isTaken !== (call.urlError!() === 0)) throw new Error("a fault without a text");
      if (!isTaken) return call.urlFlags!();
      const parts = [0, 1].map((i) => text(call.urlPartAt!(i), call.urlPartLength!(i)));
      return [parts, call.urlPort!(), call.urlFlags!()];
    },
    location: (at, length) => {
      entry.memory.set(Buffer.from("/base/path?query"), at + 4096);
      call.locationStart!(at + 4096, 16, 80);
      call.locationHost!(at, Math.min(length, 1));
      const result = [call.locationFollow!(at, length), call.locationPort!()];
      const path = text(call.locationPath!(), call.locationPathLength!());
      if (!/^\/[^\0- \x7f#]*$/.test(path)) throw new Error(`path ${JSON.stringify(path)}`);
      return [result, path];
    },
    status: (at, length) =>
      call.statusList!(at, length) === 1 &&
      [100, 200, 299, 404, 599].map((status) => call.statusIsListed!(status)),
    address: (at, length) => {
      if (call.addressParse!(at, length) !== 1) return call.addressErrorLength!();
      const size = call.addressSockaddrLength!();
      const sockaddr = text(call.addressSockaddr!(), size);
      call.addressTarget!();
      const target = output();
      call.addressWrite!();
      return [call.addressFamily!(), call.addressIsDualStack!(), sockaddr, target, output()];
    },
  };
}

/** Runs `inputs` inputs, or for `minutes`; gives how many it ran. */
export function fuzz(seed: number, inputs: number, minutes = 0): number {
  const entry = loadEntry("http");
  const options = optionFuzzer("http", ["parseHttp", "parseTcp"], WORDS);
  return fuzzInputs(
    { entry, seeds: SEEDS, targets: targets(entry), options },
    seed,
    inputs,
    minutes,
  );
}

if (import.meta.main) runFromCommandLine(fuzz);
