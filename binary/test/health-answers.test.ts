import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schedule } from "./arbitraries.ts";
import { MILLISECOND } from "./fake/clock.ts";
import type { Client, Connection } from "./fake/network.ts";
import {
  ADDRESS,
  answerOf,
  ask,
  checkHealth,
  DOWN,
  type HealthRun,
  type Path,
  PONG,
  requestFor,
  SLICE_MS,
  TIMEOUT_MS,
} from "./health-run.ts";
import type { InitRun } from "./init-run.ts";

/** knell listens by then, however slow its calls are. */
const STARTED_MS = 20;

/** Redis is up in the even spans, and says which it is in the odd ones. */
interface Span {
  readonly untilMs: number;
  readonly text: string;
}

const spans: fc.Arbitrary<readonly Span[]> = fc
  .array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })
  .map((lengths) => {
    let ms = STARTED_MS;
    const made = lengths.map((length, index): Span => {
      ms += length;
      return { untilMs: ms, text: index % 2 === 0 ? PONG : `-${DOWN[index]} by script\r\n` };
    });
    return [...made, { untilMs: Number.POSITIVE_INFINITY, text: `-${DOWN[13]} by script\r\n` }];
  });

function textAt(states: readonly Span[]): (ms: number) => string {
  return (ms) => states.find(({ untilMs }) => ms < untilMs)!.text;
}

/** What Redis said at any time from `fromMs` to `toMs`. */
function textsBetween(states: readonly Span[], fromMs: number, toMs: number): string[] {
  return states
    .filter(({ untilMs }, index) => untilMs > fromMs && (states[index - 1]?.untilMs ?? 0) <= toMs)
    .map(({ text }) => text);
}

/** A request that arrives in pieces. */
interface Visit {
  readonly atMs: number;
  readonly path: Path;
  readonly waitMs: number;
  readonly pieces: readonly number[];
  readonly gapMs: number;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  atMs: fc.integer({ min: STARTED_MS, max: 150 }),
  path: fc.constantFrom<Path>("/livez", "/readyz", "/healthz"),
  /** From the connection to the first byte. */
  waitMs: fc.integer({ min: 0, max: 3 }),
  pieces: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
  gapMs: fc.integer({ min: 0, max: 3 }),
});

function pay({ path, waitMs, pieces, gapMs }: Visit): (run: InitRun) => void {
  return (run) => {
    const client = run.kernel.network.dial(ADDRESS);
    let rest = requestFor(path);
    let ms = waitMs;
    for (const piece of pieces) {
      if (piece >= rest.length) break;
      client.send(rest.slice(0, piece), ms);
      rest = rest.slice(piece);
      ms += gapMs;
    }
    client.send(rest, ms);
  };
}

/** knell itself is frozen, by the cgroup's freezer or for want of a CPU. */
const freezes = fc
  .array(
    fc.tuple(fc.integer({ min: STARTED_MS * 1000, max: 200_000 }), fc.integer({ min: 1, max: 60 })),
    {
      maxLength: 4,
    },
  )
  .map((all) => all.map(([us, ms]) => [us / 1000, ms] as const));

function freeze(ms: number): (run: InitRun) => void {
  return (run) => run.kernel.freeze(ms);
}

const callNs = fc.constantFrom(0, 1000, MILLISECOND / 2);
const latencies = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });

/** The answer is one of those that Redis gave between the request's first byte and the answer. */
function expectFresh(run: HealthRun, client: Client, states: readonly Span[]): void {
  const { status, body } = answerOf(client);
  const texts = textsBetween(states, run.at(client.sentAt), run.at(client.received[0]!.time));
  const seen = texts.map((text) => /PONG|DOWN\d+/.exec(text)?.[0]);
  expect(seen).toContain(/PONG|DOWN\d+/.exec(body)?.[0]);
  expect(status).toBe(body.startsWith("pass: ") ? 200 : 503);
}

