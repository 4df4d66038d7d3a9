// Reaping in a crowd, where each look of wait(2) at all children takes as long as there are living ones.

import { describe, expect, test } from "vitest";
import { CLD_EXITED, P_ALL, SIGCHLD, SIGTERM } from "../system/linux.ts";
import { MILLISECOND } from "./fake/clock.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Process } from "./fake/processes.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { type InitOptions, InitRun } from "./init-run.ts";

/** waitid(P_ALL) until there is nothing more or enough: times in milliseconds since the start. */
interface Look {
  readonly startMs: number;
  endMs: number;
  /** Until the next look: waits for signals, and those of them that wait for CHLD. */
  waits: number;
  waitsForChild: number;
}

/** knell with children from before its execve; waitid(P_ALL) takes `nsPerLiving` for each living one. */
class Crowd {
  readonly kernel = new Kernel();
  readonly startedAt = this.kernel.clock.now;
  readonly children: Process[] = [];
  readonly looks: Look[] = [];
  /** When each process was reaped. */
  readonly reapedMs = new Map<Process, number>();
  readonly #nsPerLiving: number;
  #isLooking = false;

  constructor(size: number, nsPerLiving: number) {
    const { processes, program } = this.kernel;
    this.#nsPerLiving = nsPerLiving;
    processes.onRelease = (process) => this.reapedMs.set(process, this.nowMs);
    for (let i = 0; i < size; i++) this.children.push(processes.fork(program));
  }

  get nowMs(): number {
    return (this.kernel.clock.now - this.startedAt) / MILLISECOND;
  }

  at(ms: number, action: () => void): void {
    this.kernel.clock.at(this.startedAt + Math.round(ms * MILLISECOND), action);
  }

  endAt(ms: number, child: Process): void {
    this.at(ms, () => this.kernel.processes.exit(child, CLD_EXITED, 0));
  }

  /** TERM from outside. */
  terminate(): void {
    const { processes, program } = this.kernel;
    processes.send(program, sentBy(processes.outside, SIGTERM));
  }

  run(options: InitOptions): InitRun {
    const { kernel } = this;
    return new InitRun({
      ...options,
      kernel,
      observe: (name, _, [first = 0]) => {
        if (name === "waitid" && first === P_ALL) this.#noteLook();
        if (name === "rt_sigtimedwait") this.#noteWait(BigInt(first));
      },
    });
  }

  #noteLook(): void {
    const { clock, program } = this.kernel;
    if (!this.#isLooking) {
      this.looks.push({ startMs: this.nowMs, endMs: 0, waits: 0, waitsForChild: 0 });
    }
    this.#isLooking = true;
    clock.now += this.#nsPerLiving * program.children.filter((child) => child.isAlive).length;
    this.looks.at(-1)!.endMs = this.nowMs;
  }

  #noteWait(signals: bigint): void {
    this.#isLooking = false;
    const look = this.looks.at(-1);
    if (look === undefined) return;
    look.waits++;
    if ((signals >> BigInt(SIGCHLD - 1)) & 1n) look.waitsForChild++;
  }
}

/** Handles TERM by ending. */
const UNTIL_TERM: Step[] = [["on", SIGTERM, [["exit", 9]]], ["pause"]];

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

