// Feeds the health endpoint's request parser with random and mutated requests: node binary/test/fuzz-health.ts
// [--minutes N] [--inputs N] [--seed N]. Each is read whole, in pieces, and with other bytes around it, where lines
// that are read are lost: another outcome, a trap or a byte changed beside the input is an error, thrown with the seed.

import { parseArgs } from "node:util";
import { Chance, mutate } from "./fuzz-input.ts";
import { loadEntry } from "./load.ts";
import { readRequest } from "./read-request.ts";

const SEEDS = [
  "GET /livez HTTP/1.1\r\nHost: a:8086\r\nUser-Agent: kube-probe/1.32\r\nAccept: */*\r\nConnection: close\r\n\r\n",
  "HEAD http://a/readyz?verbose=1&b HTTP/1.0\r\n\r\n",
  "\r\n\nGET /metrics?x&verbose HTTP/1.1\nHost: [::1]\n\n",
  'GET /startupz HTTP/1.1\r\nHost:\r\nAccept: application/json;q=0.5;a="\\",", text/*;q=0.123, */*;q=1.000\r\n\r\n',
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
  "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n folded: b\r\nspaced : c\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  `GET /healthz HTTP/1.1\r\nHost: a\r\nAccept: ${"*/*;q=0.1,".repeat(380)}\r\nX: ${"y".repeat(240)}\r\n\r\n`,
];

/** Runs `inputs` inputs, or for `minutes`; gives how many gave each status. */
export function fuzz(seed: number, inputs: number, minutes = 0): Map<number, number> {
  const entry = loadEntry("health");
  const deadline = minutes > 0 ? performance.now() + minutes * 60_000 : Number.POSITIVE_INFINITY;
  const seen = new Map<number, number>();
  for (let i = 0; i < inputs && (i % 1000 !== 0 || performance.now() < deadline); i++) {
    const chance = new Chance(seed + i);
    const bytes = mutate(chance, SEEDS);
    const longest = chance.of([1, 9, 400]);
    const next = () => 1 + chance.below(longest);
    const fill = chance.of([0, 10, 13, 32, 44, 58]);
    try {
      const whole = readRequest(entry, bytes, { next: (left) => left });
      const split = readRequest(entry, bytes, { next, fill, isForgetful: true });
      const [first, second] = [JSON.stringify(whole), JSON.stringify(split)];
      if (first !== second) throw new Error(`whole: ${first}, in pieces: ${second}`);
      seen.set(whole.status, (seen.get(whole.status) ?? 0) + 1);
    } catch (error) {
      const shown = JSON.stringify(bytes.toString("latin1"));
      throw new Error(`--seed ${seed + i} --inputs 1: ${shown}`, { cause: error });
    }
  }
  return seen;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { minutes: { type: "string" }, inputs: { type: "string" }, seed: { type: "string" } },
  });
  const seed = values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
  const minutes = Number(values.minutes ?? 0);
  const inputs = Number(values.inputs ?? (minutes > 0 ? Number.POSITIVE_INFINITY : 100_000));
  console.log(`seed ${seed}`);
  for (const [status, count] of fuzz(seed, inputs, minutes)) console.log(`${status}: ${count}`);
  console.log("no fault");
}
