import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMFILE, ENFILE, ENOMEM } from "../system/linux.ts";
import { schedule } from "./arbitraries.ts";
import { MILLISECOND } from "./fake/clock.ts";
import type { Client } from "./fake/network.ts";
import {
  ADDRESS,
  acceptedOf,
  answerOf,
  ask,
  checkHealth,
  type HealthRun,
  requestFor,
  TIMEOUT_MS,
} from "./health-run.ts";
import type { InitRun } from "./init-run.ts";

const MOST_CLIENTS = 16;
const HEAD_MS = 2000;
const LINGER_MS = 500;
const REQUEST = requestFor("/livez");

type Event = readonly [ms: number, event: (run: InitRun) => void];

/** Somebody who does not just ask and wait. */
type Hostility =
  | { readonly kind: "silent" }
  /** Sends the beginning of something, then nothing. */
  | { readonly kind: "stalls"; readonly text: string }
  | { readonly kind: "drips"; readonly gapMs: number }
  | { readonly kind: "sends"; readonly text: string }
  | { readonly kind: "half-closes"; readonly sent: number }
  | { readonly kind: "closes" | "resets"; readonly sent: number; readonly afterMs: number }
  /** Asks and does not take the answer. */
  | { readonly kind: "deaf"; readonly capacity: number };