describe("one answer each", () => {
  test("N2: every request gets one whole answer, never with a state from before its first byte", () => {
    fc.assert(
      fc.property(
        spans,
        fc.array(visit, { minLength: 1, maxLength: 10 }),
        latencies,
        freezes,
        callNs,
        schedule,
        (states, visits, delays, pauses, perCall, turns) => {
          const script = {
            replyAt: textAt(states),
            latencyMs: (index: number) => delays[index % delays.length]!,
          };
          const events = [
            ...visits.map((made) => [made.atMs, pay(made)] as const),
            ...pauses.map(([ms, forMs]) => [ms, freeze(forMs)] as const),
          ];
          checkHealth(
            { live: script, ready: script, events, callNs: perCall, schedule: turns },
            (run) => {
              expect(run.outcome).toEqual({ kind: "idle" });
              for (const client of run.clients) expectFresh(run, client, states);
              expect(run.live.mostAtOnce).toBeLessThanOrEqual(1);
              expect(run.ready.mostAtOnce).toBeLessThanOrEqual(1);
              run.expectClean();
            },
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  test("N2: requests of one instant share one exchange, later ones have their own", () => {
    const count = fc.integer({ min: 1, max: 16 });
    fc.assert(
      fc.property(count, count, fc.integer({ min: 0, max: 30 }), (first, second, latencyMs) => {
        const events = [
          ...Array.from({ length: first }, () => [2, ask("/livez")] as const),
          ...Array.from({ length: second }, () => [100, ask("/livez")] as const),
        ];
        checkHealth({ live: { latencyMs: () => latencyMs }, events }, (run) => {
          expect(run.clients.map((client) => answerOf(client).status)).toEqual(
            Array(first + second).fill(200),
          );
          expect(run.live.asked).toEqual([2, 100]);
          expect(run.live.connections).toBe(1);
          for (const client of run.clients) expect(run.tookMs(client)).toBe(latencyMs);
        });
      }),
    );
  });

  test("N2: who asks during an exchange shares it, and knell asks the kinds side by side", () => {
    const events = [
      [2, ask("/livez")],
      [10, ask("/readyz")],
      [12, ask("/livez")],
      [20, ask("/readyz")],
    ] as const;
    const slow = { latencyMs: () => 20 };
    checkHealth({ live: slow, ready: slow, events }, (run) => {
      expect(run.clients.map((client) => run.at(client.received[0]!.time))).toEqual([
        22, 30, 22, 30,
      ]);
      expect(run.live.asked).toEqual([2]);
      expect(run.ready.asked).toEqual([10]);
    });
  });
});

describe("a Redis that does not answer", () => {
  test("N2: frozen: 503 in time, each time, and 200 as soon as it is thawed", () => {
    const path = fc.constantFrom<Path>("/livez", "/readyz");
    const times = fc.uniqueArray(fc.integer({ min: 1000, max: 6000 }), { maxLength: 8 });
    const thaw = fc.integer({ min: 1000, max: 6000 });
    fc.assert(
      fc.property(path, times, thaw, schedule, (asked, atMs, thawMs, turns) => {
        const script = { replyAt: (ms: number) => (ms >= 500 && ms < thawMs ? null : PONG) };
        const events = [2, ...atMs, 8000].map((ms) => [ms, ask(asked)] as const);
        checkHealth({ live: script, ready: script, events, schedule: turns }, (run) => {
          expect(run.outcome).toEqual({ kind: "idle" });
          for (const client of run.clients) {
            const { status, body } = answerOf(client);
            const askedAt = run.at(client.dialledAt);
            expect(run.tookMs(client)).toBeLessThanOrEqual(TIMEOUT_MS + SLICE_MS);
            if (askedAt < 500 || askedAt >= thawMs + TIMEOUT_MS) expect(status).toBe(200);
            if (status === 200) continue;
            expect(body).toContain("fail: PING 127.0.0.1:63");
            // Whoever asked before the thaw may share an exchange that had begun before.
            expect(askedAt - TIMEOUT_MS).toBeLessThan(thawMs);
          }
          run.expectClean();
        });
      }),
    );
  });

  test("N2: after a thaw the next request of a new exchange passes over a new connection", () => {
    const replyAt = (ms: number) => (ms >= 500 && ms < 3000 ? null : PONG);
    const events = [2, 1000, 3000].map((ms) => [ms, ask("/livez")] as const);
    checkHealth({ live: { replyAt }, events }, (run) => {
      expect(run.clients.map((client) => answerOf(client).status)).toEqual([200, 503, 200]);
      expect(run.clients.map((client) => run.tookMs(client))).toEqual([0, TIMEOUT_MS, 0]);
      expect(run.live.connections).toBe(2);
    });
  });

  test.each([
    ["refuses", 111],
    ["does not answer the SYN", "silent"],
  ] as const)("N2: a Redis that %s: 503 in time", (_how, connect) => {
    const events = [2, 2000].map((ms) => [ms, ask("/readyz")] as const);
    checkHealth({ ready: { connect }, events }, (run) => {
      for (const client of run.clients) {
        expect(answerOf(client).status).toBe(503);
        expect(run.tookMs(client)).toBeLessThanOrEqual(connect === "silent" ? TIMEOUT_MS : 0);
      }
      run.expectClean();
    });
  });
});

describe("a kept connection", () => {
  const spoil = fc.constantFrom("nothing", "close", "reset", "end", "stray", "half", "garbage");

  test("N2: closed, reset or with stray bytes on it: another one, a right answer, never a stale one", () => {
    const delays = fc.integer({ min: 0, max: 50 });
    const visits = fc.array(fc.integer({ min: 100, max: 2000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(spoil, delays, visits, schedule, (how, delayMs, atMs, turns) => {
        const events = [2, ...atMs].map((ms) => [ms, ask("/livez")] as const);
        let isDown = false;
        const live = {
          // A stray reply would pass for this one.
          replyAt: () => (isDown ? `-${DOWN[0]}\r\n` : PONG),
          afterReply: (connection: Connection, index: number) => {
            if (index > 0) return;
            isDown = true;
            if (how === "close") connection.close(delayMs);
            else if (how === "reset") connection.reset(delayMs);
            else if (how === "end") connection.end(delayMs);
            else if (how === "stray") connection.send(PONG, delayMs);
            else if (how === "half") connection.send("+PO", delayMs);
            else if (how === "garbage") connection.send("\r\n", delayMs);
          },
        };
        checkHealth({ live, events, schedule: turns }, (run) => {
          expect(run.outcome).toEqual({ kind: "idle" });
          const answers = run.clients.map(answerOf);
          expect(answers[0]?.status).toBe(200);
          for (const { status, body } of answers.slice(1)) {
            expect(status).toBe(503);
            expect(body).toContain(`: ${DOWN[0]} in `);
          }
          expect(run.live.asked.length).toBe(new Set([2, ...atMs]).size);
          run.expectClean();
        });
      }),
    );
  });

  test("N2: a connection that breaks while the PING is on its way is replaced within the request", () => {
    const how = fc.constantFrom("close", "reset");
    fc.assert(
      fc.property(how, fc.integer({ min: 0, max: 20 }), schedule, (way, latencyMs, turns) => {
        const live = {
          latencyMs: (index: number) => (index === 1 ? latencyMs : 0),
          replyAt: () => PONG,
          afterReply: () => {},
        };
        const events = [
          [2, ask("/livez")],
          [50, ask("/livez")],
        ] as const;
        const breaking = (run: InitRun) => {
          const peer = run.kernel.network.peers.get("127.0.0.1:6379")!;
          const { onData } = peer;
          let isBroken = false;
          peer.onData = (bytes, connection) => {
            if (isBroken) onData!.call(peer, bytes, connection);
            else if (way === "close") connection.close(latencyMs);
            else connection.reset(latencyMs);
            isBroken = true;
          };
        };
        checkHealth({ live, events: [...events, [40, breaking]], schedule: turns }, (run) => {
          expect(run.clients.map((client) => answerOf(client).status)).toEqual([200, 200]);
          expect(run.live.connections).toBe(2);
        });
      }),
    );
  });
});
