import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SIGCONT, SIGINT, SIGKILL, SIGQUIT, SIGSTOP, SIGTERM } from "../system/linux.ts";
import { exitStatus, schedule } from "./arbitraries.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { checkInit, type InitRun } from "./init-run.ts";

const DRAIN_MS = 5000;
const MAIN_MS = 10;

/** How a leftover process takes TERM: after how many milliseconds it ends, null for never. */
interface Leftover {
  readonly steps: readonly Step[];
  readonly endsAfterMs: number | null;
}

const leftover: fc.Arbitrary<Leftover> = fc.oneof(
  fc.constant({ steps: [["pause"]] as const, endsAfterMs: 0 }),
  fc.constant({ steps: [["ignore", SIGTERM], ["pause"]] as const, endsAfterMs: null }),
  fc.integer({ min: 0, max: DRAIN_MS - 1 }).map((ms) => ({
    steps: [
      [
        "on",
        SIGTERM,
        [
          ["sleep", ms],
          ["exit", 0],
        ],
      ],
      ["pause"],
    ] as Step[],
    endsAfterMs: ms,
  })),
  // Stopped: CONT lets it hear the TERM.
  fc.integer({ min: 0, max: 1000 }).map((ms) => ({
    steps: [
      [
        "on",
        SIGTERM,
        [
          ["sleep", ms],
          ["exit", 0],
        ],
      ],
      ["raise", SIGSTOP],
      ["pause"],
    ] as Step[],
    endsAfterMs: ms,
  })),
);

const leftovers = fc.array(leftover, { maxLength: 6 });

/** A main child that leaves these behind, each in its own session, and ends after 10 ms. */
function mainLeaving(processes: readonly Leftover[], status: number): Step[] {
  const forks = processes.map(({ steps }): Step => ["fork", [["setsid"], ...steps]]);
  return [...forks, ["sleep", MAIN_MS], ["exit", status]];
}

function send(run: InitRun, signal: number): void {
  run.kernel.processes.send(run.kernel.program, sentBy(run.kernel.processes.outside, signal));
}

/** As PID 1; or as pid 100 below a shell, next to a process that hears everything. */
function kernelFor(pid: number): Kernel {
  const kernel = new Kernel(pid, pid === 1 ? 0 : 50, [["serve"]]);
  if (pid !== 1)
    kernel.spawn(kernel.processes.init, [["on", SIGTERM, []], ["on", SIGCONT, []], ["pause"]]);
  return kernel;
}

