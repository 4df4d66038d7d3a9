import { expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import { FaultRunner, type FaultTarget, formatFault, parseFault } from "./faults.ts";

test.each([
  [
    "10s freeze redis 15s",
    { kind: "freeze", atMs: 10_000, container: "redis", durationMs: 15_000 },
  ],
  ["kill", { kind: "kill", atMs: 0 }],
  ["1m30s kill app", { kind: "kill", atMs: 90_000, container: "app" }],
  ["slow 200 ms", { kind: "slow", amount: 200 }],
  [
    "5s slow redis 200ms 10s",
    { kind: "slow", container: "redis", amount: 200, durationMs: 10_000 },
  ],
  ["fork-orphans 50", { kind: "fork-orphans", amount: 50 }],
  ["2s full-disk 3s", { kind: "full-disk", atMs: 2000, durationMs: 3000 }],
  ["fill-pids 500ms", { kind: "fill-pids", durationMs: 500 }],
])("knell run: the fault %j", (text, fault) => {
  expect(parseFault(text)).toMatchObject(fault);
});

test.each([
  ["", '"" is none of freeze, kill, slow, full-disk, fork-orphans, fill-pids'],
  ["10s explode", '"explode" is none of'],
  ["freeze a b", '"b" is one word too many'],
])("knell run: %j is no fault", (text, message) => {
  expect(parseFault(text)).toContain(message);
});

/** Notes what is done to it, with the second. */
class RecordedTarget implements FaultTarget {
  readonly log: string[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  freeze(container: string, isFrozen: boolean): void {
    this.#note(`${isFrozen ? "freeze" : "thaw"} ${container}`);
  }
  kill(container: string): void {
    this.#note(`kill ${container}`);
  }
  fillDisk(isFull: boolean): void {
    this.#note(`disk ${isFull}`);
  }
  fillPids(): void {
    throw new Error("no control group");
  }
  async forkOrphans(container: string, count: number): Promise<void> {
    this.#note(`orphans ${container} ${count}`);
  }
  #note(text: string): void {
    this.log.push(`${this.#clock.nowMs() / 1000} ${text}`);
  }
}

async function bringAbout(text: string, seconds: number, stopAtSeconds = seconds) {
  const clock = new ManualClock();
  const target = new RecordedTarget(clock);
  const notes: string[] = [];
  const runner = new FaultRunner(
    clock,
    target,
    (entry) => notes.push("message" in entry ? String(entry.message) : ""),
    "first",
  );
  const fault = parseFault(text);
  if (typeof fault === "string") throw new Error(fault);
  const running = runner.run(fault);
  await clock.advance(stopAtSeconds * 1000);
  runner.stop();
  await clock.advance((seconds - stopAtSeconds) * 1000);
  await running;
  return { log: target.log, notes };
}

test("knell run: a fault comes when it is due, lasts as long as it says, on the first container", async () => {
  expect((await bringAbout("10s freeze 15s", 60)).log).toEqual([
    "10 freeze first",
    "25 thaw first",
  ]);
  expect((await bringAbout("3s full-disk 2s", 60)).log).toEqual(["3 disk true", "5 disk false"]);
  expect((await bringAbout("1s fork-orphans app 5", 60)).log).toEqual(["1 orphans app 5"]);
});

test("knell run: what lasts ends with the run, and what is not due yet never comes", async () => {
  expect((await bringAbout("freeze", 60, 20)).log).toEqual(["0 freeze first", "20 thaw first"]);
  expect((await bringAbout("30s kill", 60, 20)).log).toEqual([]);
});

test("knell run: slow stops and continues in turn", async () => {
  const { log } = await bringAbout("slow 995ms 2s", 10);
  expect(log).toEqual(["0 freeze first", "0.995 thaw first", "1 freeze first", "1.995 thaw first"]);
});

test("knell run: a fault that cannot be is told, and the run goes on", async () => {
  expect((await bringAbout("fill-pids 1s", 5)).notes).toEqual([
    "fill-pids 1s begins",
    "fill-pids 1s: no control group",
  ]);
});

test("knell run: a fault is written as it was read", () => {
  const fault = parseFault("slow redis 200 ms 10s");
  expect(typeof fault === "string" ? fault : formatFault(fault)).toBe("slow redis 200ms 10s");
});
