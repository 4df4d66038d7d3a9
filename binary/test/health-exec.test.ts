import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLD_EXITED, EAGAIN, EMFILE, SIGCONT, SIGKILL, SIGTERM } from "../system/linux.ts";
import { daemon, end, exitStatus, schedule, statusOf } from "./arbitraries.ts";
import { MILLISECOND } from "./fake/clock.ts";
import type { Fork } from "./fake/context.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { Socket } from "./fake/sockets.ts";
import {
  ADDRESS,
  answerOf,
  ask,
  checkHealth,
  type HealthRun,
  requestFor,
  TIMEOUT_MS,
} from "./health-run.ts";
import type { InitRun } from "./init-run.ts";

type Event = readonly [ms: number, event: (run: InitRun) => void];

const PROBES = ["--startup", "exec --timeout 900ms -- /bin/check 'a b'"];
/** How much later than its deadline a child is given up. */
const MARGIN_MS = 200;

/** A child of the probe with its output in the pipe that it was given, then `steps` behind its execve. */
function check(...steps: readonly Step[]): Step[] {
  const takeOutput: Step = [
    "do",
    ({ files }) => {
      const pipe = files!.numbers.find((fd) => files!.get(fd)?.name === "pipe (write end)");
      for (const fd of [1, 2]) files!.set(fd, files!.get(pipe!)!, false);
    },
  ];
  return [["setpgid"], takeOutput, ["exec"], ...steps];
}

function bodies(run: HealthRun): string[] {
  return run.clients.map((client) => answerOf(client).body);
}

