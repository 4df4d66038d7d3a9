import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CLD_EXITED,
  EPERM,
  SI_QUEUE,
  SIGHUP,
  SIGPIPE,
  SIGRTMIN,
  SIGTERM,
  SIGTTIN,
  SIGTTOU,
} from "../system/linux.ts";
import { exitStatus, FORWARDED, forwardedSignal, schedule, takenOrder } from "./arbitraries.ts";
import { Pipe } from "./fake/files.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Step } from "./fake/script.ts";
import { raisedByKernel, type SignalInfo } from "./fake/signals.ts";
import { checkInit, type InitRun } from "./init-run.ts";

const STRANGER = { pid: 0, uid: 0 };
const END_MS = 500;

/** A main child that survives everything and ends with `status` at 500 ms. */
function mainThatHears(status = 0, signals = FORWARDED): Step[] {
  const handlers = signals.map((signal): Step => ["on", signal, []]);
  return [...handlers, ["sleep", END_MS], ["exit", status]];
}

function info(signal: number, value?: number): SignalInfo {
  const queued = value !== undefined;
  return { signal, code: queued ? SI_QUEUE : 0, ...STRANGER, value: BigInt(value ?? 0) };
}

/** All in one instant, from outside. */
function sendAll(run: InitRun, signals: readonly number[]): void {
  for (const signal of signals) run.kernel.processes.send(run.kernel.program, info(signal));
}

