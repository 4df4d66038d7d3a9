import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLD_EXITED, EPERM, SIGTERM, SIGUSR1 } from "../system/linux.ts";
import { daemon, end, exitStatus, fatalSignal, schedule, statusOf } from "./arbitraries.ts";
import { MILLISECOND } from "./fake/clock.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { checkInit, InitRun } from "./init-run.ts";

/** As PID 1, or as pid 100 below a shell, where it is the subreaper. */
const kernels = fc.constantFrom(1, 100);

function kernelFor(pid: number): Kernel {
  return new Kernel(pid, pid === 1 ? 0 : 50, [["pause"]]);
}

describe("reaping", () => {
  test("I33, I34, I39, I43: however orphans and main end, no zombie is left and the status is main's", () => {
    const processes = fc.array(daemon, { maxLength: 12 });
    const mainMs = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(kernels, processes, mainMs, end, schedule, (pid, daemons, ms, last, turns) => {
        const main: Step[] = [...daemons, ["sleep", ms], ...last];
        checkInit({ kernel: kernelFor(pid), main, schedule: turns }, (run) => {
          expect(run.status).toBe(statusOf(last));
          expect(run.kernel.leftZombies).toEqual([]);
          expect(run.host.stderr).toBe("");
        });
      }),
      { numRuns: 300 },
    );
  });

  test("I33, I39: while main runs, an orphan that ended is gone at once and none stands still in a trace", () => {
    fc.assert(
      fc.property(kernels, fc.array(daemon, { maxLength: 12 }), schedule, (pid, daemons, turns) => {
        const late = (run: InitRun) => {
          const { program, processes } = run.kernel;
          const traced = [...processes.all.values()].filter((process) => process.state === "t");
          run.host.check(() => expect(traced).toEqual([]));
          const waiting = program.children.filter((child) => child.state === "Z");
          run.host.check(() => expect(waiting).toEqual([]));
        };
        const main: Step[] = [...daemons, ["reap"], ["sleep", 200]];
        const events = [[150, late]] as const;
        checkInit({ kernel: kernelFor(pid), main, schedule: turns, events }, (run) => {
          expect(run.status).toBe(0);
        });
      }),
    );
  });

  test("I34: one CHLD can stand for many, also for main's", () => {
    fc.assert(
      fc.property(fc.nat(40), exitStatus, schedule, (count, status, turns) => {
        // Everyone ends in the instant 30: main somewhere among the others.
        const orphan: Step = [
          "fork",
          [
            ["fork", [["sleep", 30]]],
            ["exit", 0],
          ],
        ];
        const main: Step[] = [...Array(count).fill(orphan), ["sleep", 30], ["exit", status]];
        checkInit({ main, schedule: turns }, (run) => {
          expect(run.status).toBe(status);
          expect(run.kernel.leftZombies).toEqual([]);
        });
      }),
    );
  });

  test("I36: at most 256 reaps between two looks at signals, and TERM comes through at once", () => {
    let reaps = 0;
    let most = 0;
    const kernel = new Kernel();
    const { processes, clock } = kernel;
    const init = kernel.program;
    // A new dead orphan for each that is reaped: there are always more.
    const makeZombie = () => processes.exit(processes.fork(init), CLD_EXITED, 0);
    let isEndless = true;
    processes.onRelease = () => {
      reaps++;
      most = Math.max(most, reaps);
      if (isEndless) makeZombie();
    };
    clock.after(20 * MILLISECOND, () => {
      for (let i = 0; i < 500; i++) makeZombie();
      processes.send(init, sentBy(processes.outside, SIGTERM));
    });
    const observe = (name: string) => {
      if (name === "rt_sigtimedwait") reaps = 0;
    };
    const stop = (): Step => [
      "do",
      () => {
        isEndless = false;
      },
    ];
    const main: Step[] = [["on", SIGTERM, [stop(), ["exit", 9]]], ["pause"]];
    const run = new InitRun({ kernel, main, observe, callLimit: 20_000 });
    run.host.check(() => {
      expect(run.status).toBe(9);
      expect(most).toBeLessThanOrEqual(256);
      expect(run.milliseconds).toBeLessThanOrEqual(70);
      expect(run.kernel.leftZombies).toEqual([]);
    });
  });

  test("I37: children from before execve are reaped and not taken for the main child", () => {
    fc.assert(
      fc.property(end, fc.nat(40), exitStatus, schedule, (last, ms, status, turns) => {
        const kernel = new Kernel();
        kernel.spawn(kernel.program, [["sleep", ms], ...last]);
        const main: Step[] = [
          ["sleep", 20],
          ["exit", status],
        ];
        checkInit({ kernel, main, schedule: turns }, (run) => expect(run.status).toBe(status));
      }),
    );
  });

  test("I38: -w names each reaped process but main, without it nothing is said", () => {
    const main: Step[] = [
      [
        "fork",
        [
          [
            "fork",
            [
              ["sleep", 10],
              ["exit", 3],
            ],
          ],
          ["exit", 0],
        ],
      ],
      ["reap"],
      ["sleep", 50],
    ];
    checkInit({ main, options: ["-w"] }, (run) => {
      expect(run.host.stderr.trim().split("\n").length).toBe(1);
      expect(run.host.stderr).toContain("knell");
    });
    checkInit({ main }, (run) => expect(run.host.stderr).toBe(""));
  });

  test("I63: where every look is slow, knell still waits for ever when nobody ends", () => {
    const kernel = new Kernel();
    kernel.callNs = MILLISECOND;
    const main: Step[] = [["fork", [["exit", 0]]], ["reap"], ["pause"]];
    const events = [[50, (run: InitRun) => run.kernel.spawn(run.kernel.program, [])]] as const;
    checkInit({ kernel, main, events, callLimit: 1000 }, (run) => {
      expect(run.outcome).toEqual({ kind: "idle" });
      expect(run.host.reaped.length).toBe(1);
    });
  });

  test("I39: a traced child that may not be detached does not make knell spin", () => {
    const main: Step[] = [["traceme"], ["raise", SIGUSR1], ["exit", 0]];
    const faults = [{ call: "ptrace_detach", error: EPERM }];
    checkInit({ main, faults }, (run) => expect(run.outcome.kind).toBe("idle"));
  });

  test("I43: an end by any signal gives 128 and its number", () => {
    fc.assert(
      fc.property(fatalSignal, fc.boolean(), (signal, dumps) => {
        const main: Step[] = [[dumps ? "dump" : "raise", signal]];
        checkInit({ main }, (run) => expect(run.status).toBe(128 + signal));
      }),
    );
  });
});
