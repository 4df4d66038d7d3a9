import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLD_KILLED, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGSTOP, SIGTERM } from "../system/linux.ts";
import { end, exitStatus, schedule, statusOf } from "./arbitraries.ts";
import { MILLISECOND } from "./fake/clock.ts";
import type { Fork } from "./fake/context.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Process } from "./fake/processes.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { FakeHost } from "./fake-host.ts";
import { knellModule } from "./load.ts";

/** E2: how late after the deadline the wrapper may leave. */
const LATE_MS = 25;
/** E4. */
const FAST_MS = 3;

interface ExecOptions {
  readonly options?: readonly string[];
  readonly forks: readonly Fork[];
  readonly schedule?: readonly number[];
  readonly callNs?: number;
  readonly events?: readonly (readonly [ms: number, event: (kernel: Kernel) => void])[];
}

/** Runs `knell exec` as a runtime does: its parent is outside, and PID 1 waits for nobody. */
function runExec(given: ExecOptions) {
  const kernel = new Kernel(100, 0, [["pause"]]);
  kernel.tree.set("/bin/program", { mode: 0o100_755 });
  kernel.schedule = given.schedule ?? kernel.schedule;
  kernel.callNs = given.callNs ?? 0;
  const args = ["knell", "exec", ...(given.options ?? []), "--", "/bin/program"];
  const host = new FakeHost(kernel, { args, forks: given.forks });
  const outer = kernel.program;
  const startedAt = kernel.clock.now;
  for (const [ms, event] of given.events ?? [])
    kernel.clock.after(ms * MILLISECOND, () => event(kernel));
  const outcome = host.run(knellModule());
  return {
    kernel,
    host,
    outer,
    outcome,
    status: outcome.kind === "exited" ? outcome.status : outcome.kind,
    milliseconds: (kernel.clock.now - startedAt) / MILLISECOND,
    /** Every process there is, zombies included. */
    left: [...kernel.processes.all.keys()],
    /** When knell first sent `signal`, in milliseconds since the start. */
    sentAt: (signal: number) => {
      const sent = host.sent.find((entry) => entry.signal === signal);
      return sent === undefined ? null : (sent.time - startedAt) / MILLISECOND;
    },
  };
}

function checkExec(given: ExecOptions, check: (run: ReturnType<typeof runExec>) => void): void {
  const run = runExec(given);
  run.host.check(() => check(run));
}

const STUBBORN: readonly Step[] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT].map(
  (signal): Step => ["ignore", signal],
);

/** A process that hides from its wrapper in every way there is. */
const descendant: fc.Arbitrary<Step> = fc
  .subarray(["setsid", "setpgid", "ignore", "stop", "daemon", "trace"] as const)
  .map((ways): Step => {
    const steps: Step[] = [];
    if (ways.includes("setsid")) steps.push(["setsid"]);
    if (ways.includes("setpgid") && !ways.includes("setsid")) steps.push(["setpgid"]);
    if (ways.includes("ignore")) steps.push(...STUBBORN);
    if (ways.includes("trace")) steps.push(["traceme"], ["raise", SIGHUP]);
    if (ways.includes("stop")) steps.push(["raise", SIGSTOP]);
    steps.push(["pause"]);
    return [
      "fork",
      ways.includes("daemon")
        ? [
            ["fork", steps],
            ["exit", 0],
          ]
        : steps,
    ];
  });
const descendants = fc.array(descendant, { maxLength: 8 });

function command(...steps: readonly Step[]): Step[] {
  return [["setpgid"], ...steps];
}