describe("drain", () => {
  test("I46, I47: TERM then CONT to everyone left, out when the last is gone, KILL at the deadline", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 100),
        leftovers,
        exitStatus,
        schedule,
        (pid, processes, status, turns) => {
          const kernel = kernelFor(pid);
          const main = mainLeaving(processes, status);
          checkInit({ kernel, main, options: ["--drain=5s"], schedule: turns }, (run) => {
            expect(run.status).toBe(status);
            const ends = processes.map(({ endsAfterMs }) => endsAfterMs ?? DRAIN_MS);
            const longest = Math.max(0, ...ends);
            expect(run.milliseconds).toBeGreaterThanOrEqual(MAIN_MS + longest);
            expect(run.milliseconds).toBeLessThanOrEqual(MAIN_MS + longest + 25);
            expect(aliveBelow(run, pid)).toEqual([]);
            expect(run.kernel.leftZombies).toEqual([]);
            expect(
              run.kernel.received.filter(
                ({ process }) => process.parent === kernel.processes.init && pid !== 1,
              ),
            ).toEqual([]);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  test("I46: TERM comes before CONT, once each while nothing changes", () => {
    const main = mainLeaving([{ steps: [["ignore", SIGTERM], ["pause"]], endsAfterMs: null }], 0);
    checkInit({ main, options: ["--drain=5s"] }, (run) => {
      const signals = run.host.sent.map(({ signal }) => signal);
      expect(signals.slice(0, 2)).toEqual([SIGTERM, SIGCONT]);
      expect(new Set(signals.slice(2))).toEqual(new Set([SIGKILL]));
    });
  });

  test("I46: what KILL does not end within a second is left behind", () => {
    // Nobody in the fake survives KILL: the kill of it is refused, as after a change of uid.
    const main = mainLeaving(
      [{ steps: [["uid", 7], ["ignore", SIGTERM], ["pause"]], endsAfterMs: null }],
      4,
    );
    const kernel = new Kernel();
    kernel.program.uid = 1000;
    checkInit({ kernel, main, options: ["--drain=1s"] }, (run) => {
      expect(run.status).toBe(4);
      expect(run.milliseconds).toBeLessThanOrEqual(MAIN_MS + 1000 + 1000 + 25);
    });
  });

  test.each([SIGTERM, SIGINT, SIGQUIT])(
    "I48: signal %i during the drain skips to KILL",
    (signal) => {
      const main = mainLeaving([{ steps: [["ignore", SIGTERM], ["pause"]], endsAfterMs: null }], 4);
      const events = [[500, (run: InitRun) => send(run, signal)]] as const;
      checkInit({ main, options: ["--drain=5s"], events }, (run) => {
        expect(run.status).toBe(4);
        expect(run.milliseconds).toBeGreaterThanOrEqual(500);
        expect(run.milliseconds).toBeLessThanOrEqual(525);
      });
    },
  );

  test("I48: TERM while main runs goes to main only", () => {
    const other: Step[] = [["on", SIGTERM, []], ["pause"]];
    const main: Step[] = [
      [
        "on",
        SIGTERM,
        [
          ["sleep", 100],
          ["exit", 3],
        ],
      ],
      ["fork", [["setsid"], ...other]],
      ["pause"],
    ];
    const events = [[20, (run: InitRun) => send(run, SIGTERM)]] as const;
    checkInit({ main, options: ["--drain=1s"], events }, (run) => {
      const [first, second] = run.kernel.received;
      expect(first?.process).toBe(run.main);
      expect(run.at(second!.time)).toBeGreaterThanOrEqual(120);
      expect(run.status).toBe(3);
    });
  });

  test("I45: without --drain knell is gone in the instant main is", () => {
    fc.assert(
      fc.property(leftovers, exitStatus, schedule, (processes, status, turns) => {
        const main = mainLeaving(processes, status);
        checkInit({ main, schedule: turns }, (run) => {
          expect(run.status).toBe(status);
          expect(run.milliseconds).toBe(MAIN_MS);
          expect(run.host.sent).toEqual([]);
        });
      }),
    );
  });
});

describe("stop-timeout and wait-all", () => {
  test("I49: --stop-timeout after a TERM, INT or QUIT kills main's tree, 137", () => {
    const stop = fc.constantFrom(SIGTERM, SIGINT, SIGQUIT);
    const timeoutMs = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(stop, timeoutMs, fc.nat(100), schedule, (signal, ms, atMs, turns) => {
        const deaf: Step[] = [
          ["ignore", SIGTERM],
          ["ignore", SIGINT],
          ["ignore", SIGQUIT],
        ];
        const main: Step[] = [...deaf, ["fork", [["setsid"], ...deaf, ["pause"]]], ["pause"]];
        const events = [[20 + atMs, (run: InitRun) => send(run, signal)]] as const;
        checkInit(
          { main, options: ["--stop-timeout", `${ms}ms`], events, schedule: turns },
          (run) => {
            expect(run.status).toBe(137);
            expect(run.milliseconds).toBeGreaterThanOrEqual(20 + atMs + ms);
            expect(run.milliseconds).toBeLessThanOrEqual(20 + atMs + ms + 25);
          },
        );
      }),
    );
  });

  test("I49: another TERM does not put the deadline off", () => {
    const events = [20, 500, 900].map((ms) => [ms, (run: InitRun) => send(run, SIGTERM)] as const);
    checkInit(
      { main: [["ignore", SIGTERM], ["pause"]], options: ["--stop-timeout", "1s"], events },
      (run) => {
        expect(run.status).toBe(137);
        expect(run.milliseconds).toBeLessThanOrEqual(1045);
      },
    );
  });

  test("I49: --stop-timeout ends a tree that forks while it dies, also where kill(-1) is not allowed", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 100),
        fc.integer({ min: 1, max: 7 }),
        schedule,
        (pid, everyMs, turns) => {
          const leaf: Step[] = [["setsid"], ["ignore", SIGTERM], ["pause"]];
          const grows: Step[] = [
            [
              "repeat",
              60,
              [
                ["fork", leaf],
                ["sleep", everyMs],
              ],
            ],
            ["pause"],
          ];
          const main: Step[] = [
            ["ignore", SIGTERM],
            ["fork", [["setsid"], ...grows]],
            [
              "fork",
              [
                ["fork", grows],
                ["exit", 0],
              ],
            ],
            [
              "repeat",
              60,
              [
                ["fork", leaf],
                ["sleep", everyMs],
              ],
            ],
            ["pause"],
          ];
          const kernel = kernelFor(pid);
          // A look at the tree takes time, in which it grows.
          kernel.callNs = 3000;
          const events = [[20, (run: InitRun) => send(run, SIGTERM)]] as const;
          checkInit(
            { kernel, main, options: ["--stop-timeout", "100ms"], events, schedule: turns },
            (run) => {
              expect(run.status).toBe(137);
              expect(run.milliseconds).toBeLessThanOrEqual(20 + 100 + 200);
              if (pid !== 1) expect(aliveBelow(run, pid)).toEqual([]);
            },
          );
        },
      ),
    );
  });

  test("I49: main that ends in time keeps its own status, and nobody is killed", () => {
    const main: Step[] = [
      [
        "on",
        SIGTERM,
        [
          ["sleep", 900],
          ["exit", 8],
        ],
      ],
      ["pause"],
    ];
    const events = [[20, (run: InitRun) => send(run, SIGTERM)]] as const;
    checkInit({ main, options: ["--stop-timeout", "1s"], events }, (run) => {
      expect(run.status).toBe(8);
      expect(run.milliseconds).toBe(920);
      expect(run.host.sent.map(({ signal }) => signal)).toEqual([SIGTERM]);
    });
  });

  test("I49: --wait-all ends with the last child and main's status", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(2000), { maxLength: 8 }),
        exitStatus,
        schedule,
        (lives, status, turns) => {
          const forks = lives.map((ms): Step => ["fork", [["setsid"], ["sleep", ms]]]);
          const main: Step[] = [...forks, ["sleep", MAIN_MS], ["exit", status]];
          checkInit({ main, options: ["--wait-all"], schedule: turns }, (run) => {
            expect(run.status).toBe(status);
            expect(run.milliseconds).toBe(Math.max(MAIN_MS, ...lives));
          });
        },
      ),
    );
  });

  test("I49: --wait-all passes signals on to all who are left", () => {
    const hears: Step[] = [["on", SIGINT, [["exit", 0]]], ["pause"]];
    const main: Step[] = [
      ["fork", [["setsid"], ...hears]],
      ["fork", [["setsid"], ...hears]],
      ["sleep", MAIN_MS],
      ["exit", 5],
    ];
    const events = [[100, (run: InitRun) => send(run, SIGINT)]] as const;
    checkInit({ main, options: ["--wait-all"], events }, (run) => {
      expect(run.status).toBe(5);
      expect(run.milliseconds).toBe(100);
      expect(run.kernel.received.length).toBe(2);
    });
  });
});

/** Who of knell's tree is alive as it leaves. */
function aliveBelow(run: InitRun, pid: number): number[] {
  const others = new Set([1, 50, 101]);
  return run.kernel.leftAlive
    .map((process) => process.pid)
    .filter((alive) => pid === 1 || !others.has(alive));
}