describe("a command as a probe", () => {
  test.each([
    ["exit status 0", [["exit", 0]], 200, 'pass: exec "/bin/check": exit status 0'],
    ["exit status 1", [["exit", 1]], 503, 'fail: exec "/bin/check": exit status 1'],
    ["exit status 255", [["exit", 255]], 503, 'fail: exec "/bin/check": exit status 255'],
    ["the deadline's 124", [["exit", 124]], 503, 'fail: exec "/bin/check": not done in time'],
    ["a signal", [["raise", 11]], 503, 'fail: exec "/bin/check": exit status 139'],
    [
      "output",
      [
        ["write", 1, "fine\nvery\n"],
        ["exit", 0],
      ],
      200,
      'exit status 0: "fine"',
    ],
    [
      "a last word without a newline",
      [
        ["write", 2, "no"],
        ["exit", 1],
      ],
      503,
      'status 1: "no"',
    ],
  ] as const)("N2: %s decides", (_what, steps, status, text) => {
    checkHealth(
      { probes: PROBES, forks: [check(...steps)], events: [[2, ask("/startupz")]] },
      (run) => {
        expect(answerOf(run.clients[0]!).status).toBe(status);
        expect(bodies(run)[0]).toContain(text);
        expect(run.host.reaped).toEqual([run.host.forked[1]!.pid]);
        run.expectClean();
      },
    );
  });

  test("N2: more output than a pipe holds does not keep the child from ending", () => {
    const chatty = check(["repeat", 100, [["write", 1, "x".repeat(4096)]]], ["exit", 0]);
    checkHealth({ probes: PROBES, forks: [chatty], events: [[2, ask("/startupz")]] }, (run) => {
      expect(answerOf(run.clients[0]!).status).toBe(200);
      run.expectClean();
    });
  });

  test("N2: the output is a pipe like any other: a write waits for room", () => {
    const isNonBlocking: (boolean | undefined)[] = [];
    const look: Step = ["do", ({ files }) => isNonBlocking.push(files!.get(1)?.isNonBlocking)];
    const forks = [check(look, ["exit", 0])];
    checkHealth({ probes: PROBES, forks, events: [[2, ask("/startupz")]] }, () => {
      expect(isNonBlocking).toEqual([false]);
    });
  });

  test("N2: a descendant that holds the output open does not hold up the answer", () => {
    const left: Step[] = [["setsid"], ["sleep", 5000]];
    const forks = [check(["fork", left], ["exit", 0])];
    checkHealth({ probes: PROBES, forks, events: [[2, ask("/startupz")]] }, (run) => {
      expect(answerOf(run.clients[0]!).status).toBe(200);
      expect(run.tookMs(run.clients[0]!)).toBe(0);
      run.expectClean();
    });
  });

  test.each([
    ["fork", EAGAIN, "cannot fork: "],
    ["pipe2", EMFILE, "cannot make a pipe: "],
  ])("N3: %s fails: 503, and the next one works", (call, error, text) => {
    // The first fork is main's.
    const faults = [{ call, error, after: call === "fork" ? 1 : 0, times: 1 }];
    const events = [2, 10].map((ms) => [ms, ask("/startupz")] as const);
    checkHealth({ probes: PROBES, forks: [check(["exit", 0])], faults, events }, (run) => {
      expect(run.clients.map((client) => answerOf(client).status)).toEqual([503, 200]);
      expect(bodies(run)[0]).toContain(text);
      run.expectClean();
    });
  });

  test("N2, N3: a child that is late is given up 200 ms after its deadline, told to end its command, and reaped", () => {
    const late = check(["on", SIGTERM, [["exit", 143]]], ["pause"]);
    const forks = [late, check(["exit", 0])];
    const events = [2, 500, 3000].map((ms) => [ms, ask("/startupz")] as const);
    checkHealth({ probes: PROBES, forks, events }, (run) => {
      expect(run.clients.map((client) => answerOf(client).status)).toEqual([503, 503, 200]);
      expect(bodies(run)[0]).toContain("it does not end");
      for (const client of run.clients.slice(0, 2))
        expect(run.at(client.received[0]!.time)).toBe(2 + TIMEOUT_MS + MARGIN_MS);
      const [, first] = run.host.forked;
      expect(run.host.sent.map(({ target, signal }) => [target, signal])).toEqual([
        [first!.pid, SIGTERM],
        [first!.pid, SIGCONT],
      ]);
      expect(run.host.reaped).toContain(first!.pid);
      expect(run.kernel.leftZombies).toEqual([]);
      run.expectClean();
    });
  });

  test("N2: an end that was there before a request is not its answer", () => {
    const STARTED_MS = 20;
    const times = fc.array(fc.integer({ min: STARTED_MS, max: 120 }), {
      minLength: 1,
      maxLength: 8,
    });
    const changes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    const lives = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 });
    const callNs = fc.constantFrom(0, 1000, MILLISECOND / 2);
    fc.assert(
      fc.property(
        times,
        changes,
        lives,
        callNs,
        schedule,
        (atMs, lengths, livesMs, perCall, turns) => {
          /** Where the status changes; it is the number of changes before. */
          let sum = STARTED_MS;
          const borders = lengths.map((length) => (sum += length));
          const statusAt = (ms: number) => borders.filter((border) => border <= ms).length;
          let startedAt = 0;
          const forks = Array.from(
            { length: atMs.length + 1 },
            (_, index): Fork => [
              ["sleep", livesMs[index % livesMs.length]!],
              [
                "do",
                (process) => {
                  const { kernel } = running!;
                  const ms = (kernel.clock.now - startedAt) / MILLISECOND;
                  kernel.processes.exit(process, CLD_EXITED, statusAt(ms));
                },
              ],
            ],
          );
          let running: InitRun | null = null;
          const remember = (run: InitRun) => {
            running = run;
            startedAt = run.startedAt;
          };
          const events: Event[] = [
            [0, remember],
            ...atMs.map((ms): Event => [ms, ask("/startupz")]),
          ];
          checkHealth(
            { probes: PROBES, forks, events, callNs: perCall, schedule: turns },
            (run) => {
              expect(run.outcome).toEqual({ kind: "idle" });
              for (const client of run.clients) {
                const { body } = answerOf(client);
                const status = Number(/exit status (\d+)/.exec(body)?.[1]);
                expect(status).toBeGreaterThanOrEqual(statusAt(run.at(client.sentAt)));
                expect(status).toBeLessThanOrEqual(statusAt(run.at(client.received[0]!.time)));
              }
              run.expectClean();
            },
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("N2: a child that ends between the connection and its first byte gives it no answer", () => {
    const forks: Fork[] = [check(["pause"]), check(["exit", 0])];
    let run: InitRun | null = null;
    let accepted = 0;
    const remember = (given: InitRun) => {
      run = given;
    };
    const observe = (name: string, result: unknown) => {
      if (run === null || name !== "accept4" || Number(result) < 0 || ++accepted < 2) return;
      run.kernel.processes.exit(run.host.forked[1]!, CLD_EXITED, 1);
      run.kernel.network.clients[1]!.send(requestFor("/startupz"));
    };
    const events: Event[] = [
      [2, ask("/startupz")],
      [1, remember],
      [10, (given) => void given.kernel.network.dial(ADDRESS)],
    ];
    checkHealth({ probes: PROBES, forks, events, observe }, (done) => {
      expect(bodies(done)[0]).toContain("exit status 1");
      expect(bodies(done)[1]).toContain("exit status 0");
    });
  });

  test("N2, I33, I43: main's status and the probe's are each their own, in whatever order all die", () => {
    const probe = fc.record({ ms: fc.integer({ min: 0, max: 60 }), end });
    const probes = fc.array(probe, { minLength: 1, maxLength: 6 });
    const requests = fc.array(fc.integer({ min: 2, max: 200 }), { minLength: 1, maxLength: 8 });
    const orphans = fc.array(daemon, { maxLength: 5 });
    const options = fc.constantFrom<readonly string[]>([], ["-w"], ["-g"], ["--drain=300ms"]);
    fc.assert(
      fc.property(
        ...([
          probes,
          requests,
          orphans,
          fc.integer({ min: 1, max: 250 }),
          exitStatus,
          options,
          schedule,
        ] as const),
        (children, atMs, others, endMs, status, given, turns) => {
          const forks = Array.from({ length: atMs.length + 1 }, (_, index) => {
            const { ms, end: last } = children[index % children.length]!;
            return check(["sleep", ms], ...last);
          });
          const events = atMs.map((ms): Event => [ms, ask("/startupz")]);
          const main: Step[] = [...others, ["sleep", endMs], ["exit", status]];
          checkHealth(
            { probes: PROBES, main, forks, events, options: given, schedule: turns },
            (run) => {
              expect(run.status).toBe(status);
              expect(run.kernel.leftZombies).toEqual([]);
              for (const client of run.clients) {
                if (client.text === "") continue;
                const answer = answerOf(client);
                if (answer.body.includes("main process")) {
                  expect(run.at(client.received[0]!.time)).toBeGreaterThanOrEqual(endMs);
                  continue;
                }
                // The text has the status of the shell: one of those that the children end with.
                const seen = Number(/exit status (\d+)/.exec(answer.body)?.[1] ?? 124);
                expect(children.map(({ end: last }) => statusOf(last))).toContain(seen);
                expect(answer.status).toBe(seen === 0 ? 200 : 503);
              }
              // Whoever asked well before the end was answered.
              const early = run.clients.filter((client) => run.at(client.dialledAt) < endMs);
              expect(early.filter((client) => client.text === "" && client.openedAt >= 0)).toEqual(
                [],
              );
            },
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test("N2: the child is `knell exec` in the folder of the start, with nothing of the endpoint's", () => {
    const seen: string[][] = [];
    const command: Step[] = [["setpgid"], ["write", 1, "out\n"], ["exit", 6]];
    const look = (run: InitRun) => {
      const { program } = run.kernel;
      const files = program.files!;
      seen.push(
        files.numbers
          .map((fd) => files.get(fd)!)
          .filter((file) => file instanceof Socket)
          .map(({ name }) => name),
      );
      expect(program.parentDeathSignal).toBe(SIGTERM);
      expect(program.group).toBe(program.pid);
      expect(run.kernel.directory).toBe("/work");
    };
    const events: Event[] = [
      [2, ask("/startupz")],
      [10, look],
    ];
    const slow: Step[] = [...command.slice(0, 2), ["sleep", 20], ...command.slice(2)];
    checkHealth({ probes: PROBES, forks: ["child", slow], events, directory: "/work" }, (run) => {
      expect(run.status).toBe(6);
      expect(seen).toEqual([[]]);
    });
  });
});

test("N2: in the child the deadline ends a command that does not end", () => {
  const deaf: Step[] = [["setpgid"], ["ignore", SIGTERM], ["pause"]];
  const events: Event[] = [[2, ask("/startupz")]];
  checkHealth({ probes: PROBES, forks: ["child", deaf], events }, (run) => {
    expect(run.status).toBe(124);
    expect(run.milliseconds).toBeGreaterThanOrEqual(2 + TIMEOUT_MS);
    expect(run.milliseconds).toBeLessThanOrEqual(2 + TIMEOUT_MS + 25);
    expect(run.host.sent.map(({ signal }) => signal)).toContain(SIGKILL);
  });
});

test("N2: a stop of the probe's child is not taken for its end", () => {
  const forks = [check(["raise", 19], ["exit", 0])];
  const wake = (run: InitRun) => {
    const { processes } = run.kernel;
    processes.send(run.host.forked[1]!, sentBy(processes.outside, 18));
  };
  checkHealth(
    {
      probes: PROBES,
      forks,
      events: [
        [2, ask("/startupz")],
        [100, wake],
      ],
    },
    (run) => {
      expect(answerOf(run.clients[0]!).status).toBe(200);
      expect(run.tookMs(run.clients[0]!)).toBe(98);
    },
  );
});