describe("exec without guard", () => {
  test("E4, E5: the command ends in time: its status, at once, and nobody is left", () => {
    const ms = fc.integer({ min: 0, max: 800 });
    fc.assert(
      fc.property(descendants, ms, exitStatus, schedule, (tree, endsAt, status, turns) => {
        const steps = command(...tree, ["sleep", endsAt], ["exit", status]);
        checkExec(
          { options: ["--no-guard", "--timeout", "1s"], forks: [steps], schedule: turns },
          (run) => {
            expect(run.status).toBe(status);
            expect(run.milliseconds).toBeLessThanOrEqual(endsAt + FAST_MS);
            expect(run.left).toEqual([1]);
          },
        );
      }),
    );
  });

  test("E2, E5: at the deadline everything is gone, TERM came a grace before, the status is 124", () => {
    const timeout = fc.integer({ min: 20, max: 3000 });
    fc.assert(
      fc.property(descendants, timeout, schedule, (tree, ms, turns) => {
        const steps = command(...STUBBORN, ...tree, ["pause"]);
        checkExec(
          { options: ["--no-guard", "--timeout", `${ms}ms`], forks: [steps], schedule: turns },
          (run) => {
            expect(run.status).toBe(124);
            expect(run.milliseconds).toBeGreaterThanOrEqual(ms);
            expect(run.milliseconds).toBeLessThanOrEqual(ms + LATE_MS);
            expect(run.sentAt(SIGTERM)).toBe(ms - Math.min(100, ms / 4));
            expect(run.left).toEqual([1]);
          },
        );
      }),
    );
  });

  test("E2: a command that ends after TERM within the grace has timed out all the same", () => {
    const steps = command(
      [
        "on",
        SIGTERM,
        [
          ["sleep", 50],
          ["exit", 0],
        ],
      ],
      ["pause"],
    );
    checkExec({ options: ["--no-guard", "--timeout", "1s"], forks: [steps] }, (run) => {
      expect(run.status).toBe(124);
      expect(run.milliseconds).toBeGreaterThanOrEqual(950);
      expect(run.milliseconds).toBeLessThanOrEqual(950 + FAST_MS);
    });
  });

  test("E3: a wrapper frozen past its deadline acts at once when it is thawed", () => {
    const frozenAt = fc.integer({ min: 1, max: 990 });
    const frozenFor = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(descendants, frozenAt, frozenFor, schedule, (tree, atMs, forMs, turns) => {
        const events = [[atMs, (kernel: Kernel) => kernel.freeze(forMs)]] as const;
        const forks = [command(...STUBBORN, ...tree, ["pause"])];
        const options = ["--no-guard", "--timeout", "1s"];
        checkExec({ options, forks, events, schedule: turns }, (run) => {
          expect(run.status).toBe(124);
          expect(run.milliseconds).toBeGreaterThanOrEqual(1000);
          expect(run.milliseconds).toBeLessThanOrEqual(Math.max(1000, atMs + forMs) + LATE_MS);
          expect(run.left).toEqual([1]);
        });
      }),
    );
  });

  test("E5: however the command ends without a deadline, nobody is left", () => {
    fc.assert(
      fc.property(descendants, end, schedule, (tree, last, turns) => {
        checkExec(
          { options: ["--no-guard"], forks: [command(...tree, ...last)], schedule: turns },
          (run) => {
            expect(run.status).toBe(statusOf(last));
            expect(run.milliseconds).toBeLessThanOrEqual(FAST_MS);
            expect(run.left).toEqual([1]);
          },
        );
      }),
    );
  });

  test("E6, E7: a tree that forks while it dies is gone 200 ms after the deadline", () => {
    const everyMs = fc.integer({ min: 1, max: 5 });
    const callNs = fc.integer({ min: 200, max: 3000 });
    fc.assert(
      fc.property(everyMs, callNs, schedule, (ms, each, turns) => {
        const leaf: Step[] = [["setsid"], ...STUBBORN, ["pause"]];
        const grows: Step[] = [
          [
            "repeat",
            2000,
            [
              ["fork", leaf],
              ["sleep", ms],
            ],
          ],
        ];
        const steps = command(
          ...STUBBORN,
          ["fork", [["setsid"], ...grows]],
          [
            "fork",
            [
              ["fork", grows],
              ["exit", 0],
            ],
          ],
          ["pause"],
        );
        const options = ["--no-guard", "--timeout", "200ms"];
        checkExec({ options, forks: [steps], callNs: each, schedule: turns }, (run) => {
          expect(run.status).toBe(124);
          expect(run.milliseconds).toBeLessThanOrEqual(400);
          expect(run.left).toEqual([1]);
        });
      }),
      { numRuns: 40 },
    );
  });

  test("E7: a storm of 200 that replaces whoever is killed is gone 200 ms after the deadline", () => {
    const callNs = fc.integer({ min: 200, max: 2000 });
    fc.assert(
      fc.property(callNs, schedule, (each, turns) => {
        let all: Kernel | null = null;
        const fork = (process: Process) => {
          for (let twin = 0; twin < 2; twin++) {
            if (all !== null && all.processes.all.size < 200) all.spawn(process, storm);
          }
        };
        const storm: Step[] = [
          ["setsid"],
          [
            "repeat",
            Number.POSITIVE_INFINITY,
            [
              ["sleep", 1],
              ["do", fork],
            ],
          ],
        ];
        const meet = (kernel: Kernel) => {
          all = kernel;
        };
        const blows = (kernel: Kernel) => expect(kernel.processes.all.size).toBeGreaterThan(150);
        const options = ["--no-guard", "--timeout", "200ms"];
        const forks = [command(["fork", storm], ["pause"])];
        checkExec(
          {
            options,
            forks,
            callNs: each,
            schedule: turns,
            events: [
              [0, meet],
              [190, blows],
            ],
          },
          (run) => {
            expect(run.status).toBe(124);
            expect(run.milliseconds).toBeLessThanOrEqual(400);
            expect(run.left).toEqual([1]);
          },
        );
      }),
      { numRuns: 20 },
    );
  });

  test("E8: without /proc the tree is found by asking for pids, also where their numbers wrap around", () => {
    const lastPossible = fc.integer({ min: 102, max: 130 });
    fc.assert(
      fc.property(descendants, lastPossible, schedule, (tree, last, turns) => {
        const narrow = (kernel: Kernel) => {
          kernel.hasProc = false;
          kernel.processes.lastPossible = last;
        };
        // A process that ends at once is how the newest pid is found out.
        const ends = Array.from({ length: 50 }, (): Step[] => [["exit", 0]]);
        const forks = [command(...tree, ["sleep", 10], ["exit", 3]), ...ends];
        const options = ["--no-guard", "--timeout", "1s"];
        checkExec({ options, forks, events: [[0, narrow]], schedule: turns }, (run) => {
          expect(run.status).toBe(3);
          expect(run.left).toEqual([1]);
        });
      }),
      { numRuns: 50 },
    );
  });

  test("E10: what may not be killed is named, and the wrapper leaves in time", () => {
    const steps = command(["fork", [["setsid"], ["uid", 7], ["pause"]]], ["pause"]);
    const unprivileged = [
      1,
      (kernel: Kernel) => {
        kernel.program.uid = 1000;
      },
    ] as const;
    checkExec(
      { options: ["--no-guard", "--timeout", "500ms"], forks: [steps], events: [unprivileged] },
      (run) => {
        expect(run.status).toBe(124);
        expect(run.milliseconds).toBeLessThanOrEqual(500 + LATE_MS);
        expect(run.host.stderr).toMatch(/cannot kill process \d+ \(/);
      },
    );
  });

  test("E15: TERM, INT, HUP or QUIT to the wrapper is passed on, a grace later it is over: 128 and the number", () => {
    const signal = fc.constantFrom(SIGTERM, SIGINT, SIGHUP, SIGQUIT);
    fc.assert(
      fc.property(
        descendants,
        signal,
        fc.integer({ min: 5, max: 500 }),
        schedule,
        (tree, number, atMs, turns) => {
          const events = [
            [
              atMs,
              (kernel: Kernel) => {
                kernel.processes.send(kernel.program, sentBy(kernel.processes.outside, number));
              },
            ],
          ] as const;
          const forks = [command(...STUBBORN, ...tree, ["pause"])];
          checkExec(
            { options: ["--no-guard", "--timeout", "10s"], forks, events, schedule: turns },
            (run) => {
              expect(run.status).toBe(128 + number);
              expect(run.sentAt(number)).toBe(atMs);
              expect(run.milliseconds).toBeLessThanOrEqual(atMs + 100 + LATE_MS);
              expect(run.left).toEqual([1]);
            },
          );
        },
      ),
    );
  });
});

