import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENOSYS, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 } from "../system/linux.ts";
import { daemon, exitStatus, schedule } from "./arbitraries.ts";
import { MILLISECOND } from "./fake/clock.ts";
import type { Client } from "./fake/network.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import {
  ADDRESS,
  answerOf,
  ask,
  checkHealth,
  type HealthRun,
  type Path,
  SLICE_MS,
} from "./health-run.ts";
import type { InitRun } from "./init-run.ts";

type Event = readonly [ms: number, event: (run: InitRun) => void];

const PATHS: readonly Path[] = ["/livez", "/readyz"];
const path = fc.constantFrom(...PATHS);
const asks = fc.array(fc.tuple(fc.integer({ min: 2, max: 300 }), path), { maxLength: 12 });
const noSignalfd = [{ call: "signalfd4", error: ENOSYS }];

function send(signal: number): (run: InitRun) => void {
  return (run) => {
    const { processes, program } = run.kernel;
    processes.send(program, sentBy(processes.outside, signal));
  };
}

function toEvents(requests: readonly (readonly [ms: number, path: Path])[]): Event[] {
  return requests.map(([ms, asked]) => [ms, ask(asked)]);
}

/** When the main child got `signal`, each time, in milliseconds since the start. */
function heardAt(run: HealthRun, signal: number): number[] {
  return run.kernel.received
    .filter(({ process, info }) => process === run.main && info.signal === signal)
    .map(({ time }) => run.at(time));
}

/** A main child that ends so long after a TERM, leaving somebody behind who ends later. */
function mainEnding(afterMs: number, status = 3, leftForMs = 500): Step[] {
  const left: Step[] = [["setsid"], ["ignore", SIGTERM], ["sleep", leftForMs]];
  return [
    [
      "on",
      SIGTERM,
      [
        ["sleep", afterMs],
        ["fork", left],
        ["exit", status],
      ],
    ],
    ["pause"],
  ];
}

/** Answered `tookMs` after the request, and at once if that came after `atMs`, or waited then. */
function expectBy(run: HealthRun, client: Client, atMs: number, tookMs: number): void {
  const sentAt = run.at(client.sentAt);
  const limit = Math.min(sentAt + tookMs, Math.max(sentAt + Math.min(tookMs, SLICE_MS), atMs));
  expect(run.at(client.received[0]!.time)).toBeLessThanOrEqual(limit);
}

