// Feeds the Redis probe's parsers with random and mutated input: node binary/test/fuzz-redis.ts [--minutes N]
// [--inputs N] [--seed N]. Each input is read twice with other bytes behind it: a result that changes is a read
// beyond the end. A trap, a changed byte behind the input, or a result that depends on how a stream is split is
// an error too; it is thrown with the seed and the input.

import { type FuzzTarget, fuzzInputs, optionFuzzer, runFromCommandLine } from "./fuzzing.ts";
import { type Entry, loadEntry } from "./load.ts";

const SEEDS = {
  resp: [
    "+PONG\r\n",
    "-LOADING Redis is loading\r\n+PONG\r\n",
    "$4\r\nPONG\r\n",
    "*3\r\n$5\r\nslave\r\n:1\r\n*1\r\n$-1\r\n",
    "|1\r\n+a\r\n%1\r\n+b\r\n:1\r\n>2\r\n+x\r\n_\r\n=8\r\ntxt:PONG\r\n",
    "%2\r\n+a\r\n#t\r\n+b\r\n,1.5\r\n~1\r\n(12\r\n!5\r\nERR a\r\n",
    "$999999999\r\n*30000\r\n",
  ],
  uri: [
    "redis://user:p%40ss@host:6379/3?db=2&x=1#f",
    "rediss://:p@q@[fe80::1%2]:1/",
    "unix://u:p@/run/redis.sock?db=1",
    "valkey://a/b@c:1",
  ],
  info: [
    "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nmaster_sync_in_progress:0\r\nloading:0\r\n",
    "role:master\r\nslave0:ip=1,port=2,state=online,offset=1,lag=0\r\nmin_slaves_good_slaves:1\r\n",
    "cluster_state:ok\r\nslave:x\nslave9:lag=\n",
  ],
  hosts: ["127.0.0.1 localhost r.x\n# c\nfd00::1\tr.x y ; z\n::ffff:1.2.3.4 r.x"],
  resolv: ["nameserver 1.1.1.1\nsearch a b.c\noptions ndots:5 timeout:2 attempts:1\n"],
  dns: [
    "\0\x07\x81\x80\0\x01\0\x02\0\0\0\0\x01r\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04\x0a\0\0\x01\xc0\x0c\0\x05\0\x01\0\0\0\0\0\x02\xc0\x0c",
  ],
} as const;

const WORDS = [
  ...[
    "-h",
    "-p",
    "-s",
    "-a",
    "-u",
    "-n",
    "-t",
    "-2",
    "-3",
    "-4",
    "-6",
    "-c",
    "-e",
    "-d",
    "-x",
    "-",
  ],
  ...["--user", "--pass", "--password-env", "--live", "--accept", "--fail", "--wait", "--timeout"],
  ...[
    "--max-lag",
    "--min-replicas",
    "--sentinel",
    "--quorum",
    "--tls",
    "--cert",
    "--key",
    "--help",
  ],
  ...["ping", "PING", "--", "", "6379", "-1", "0", "99999999999999999999", "1.5", "900ms", "nan"],
  ...["redis://u:p@h:1/2", "LOADING,BUSY", "=", "--=", "--live=1", "--user=", "\xff\xfe", "-p6379"],
];

/** Reads the whole input as a stream in pieces; the replies up to the end or the first error. */
function readStream({ call, text }: Entry, at: number, length: number, piece: number): unknown[] {
  const seen: unknown[] = [];
  call.readerClear!();
  let offset = 0;
  for (;;) {
    const status = call.readerNext!();
    if (status === 0 && offset < length) {
      offset += call.readerFeed!(at + offset, Math.min(piece, length - offset));
      continue;
    }
    seen.push(status);
    if (status !== 1) return seen;
    if (seen.length > length) throw new Error("more replies than bytes");
    seen.push(call.replyKind!(), text(call.replyAt!(), call.replyLength!()));
  }
}

function targets(entry: Entry): Record<keyof typeof SEEDS, FuzzTarget> {
  const { call, text } = entry;
  const addresses = () => [call.addressCount!()];
  return {
    resp: (at, length, chance) => {
      const whole = JSON.stringify(readStream(entry, at, length, length));
      const piece = 1 + chance.below(9);
      const split = JSON.stringify(readStream(entry, at, length, piece));
      if (whole !== split) throw new Error(`pieces of ${piece}: ${split}, whole: ${whole}`);
      return whole;
    },
    uri: (at, length) => {
      if (call.uriParse!(at, length) !== 1) return call.uriSecretLength!();
      const parts = [0, 1, 2, 3].map((i) => text(call.uriPartAt!(i), call.uriPartLength!(i)));
      return [parts, call.uriPort!(), call.uriFlags!(), call.uriSecretLength!()];
    },
    info: (at, length) => {
      const fields = [0, 1, 2].map((which) =>
        call.infoField!(at, length, which) === 1
          ? text(call.fieldAt!(), call.fieldLength!())
          : null,
      );
      const count = call.replicaCount!(at, length);
      return [fields, count, call.replicaLag!(at, length, Math.max(count - 1, 0))];
    },
    hosts: (at, length) => {
      call.addressesClear!();
      return [call.hosts!(at, length, Math.min(3, length), 0), addresses()];
    },
    resolv: (at, length) => {
      call.resolvConfParse!(at, length);
      return [0, 1, 2, 3, 4].map((which) => call.resolvConfValue!(which));
    },
    dns: (at, length) => {
      call.addressesClear!();
      return [call.dnsResponse!(at, length), addresses()];
    },
  };
}

/** Runs `inputs` inputs, or for `minutes`; gives how many it ran. */
export function fuzz(seed: number, inputs: number, minutes = 0): number {
  const entry = loadEntry("redis");
  entry.call.dnsQuery!(...entry.put("r"), 7, 1);
  const options = optionFuzzer("redis-options", ["parse"], WORDS);
  return fuzzInputs(
    { entry, seeds: SEEDS, targets: targets(entry), options },
    seed,
    inputs,
    minutes,
  );
}

if (import.meta.main) runFromCommandLine(fuzz);