const batches = fc.array(fc.array(forwardedSignal, { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 8,
});

/** Batches of signals, 10 ms apart. */
function eventsOf(drawn: readonly (readonly number[])[]) {
  return drawn.map((batch, i) => [20 + 10 * i, (run: InitRun) => sendAll(run, batch)] as const);
}

describe("forwarding", () => {
  test.each(FORWARDED)(
    "I23, I24: signal %i reaches the main child under its own number",
    (signal) => {
      checkInit(
        { main: mainThatHears(3), events: [[20, (run) => sendAll(run, [signal])]] },
        (run) => {
          expect(run.heard).toEqual([signal]);
          expect(run.status).toBe(3);
        },
      );
    },
  );

  test("I23, I25, I29: what is pending at once is passed on as the kernel gives it, nothing else", () => {
    fc.assert(
      fc.property(batches, schedule, (drawn, turns) => {
        checkInit({ main: mainThatHears(), events: eventsOf(drawn), schedule: turns }, (run) => {
          expect(run.host.sent.map((sent) => sent.signal)).toEqual(drawn.flatMap(takenOrder));
          expect(run.host.sent.every((sent) => sent.target === run.main.pid)).toBe(true);
        });
      }),
    );
  });

  test("I29: a signal sent after the child took the one before arrives after it", () => {
    fc.assert(
      fc.property(fc.array(forwardedSignal, { maxLength: 30 }), (signals) => {
        const events = eventsOf(signals.map((signal) => [signal]));
        checkInit({ main: mainThatHears(), events }, (run) => expect(run.heard).toEqual(signals));
      }),
    );
  });

  test("I25: real-time signals keep their number, order and value", () => {
    const queued = fc.tuple(fc.integer({ min: SIGRTMIN, max: 64 }), fc.integer({ min: 0 }));
    fc.assert(
      fc.property(fc.array(queued, { maxLength: 40 }), (drawn) => {
        const send = (run: InitRun) => {
          for (const [signal, value] of drawn)
            run.kernel.processes.send(run.kernel.program, info(signal, value));
        };
        checkInit({ main: mainThatHears(), events: [[20, send]] }, (run) => {
          const expected = drawn.toSorted((a, b) => a[0] - b[0]);
          const got = run.host.sent.map(({ signal, value }) => [signal, Number(value)]);
          expect(got).toEqual(expected);
        });
      }),
    );
  });

  test("I26: CHLD is never forwarded, TTIN and TTOU only when a process sent them", () => {
    const drawn = fc.array(
      fc.record({ signal: fc.constantFrom(SIGTTIN, SIGTTOU), isKernel: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(drawn, schedule, (signals, turns) => {
        const events = signals.map(
          ({ signal, isKernel }, i) =>
            [
              20 + 10 * i,
              (run: InitRun) => {
                const sent = isKernel ? raisedByKernel(signal) : info(signal);
                run.kernel.processes.send(run.kernel.program, sent);
                run.kernel.processes.send(run.kernel.program, info(17));
              },
            ] as const,
        );
        checkInit({ main: mainThatHears(), events, schedule: turns }, (run) => {
          const expected = signals.filter(({ isKernel }) => !isKernel).map(({ signal }) => signal);
          expect(run.heard).toEqual(expected);
        });
      }),
    );
  });

  test("I27: -g sends to the group, a real-time value is dropped there, the number is not", () => {
    const main: Step[] = [["fork", mainThatHears()], ...mainThatHears()];
    const events = [[20, (run: InitRun) => sendAll(run, [SIGHUP, SIGRTMIN])]] as const;
    checkInit({ main, options: ["-g"], events }, (run) => {
      expect(run.host.sent.map(({ target, signal }) => [target, signal])).toEqual([
        [-run.main.pid, SIGHUP],
        [-run.main.pid, SIGRTMIN],
      ]);
      expect(run.kernel.received.map((received) => received.info.signal).sort()).toEqual(
        [SIGHUP, SIGHUP, SIGRTMIN, SIGRTMIN].sort(),
      );
    });
  });

  test.each([1, 100])(
    "I27: --forward tree as pid %i reaches every descendant, and nobody else",
    (pid) => {
      const kernel = new Kernel(pid, pid === 1 ? 0 : 50);
      const bystander = kernel.spawn(kernel.processes.outside, [["on", SIGHUP, []], ["pause"]]);
      if (pid === 1) kernel.processes.exit(bystander, CLD_EXITED, 0);
      const hears: Step[] = [
        ["on", SIGHUP, []],
        ["sleep", END_MS],
      ];
      const main: Step[] = [
        ["fork", [["setsid"], ...hears]],
        [
          "fork",
          [
            ["fork", [["setsid"], ...hears]],
            ["exit", 0],
          ],
        ],
        ...hears,
      ];
      const events = [[20, (run: InitRun) => sendAll(run, [SIGHUP])]] as const;
      checkInit({ kernel, main, options: ["--forward", "tree"], events }, (run) => {
        const heardBy = run.kernel.received.map((received) => received.process);
        expect(heardBy.length).toBe(3);
        expect(heardBy).not.toContain(bystander);
        if (pid !== 1) expect(run.host.sent.map((sent) => sent.target)).not.toContain(-1);
      });
    },
  );

  test("I28: rewrite maps are applied, 0 drops", () => {
    const maps = fc.uniqueArray(
      fc.tuple(forwardedSignal, fc.oneof(fc.constant(0), forwardedSignal)),
      { selector: ([from]) => from, maxLength: 6 },
    );
    fc.assert(
      fc.property(maps, fc.array(forwardedSignal, { maxLength: 20 }), (rewrites, signals) => {
        const options = rewrites.flatMap(([from, to]) => ["--rewrite", `${from}:${to}`]);
        const events = eventsOf(signals.map((signal) => [signal]));
        checkInit({ main: mainThatHears(), options, events }, (run) => {
          const map = new Map(rewrites);
          expect(run.heard).toEqual(signals.map((s) => map.get(s) ?? s).filter((s) => s > 0));
        });
      }),
    );
  });

  test("I30: EPERM is warned of once per number and survived", () => {
    const signals = [SIGHUP, SIGHUP, SIGTERM, SIGHUP];
    const events = eventsOf(signals.map((signal) => [signal]));
    const faults = [{ call: "kill", error: EPERM }];
    checkInit({ main: mainThatHears(4), events, faults }, (run) => {
      expect(run.status).toBe(4);
      expect(run.host.stderr.trim().split("\n").length).toBe(2);
    });
  });

  test("I31: a reaped pid or group is never signalled by number", () => {
    const options = fc.subarray(["-g", "--drain=1s", "--wait-all"]);
    fc.assert(
      fc.property(batches, schedule, options, exitStatus, (drawn, turns, given, status) => {
        const leftover: Step = ["fork", [["setsid"], ["ignore", SIGTERM], ["sleep", 100]]];
        const main: Step[] = [leftover, ["sleep", 25], ["exit", status]];
        checkInit({ main, options: given, events: eventsOf(drawn), schedule: turns }, (run) => {
          for (const sent of run.host.sent) {
            const reaped = run.host.reaped.slice(0, sent.reapedBefore);
            expect(reaped).not.toContain(Math.abs(sent.target));
          }
        });
      }),
    );
  });

  test("I32: a stop and a continuation of knell itself lose and invent nothing", () => {
    const events = [
      [20, (run: InitRun) => run.kernel.freeze(30)],
      [30, (run: InitRun) => sendAll(run, [SIGHUP])],
    ] as const;
    checkInit({ main: mainThatHears(5), events }, (run) => {
      expect(run.heard).toEqual([SIGHUP]);
      expect(run.host.stderr).toBe("");
      expect(run.status).toBe(5);
    });
  });

  test("I62, I32: a stderr without reader never becomes a PIPE of the child", () => {
    const kernel = new Kernel();
    const pipe = new Pipe();
    const host = { main: mainThatHears(6), options: ["-vvvv"] };
    const events = [
      [20, (run: InitRun) => sendAll(run, [SIGHUP])],
      [40, (run: InitRun) => sendAll(run, [SIGTERM])],
    ] as const;
    checkInit({ kernel, ...host, events, stderr: pipe.writer }, (run) => {
      expect(run.heard).not.toContain(SIGPIPE);
      expect(run.heard).toEqual([SIGHUP, SIGTERM]);
      expect(run.status).toBe(6);
    });
  });
});