const sent = fc.integer({ min: 0, max: REQUEST.length });
const garbage = fc
  .uint8Array({ minLength: 1, maxLength: 80 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const hostility: fc.Arbitrary<Hostility> = fc.oneof(
  fc.constant({ kind: "silent" } as const),
  fc
    .oneof(
      garbage,
      sent.map((count) => REQUEST.slice(0, Math.min(count, REQUEST.length - 1))),
    )
    .map((text) => ({ kind: "stalls", text }) as const),
  fc.integer({ min: 1, max: 100 }).map((gapMs) => ({ kind: "drips", gapMs }) as const),
  fc
    .oneof(
      garbage.map((text) => `${text}\r\n\r\n`),
      fc.constant(requestFor("/livez", `X: ${"x".repeat(5 * 1024)}\r\n`)),
      fc.constant("x".repeat(5 * 1024)),
      fc.constant(REQUEST + REQUEST),
      fc.constant(`POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789`),
      fc.constant("\r\n".repeat(40)),
    )
    .map((text) => ({ kind: "sends", text }) as const),
  sent.map((count) => ({ kind: "half-closes", sent: count }) as const),
  fc
    .tuple(fc.constantFrom("closes", "resets"), sent, fc.integer({ min: 0, max: 100 }))
    .map(([kind, count, afterMs]) => ({ kind, sent: count, afterMs }) as const),
  fc.integer({ min: 0, max: 100 }).map((capacity) => ({ kind: "deaf", capacity }) as const),
);

function attack(how: Hostility): (run: InitRun) => void {
  return (run) => {
    const script = how.kind === "deaf" ? { capacity: how.capacity } : {};
    const client = run.kernel.network.dial(ADDRESS, script);
    if (how.kind === "stalls" || how.kind === "sends") client.send(how.text);
    else if (how.kind === "deaf") client.send(REQUEST);
    else if (how.kind === "drips") {
      for (let i = 0; i < REQUEST.length; i++) client.send(REQUEST.charAt(i), i * how.gapMs);
    } else if (how.kind !== "silent") {
      if (how.sent > 0) client.send(REQUEST.slice(0, how.sent));
      if (how.kind === "half-closes") client.end();
      else if (how.kind === "closes") client.close(how.afterMs);
      else client.reset(how.afterMs);
    }
  };
}

/** The clients that began with `ask`, in an event of their own so that they can be told apart. */
function askers(run: HealthRun, indices: readonly number[]): Client[] {
  return indices.map((index) => run.clients[index]!);
}

function statuses(run: HealthRun): (number | null)[] {
  return run.clients.map((client) => (client.text === "" ? null : answerOf(client).status));
}

describe("hostile clients", () => {
  test("N3: whatever others do, honest requests are answered right and in time, and all ends closed", () => {
    const attacks = fc.array(fc.tuple(fc.integer({ min: 2, max: 3000 }), hostility), {
      maxLength: 40,
    });
    const honest = fc.array(fc.integer({ min: 2, max: 3500 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        attacks,
        honest,
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom(0, 1000),
        schedule,
        (others, times, latencyMs, callNs, turns) => {
          const slow = { latencyMs: () => latencyMs };
          const honestAt: number[] = [];
          const events: Event[] = [
            ...others.map(([ms, how]): Event => [ms, attack(how)]),
            ...times.map(
              (ms): Event => [
                ms,
                (run) => {
                  honestAt.push(run.kernel.network.clients.length);
                  ask("/livez")(run);
                },
              ],
            ),
          ];
          checkHealth({ live: slow, events, callNs, schedule: turns }, (run) => {
            expect(run.outcome).toEqual({ kind: "idle" });
            for (const client of askers(run, honestAt)) {
              expect(answerOf(client).status).toBe(200);
              // An exchange that had begun, then one of its own.
              expect(run.tookMs(client)).toBeLessThanOrEqual(2 * latencyMs + 5);
            }
            expect(run.mostClients).toBeLessThanOrEqual(MOST_CLIENTS);
            expect(run.live.mostAtOnce).toBeLessThanOrEqual(1);
            run.expectClean();
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("N3: a client that says nothing, or not enough, or too slowly: 408 after 2 s, then closed", () => {
    const drip = (run: InitRun) => {
      const client = run.kernel.network.dial(ADDRESS);
      for (let i = 0; i < 30; i++) client.send(REQUEST.charAt(i), i * 300);
    };
    const events: Event[] = [
      [2, attack({ kind: "silent" })],
      [2, attack({ kind: "stalls", text: "GET /livez HTTP/1.1\r\nHos" })],
      [2, drip],
    ];
    checkHealth({ events }, (run) => {
      for (const client of run.clients.slice(0, 2)) {
        expect(answerOf(client).status).toBe(408);
        expect(run.at(client.received[0]!.time)).toBe(2 + HEAD_MS);
        expect(run.at(client.overAt)).toBe(2 + HEAD_MS + LINGER_MS);
      }
      expect(run.clients[2]?.text).toContain("HTTP/1.1 408 ");
      expect(run.at(run.clients[2]!.endedAt)).toBe(2 + HEAD_MS);
      run.expectClean();
    });
  });

  test.each([
    ["a head of 5 KiB", requestFor("/livez", `X: ${"x".repeat(5 * 1024)}\r\n`), 431],
    ["one line of 5 KiB", "x".repeat(5 * 1024), 431],
    ["no HTTP", "\0\x01\x02\r\n\r\n", 400],
    ["another method", "DELETE /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["another path", requestFor("/"), 404],
    ["a kind without a probe", requestFor("/startupz"), 404],
    ["a body", "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413],
    ["a second request behind the first", REQUEST + REQUEST, 200],
    ["metrics", requestFor("/metrics"), 200],
  ])("N3: %s is answered, and the answer is not lost to a reset", (_what, text, status) => {
    const events: Event[] = [[2, attack({ kind: "sends", text })]];
    checkHealth({ events }, (run) => {
      expect(answerOf(run.clients[0]!).status).toBe(status);
      expect(run.tookMs(run.clients[0]!)).toBe(0);
      run.expectClean();
    });
  });

  test("N3: a client that does not take its answer is closed after 2 s", () => {
    checkHealth({ events: [[2, attack({ kind: "deaf", capacity: 10 })]] }, (run) => {
      const [client] = run.clients;
      expect(client?.text.length).toBe(10);
      expect(run.at(client!.overAt)).toBe(2 + 2000);
      run.expectClean();
    });
  });

  test("N3: a client that asks and goes away costs nobody else anything", () => {
    const gone = (how: "close" | "reset" | "end"): Event => [
      2,
      (run) => {
        const client = run.kernel.network.dial(ADDRESS);
        client.send(REQUEST);
        client[how](5);
      },
    ];
    const events: Event[] = [gone("close"), gone("reset"), gone("end"), [4, ask("/livez")]];
    checkHealth({ live: { latencyMs: () => 20 }, events }, (run) => {
      expect(answerOf(run.clients[3]!).status).toBe(200);
      // It only said that it will say no more.
      expect(answerOf(run.clients[2]!).status).toBe(200);
      expect(run.live.asked).toEqual([2]);
      run.expectClean();
    });
  });
});

describe("more than 16 at once", () => {
  const many = (count: number, atMs: number, event: (run: InitRun) => void): Event[] =>
    Array.from({ length: count }, (_, index) => [atMs + index * 0.01, event]);

  test("N3: the oldest that has not asked gives way, one after the other", () => {
    const events = [...many(16, 2, attack({ kind: "silent" })), ...many(3, 100, ask("/livez"))];
    checkHealth({ live: { latencyMs: () => 1 }, events }, (run) => {
      expect(statuses(run)).toEqual([null, null, null, ...Array(13).fill(408), 200, 200, 200]);
      const gaveWay = run.clients.slice(0, 3).map((client) => Math.floor(run.at(client.overAt)));
      expect(gaveWay).toEqual([100, 100, 100]);
      expect(run.mostClients).toBe(MOST_CLIENTS);
      run.expectClean();
    });
  });

  test("N3: who waits for an answer is never pushed out; the others wait in the queue", () => {
    const events = [...many(40, 2, ask("/livez")), ...many(5, 20, ask("/readyz"))];
    checkHealth({ live: { latencyMs: () => 50 }, events }, (run) => {
      expect(statuses(run)).toEqual(Array(45).fill(200));
      expect(run.mostClients).toBe(MOST_CLIENTS);
      for (const client of run.clients) expect(run.tookMs(client)).toBeLessThanOrEqual(3 * 50);
      run.expectClean();
    });
  });

  test("N3: 200 at once and a frozen Redis: everyone is answered, no more than the queue takes waits", () => {
    const events = many(140, 2, ask("/livez"));
    checkHealth({ live: { replyAt: () => null }, events }, (run) => {
      expect(statuses(run)).toEqual(Array(140).fill(503));
      expect(run.mostClients).toBe(MOST_CLIENTS);
      const longest = Math.max(...run.clients.map((client) => run.tookMs(client)));
      expect(longest).toBeLessThanOrEqual(Math.ceil(140 / MOST_CLIENTS) * (TIMEOUT_MS + 1));
      run.expectClean();
    });
  });
});

describe("what knell lacks", () => {
  test.each([EMFILE, ENFILE, ENOMEM])(
    "N3: accept fails with errno %i: knell does not spin, and answers when it can again",
    (error) => {
      const faults = [{ call: "accept4", error, times: 3 }];
      const events: Event[] = [[2, ask("/livez")]];
      checkHealth({ faults, events, callLimit: 500 }, (run) => {
        expect(run.outcome).toEqual({ kind: "idle" });
        expect(answerOf(run.clients[0]!).status).toBe(200);
        expect(run.tookMs(run.clients[0]!)).toBe(300);
        run.expectClean();
      });
    },
  );

  test("N3: a low limit on descriptors, which is one on what poll is given too", () => {
    const lower = (run: InitRun) => {
      run.kernel.program.files!.limit = 12;
    };
    const events: Event[] = [
      [1, lower],
      [1000, ask("/livez")],
      ...Array.from({ length: 20 }, (): Event => [1500, ask("/livez")]),
    ];
    checkHealth({ events, live: { latencyMs: () => 10 }, callLimit: 5000 }, (run) => {
      expect(run.outcome).toEqual({ kind: "idle" });
      expect(statuses(run)).toEqual(Array(21).fill(200));
    });
  });

  test("N3, I66: where poll does not work PID 1 goes on without spinning", () => {
    const faults = [{ call: "ppoll", error: ENOMEM }];
    const main = [
      ["sleep", 2000],
      ["exit", 7],
    ] as const;
    const events: Event[] = [[1000, ask("/livez")]];
    checkHealth({ main, faults, events, callLimit: 5000 }, (run) => {
      expect(run.status).toBe(7);
      expect(run.milliseconds).toBeLessThanOrEqual(2010);
    });
  });
});

test("N3: descriptors are as they were after every client is gone", () => {
  const before: number[] = [];
  const count = (run: InitRun) => void before.push(run.kernel.program.files!.numbers.length);
  const events: Event[] = [
    [1, count],
    [2, ask("/readyz")],
    [5, attack({ kind: "silent" })],
    [6, (run) => expect(acceptedOf(run.kernel).length).toBe(1)],
    [7, attack({ kind: "resets", sent: 5, afterMs: 0 })],
    [8, attack({ kind: "sends", text: "nonsense\r\n\r\n" })],
    [5000, count],
  ];
  checkHealth({ events }, () => expect(before[1]).toBe(before[0]));
});

test("I63: with the endpoint open and nobody asking knell waits for ever, and after an answer again", () => {
  const calls: number[] = [];
  const note = (run: InitRun) => void calls.push(run.kernel.calls);
  const events: Event[] = [
    [10, note],
    [60_000, note],
    [60_001, ask("/livez")],
    [60_100, note],
    [900_000, note],
  ];
  checkHealth({ events }, (run) => {
    expect(run.outcome).toEqual({ kind: "idle" });
    expect(calls[1]).toBe(calls[0]);
    expect(calls[2]).toBeGreaterThan(calls[1]!);
    expect(calls[3]).toBe(calls[2]);
    expect(run.kernel.clock.now - run.startedAt).toBe(900_000 * MILLISECOND);
  });
});