describe("exec with its guard", () => {
  test("E16, E17: the outer process is killed: the guard ends the tree within 100 ms", () => {
    // Calls take 0.1 ms, so that the kill also comes between fork and what the guard does to hear of it.
    const atTenths = fc.oneof(fc.nat(50), fc.nat(5000));
    fc.assert(
      fc.property(descendants, atTenths, schedule, (tree, tenths, turns) => {
        let killedAt = 0;
        const killOuter = (kernel: Kernel) => {
          const outer = kernel.processes.find(100)!;
          if (kernel.program === outer)
            kernel.clock.after(MILLISECOND / 10, () => killOuter(kernel));
          else {
            killedAt = kernel.clock.now;
            kernel.processes.exit(outer, CLD_KILLED, SIGKILL);
          }
        };
        const events = [[tenths / 10, killOuter]] as const;
        const forks: Fork[] = ["child", command(...STUBBORN, ...tree, ["pause"])];
        const options = ["--timeout", "10s"];
        checkExec({ options, forks, events, schedule: turns, callNs: MILLISECOND / 10 }, (run) => {
          const guard = run.kernel.program;
          expect(run.outcome.kind).toBe("exited");
          expect(run.kernel.clock.now - killedAt).toBeLessThanOrEqual(100 * MILLISECOND);
          // PID 1 does not wait: the guard itself is what is left of it all.
          expect(run.left).toEqual([1, guard.pid]);
        });
      }),
    );
  });

  test("E18: the guard is killed alone: its tree surfaces at the outer process and is ended, 125", () => {
    fc.assert(
      fc.property(descendants, schedule, (tree, turns) => {
        const guard: Step[] = [
          ["setpgid"],
          ["subreaper"],
          ["fork", command(...STUBBORN, ...tree, ["pause"])],
          ["sleep", 50],
          ["raise", SIGKILL],
        ];
        checkExec({ options: ["--timeout", "10s"], forks: [guard], schedule: turns }, (run) => {
          expect(run.status).toBe(125);
          expect(run.milliseconds).toBeLessThanOrEqual(150);
          expect(run.left).toEqual([1]);
        });
      }),
    );
  });

  test("E2: a guard that never ends does not keep the outer process beyond the deadline", () => {
    const guard: Step[] = [["setpgid"], ...STUBBORN, ["pause"]];
    checkExec({ options: ["--timeout", "500ms"], forks: [guard] }, (run) => {
      expect(run.status).toBe(124);
      expect(run.milliseconds).toBeLessThanOrEqual(500 + LATE_MS);
    });
  });
});
