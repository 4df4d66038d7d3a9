import { expect, test } from "vitest";
import { SIGTERM } from "../system/linux.ts";
import { MILLISECOND } from "./fake/clock.ts";
import type { Client } from "./fake/network.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { ADDRESS, HealthRun, LIVE, READY, requestFor } from "./health-run.ts";
import type { InitRun } from "./init-run.ts";

const REQUESTS = 100_000;
const BETWEEN_NS = MILLISECOND / 4;
const TEXTS: readonly string[] = [
  requestFor("/livez"),
  requestFor("/readyz?verbose"),
  requestFor("/livez", "Accept: application/json\r\n"),
  requestFor("/metrics"),
  requestFor("/nothing"),
  "no HTTP\r\n\r\n",
  requestFor("/livez", `X: ${"x".repeat(5000)}\r\n`),
  requestFor("/startupz"),
];
const STATUSES: readonly number[] = [200, 200, 200, 200, 404, 400, 431, 200];

test("D3: 100 000 requests of every kind do not move the heap offset", () => {
  const offsets: number[] = [];
  let asked = 0;
  let wrong = 0;
  let last: Client | null = null;
  const measure = ({ host }: InitRun) => {
    for (let i = 0; i < 2; i++) offsets.push(host.program.__new!(0, 0));
  };
  const askNext = (run: InitRun) => {
    const { network, clock, processes, program } = run.kernel;
    if (last !== null && statusOf(last) !== STATUSES[(asked - 1) % TEXTS.length]) wrong++;
    network.clients.length = 0;
    if (asked === REQUESTS) {
      measure(run);
      processes.send(program, sentBy(processes.outside, SIGTERM));
      return;
    }
    last = network.dial(ADDRESS);
    last.send(TEXTS[asked++ % TEXTS.length]!);
    clock.after(BETWEEN_NS, () => askNext(run));
  };
  const child: Step[] = [["setpgid"], ["exit", 0]];
  const run = new HealthRun({
    probes: ["--live", LIVE, "--ready", READY, "--startup", "exec /bin/check"],
    forks: Array(REQUESTS / TEXTS.length).fill(child),
    events: [
      [1, measure],
      [2, askNext],
    ],
    isRecording: false,
    callLimit: Number.POSITIVE_INFINITY,
  });

  expect(run.status).toBe(128 + SIGTERM);
  expect(asked).toBe(REQUESTS);
  expect(wrong).toBe(0);
  // 100 000 requests and two connections: *live* keeps its own, *ready* does not.
  expect(run.live.connections).toBe(1);
  expect(run.ready.connections).toBe(REQUESTS / TEXTS.length);
  const [before, beforeNext, after] = offsets as [number, number, number, number];
  expect(after - beforeNext).toBe(beforeNext - before);
}, 120_000);

function statusOf({ text }: Client): number {
  return Number(text.slice(9, 12));
}