describe.each([
  ["with signalfd", [], 0],
  ["I66: without signalfd", noSignalfd, SLICE_MS],
] as const)("%s", (_how, faults, lateMs) => {
  test("N3: signals reach main at once and orphans are reaped, whatever the endpoint does", () => {
    const signals = fc.uniqueArray(fc.integer({ min: 2, max: 300 }), { maxLength: 8 });
    const orphans = fc.array(daemon, { maxLength: 6 });
    const frozen = fc.boolean();
    fc.assert(
      fc.property(
        asks,
        signals,
        orphans,
        frozen,
        schedule,
        (requests, at, others, isDown, turns) => {
          const redis = { latencyMs: () => 10, replyAt: () => (isDown ? null : "+PONG\r\n") };
          const events: Event[] = [
            ...toEvents(requests),
            ...at.map((ms): Event => [ms, send(SIGUSR1)]),
            [3000, send(SIGTERM)],
          ];
          const main: Step[] = [["on", SIGUSR1, []], ...others, ["reap"], ["pause"]];
          checkHealth(
            { main, live: redis, ready: redis, events, faults, schedule: turns },
            (run) => {
              expect(run.status).toBe(128 + SIGTERM);
              const heard = heardAt(run, SIGUSR1);
              const sent = [...at].sort((left, right) => left - right);
              // Two within one look are one signal.
              for (const ms of sent) {
                expect(heard.some((time) => time >= ms && time <= ms + lateMs)).toBe(true);
              }
              expect(run.kernel.leftZombies).toEqual([]);
              for (const client of run.clients) {
                expect(answerOf(client).status).toBe(isDown ? 503 : 200);
              }
            },
          );
        },
      ),
    );
  });

  test("N4: from a forwarded TERM, INT or QUIT on /readyz is 503 at once, and /livez asks as before", () => {
    const stop = fc.constantFrom(SIGTERM, SIGINT, SIGQUIT);
    const latency = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(asks, stop, latency, schedule, (requests, signal, latencyMs, turns) => {
        const STOP_MS = 150;
        const redis = { latencyMs: () => latencyMs };
        const events: Event[] = [...toEvents(requests), [STOP_MS, send(signal)]];
        const main: Step[] = [
          ["ignore", SIGTERM],
          ["ignore", SIGINT],
          ["ignore", SIGQUIT],
          ["pause"],
        ];
        checkHealth(
          { main, live: redis, ready: redis, events, faults, schedule: turns, callLimit: 20_000 },
          (run) => {
            const ordered = [...requests].sort(([left], [right]) => left - right);
            run.clients.forEach((client, index) => {
              const { status, body } = answerOf(client);
              const answeredAt = run.at(client.received[0]!.time);
              const isReady = ordered[index]![1] === "/readyz";
              if (!isReady) expect(status).toBe(200);
              else if (answeredAt < STOP_MS) expect(status).toBe(200);
              else if (answeredAt > STOP_MS + lateMs) {
                expect(status).toBe(503);
                expect(body).toContain("stop signal");
              }
              // Also who had asked before and waited for Redis.
              if (isReady) expectBy(run, client, STOP_MS + lateMs, 2 * latencyMs + lateMs);
              else expect(run.tookMs(client)).toBeLessThanOrEqual(2 * latencyMs + lateMs);
            });
            expect(run.ready.asked.filter((ms) => ms > STOP_MS + lateMs)).toEqual([]);
          },
        );
      }),
    );
  });

  test.each([["--drain=1s"], ["--wait-all"]])(
    "N5: after main's end every check fails at once, with %s",
    (option) => {
      fc.assert(
        fc.property(
          asks,
          fc.integer({ min: 0, max: 100 }),
          exitStatus,
          schedule,
          (requests, afterMs, status, turns) => {
            const STOP_MS = 50;
            const redis = { latencyMs: () => 20 };
            const events: Event[] = [...toEvents(requests), [STOP_MS, send(SIGTERM)]];
            const main = mainEnding(afterMs, status);
            checkHealth(
              {
                main,
                live: redis,
                ready: redis,
                events,
                faults,
                options: [option],
                schedule: turns,
              },
              (run) => {
                const endMs = STOP_MS + afterMs;
                expect(run.status).toBe(status);
                expect(run.milliseconds).toBeGreaterThanOrEqual(endMs + 500);
                expect(run.milliseconds).toBeLessThanOrEqual(endMs + 500 + lateMs + SLICE_MS);
                for (const client of run.clients) {
                  const answer = answerOf(client);
                  const answeredAt = run.at(client.received[0]!.time);
                  expectBy(run, client, endMs + 2 * lateMs, 2 * 20 + lateMs);
                  if (answeredAt > endMs + 2 * lateMs) {
                    expect(answer.status).toBe(503);
                    expect(answer.body).toBe("fail: the main process has ended\n");
                  }
                }
                expect(
                  [...run.live.asked, ...run.ready.asked].filter((ms) => ms > endMs + 2 * lateMs),
                ).toEqual([]);
              },
            );
          },
        ),
      );
    },
  );
});

test("I66, N2: without signalfd knell looks at signals every 5 ms, and no more often", () => {
  const calls: number[] = [];
  const note = (run: InitRun) => void calls.push(run.kernel.calls);
  const events: Event[] = [
    [1000, note],
    [2000, note],
    [3000, send(SIGTERM)],
  ];
  checkHealth({ events, faults: noSignalfd }, (run) => {
    expect(run.status).toBe(128 + SIGTERM);
    const looks = 1000 / SLICE_MS;
    expect(calls[1]! - calls[0]!).toBeGreaterThanOrEqual(looks);
    expect(calls[1]! - calls[0]!).toBeLessThanOrEqual(12 * looks);
  });
});

test("N5: knell leaves with main, whoever is still connected or waits", () => {
  const events: Event[] = [
    [10, (run) => void run.kernel.network.dial(ADDRESS)],
    [15, ask("/livez")],
  ];
  const main: Step[] = [
    ["sleep", 20],
    ["exit", 9],
  ];
  checkHealth({ main, live: { replyAt: () => null }, events }, (run) => {
    expect(run.status).toBe(9);
    expect(run.milliseconds).toBe(20);
    expect(answerOf(run.clients[1]!)).toEqual({
      status: 503,
      body: "fail: the main process has ended\n",
    });
  });
});

test("N3: an address that is taken: exit 1, and main is not started", () => {
  const kernelHasIt = [{ call: "bind", error: 98 }];
  checkHealth({ faults: kernelHasIt }, (run) => {
    expect(run.status).toBe(1);
    expect(run.host.forked).toEqual([]);
    expect(run.host.stderr).toContain('cannot listen on ":8086"');
    expect(run.milliseconds).toBeLessThan(MILLISECOND);
  });
});

test("N4: main has none of the endpoint's descriptors", () => {
  const seen: number[][] = [];
  const look: Step = ["do", (process) => seen.push(process.files?.numbers ?? [])];
  checkHealth({ main: [["sleep", 50], look, ["exit", 0]], events: [[10, ask("/livez")]] }, () => {
    expect(seen).toEqual([[0, 1, 2]]);
  });
});
