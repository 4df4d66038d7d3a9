import { expect, test } from "vitest";
import { CLD_EXITED, SIGTERM } from "../system/linux.ts";
import { FORWARDED } from "./arbitraries.ts";
import { Kernel } from "./fake/kernel.ts";
import type { Step } from "./fake/script.ts";
import { sentBy } from "./fake/signals.ts";
import { FakeHost } from "./fake-host.ts";
import { knellModule } from "./load.ts";

const EVENTS = 1_000_000;
const BETWEEN_NS = 1000;

test("D3, I72: one million signals and child deaths do not move the heap offset", () => {
  const kernel = new Kernel();
  kernel.tree.set("/bin/program", { mode: 0o100_755 });
  kernel.callLimit = Number.POSITIVE_INFINITY;
  const { processes, clock } = kernel;
  const signals = FORWARDED.filter((signal) => signal !== SIGTERM);
  const main: Step[] = [...signals.map((signal): Step => ["ignore", signal]), ["pause"]];
  const host = new FakeHost(kernel, {
    args: ["knell", "init", "--", "/bin/program"],
    forks: [main],
    isRecording: false,
  });

  const offsets: number[] = [];
  const measure = () => {
    const first = host.program.__new!(0, 0);
    const second = host.program.__new!(0, 0);
    offsets.push(first, second);
  };
  let made = 0;
  let reaped = 0;
  processes.onRelease = () => reaped++;
  const makeOne = () => {
    if (made++ % 2 === 0) {
      const signal = signals[made % signals.length]!;
      processes.send(kernel.program, sentBy(processes.outside, signal));
    } else processes.exit(processes.fork(kernel.program), CLD_EXITED, 0);
    if (made < EVENTS) clock.after(BETWEEN_NS, makeOne);
    else clock.after(BETWEEN_NS, finish);
  };
  const finish = () => {
    measure();
    processes.send(kernel.program, sentBy(processes.outside, SIGTERM));
  };
  clock.after(1_000_000, () => {
    measure();
    makeOne();
  });

  expect(host.run(knellModule())).toEqual({ kind: "exited", status: 128 + SIGTERM });
  expect(made).toBe(EVENTS);
  expect(reaped).toBe(EVENTS / 2 + 2);
  const [before, beforeNext, after] = offsets as [number, number, number, number];
  expect(after - beforeNext).toBe(beforeNext - before);
}, 120_000);