describe("in a crowd of 3000", () => {
  test("I35: all that end within a second are reaped, and looking takes a third of the time", () => {
    const crowd = new Crowd(3000, 200);
    crowd.children.forEach((child, i) => {
      crowd.endAt((i + 1) / 3, child);
    });
    crowd.at(3000, () => crowd.terminate());
    const run = crowd.run({ main: UNTIL_TERM });
    run.host.check(() => expect(run.status).toBe(9));
    const reaped = crowd.children.map((child) => crowd.reapedMs.get(child) ?? Number.NaN);
    expect(Math.max(...reaped)).toBeLessThanOrEqual(2000);
    const slow = crowd.looks.filter(({ startMs, endMs }) => endMs - startMs > 1 && endMs < 1000);
    const looking = sum(slow.map(({ startMs, endMs }) => endMs - startMs));
    const share = looking / (slow.at(-1)!.endMs - slow[0]!.startMs);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.4);
  });

  // 2999 children and main, 5 µs each: the first look finds nothing until 15 ms, the rest lasts until 45 ms.
  const crowdAtRest = () => new Crowd(2999, 5000);

  test("I36: a rest waits for signals but CHLD, and ends with a look", () => {
    const crowd = crowdAtRest();
    crowd.endAt(20, crowd.children[7]!);
    crowd.endAt(21, crowd.children[2000]!);
    crowd.at(200, () => crowd.terminate());
    const run = crowd.run({ main: UNTIL_TERM });
    run.host.check(() => {
      expect(run.status).toBe(9);
      const [first, second] = crowd.looks;
      // The last wait takes the CHLD that came meanwhile.
      expect(first).toEqual({ startMs: 0, endMs: 15, waits: 7, waitsForChild: 1 });
      expect(second?.startMs).toBe(45);
      expect(crowd.reapedMs.get(crowd.children[7]!)).toBe(45);
      expect(run.kernel.leftAlive).toHaveLength(2997);
    });
  });

  test("I36: TERM during a rest is forwarded at once", () => {
    for (const ms of [16, 25, 44]) {
      const crowd = crowdAtRest();
      crowd.at(ms, () => crowd.terminate());
      const run = crowd.run({ main: UNTIL_TERM });
      run.host.check(() => {
        expect(run.status).toBe(9);
        expect(run.kernel.received.map(({ time }) => run.at(time))).toEqual([ms]);
      });
    }
  });

  test.each([[[]], [["-w"]]])(
    "I36: main's end during a rest is noticed within 5 ms (%j)",
    (options) => {
      for (const ms of [15, 16, 22, 31, 41, 44]) {
        const crowd = crowdAtRest();
        const main: Step[] = [
          ["sleep", ms],
          ["exit", 7],
        ];
        const run = crowd.run({ main, options });
        run.host.check(() => {
          expect(run.status).toBe(7);
          expect(crowd.reapedMs.get(run.main)).toBeGreaterThanOrEqual(ms);
          expect(crowd.reapedMs.get(run.main)).toBeLessThanOrEqual(ms + 5);
        });
      }
    },
  );

  test("I45: main's end during a rest is knell's within 10 ms, however many could be reaped", () => {
    // 1.5 ms for a look that finds nothing: the first rest lasts until 4.5 ms.
    const crowd = new Crowd(2999, 500);
    for (const child of crowd.children.slice(0, 250)) crowd.endAt(2, child);
    const main: Step[] = [
      ["sleep", 2],
      ["exit", 7],
    ];
    const run = crowd.run({ main });
    run.host.check(() => {
      expect(run.status).toBe(7);
      expect(run.milliseconds).toBeLessThanOrEqual(12);
    });
  });

  test("I35: no rest is longer than half a second", () => {
    const crowd = new Crowd(2999, 200_000);
    crowd.endAt(700, crowd.children[0]!);
    crowd.at(2000, () => crowd.terminate());
    const run = crowd.run({ main: UNTIL_TERM });
    run.host.check(() => {
      expect(run.status).toBe(9);
      expect(crowd.looks[0]?.endMs).toBe(600);
      expect(crowd.reapedMs.get(crowd.children[0]!)).toBe(1100);
    });
  });
});

test("I33: with few children there is no rest: whoever ends is reaped at once", () => {
  const crowd = new Crowd(40, 5000);
  crowd.children.forEach((child, i) => {
    crowd.endAt(10 + 2 * i, child);
  });
  crowd.at(500, () => crowd.terminate());
  const run = crowd.run({ main: UNTIL_TERM });
  run.host.check(() => {
    expect(run.status).toBe(9);
    crowd.children.forEach((child, i) => {
      expect(crowd.reapedMs.get(child)).toBe(10 + 2 * i);
    });
    expect(crowd.looks.every(({ waits, waitsForChild }) => waits === waitsForChild)).toBe(true);
  });
});

test("I34: more than one batch that ended in one instant is reaped in that instant", () => {
  const crowd = new Crowd(600, 0);
  for (const child of crowd.children) crowd.endAt(10, child);
  crowd.at(500, () => crowd.terminate());
  const run = crowd.run({ main: UNTIL_TERM });
  run.host.check(() => {
    expect(run.status).toBe(9);
    expect(new Set(crowd.children.map((child) => crowd.reapedMs.get(child)))).toEqual(
      new Set([10]),
    );
  });
});
