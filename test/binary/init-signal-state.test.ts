// I19–I22: which signals the child finds blocked and ignored, and which knell itself blocks.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { expect } from "vitest";
import { compare, INITS, type Init, knellTest } from "./inits.ts";
import { launch, launchRecorder, runUnder, settle, signal, signalsIn, statusOf } from "./launch.ts";
import { program } from "./programs.ts";

const KNELL = INITS.knell;

/** What a child finds in `field` of its status, when the init was started with `preset`'s options. */
async function found(init: Init, field: string, options: string[]): Promise<number[]> {
  const before = [program("preset"), ...options, "--"];
  const { stdout } = await runUnder(init, ["cat", "/proc/self/status"], { before });
  return signalsIn(statusOf(0, stdout)[field]);
}

compare(
  "I19: the child's blocked signals are those the init was started with",
  {
    knell: [4, 15, 21, 45],
    tini: [4, 15, 21, 45],
    "dumb-init": [],
    catatonit: [4, 15, 20, 21, 22, 45],
  },
  (init) => found(init, "SigBlk", ["-b", "4,15,21,45"]),
);

compare(
  "I19: with nothing blocked on entry nothing is blocked in the child",
  { knell: [], tini: [], "dumb-init": [], catatonit: [20, 21, 22] },
  (init) => found(init, "SigBlk", ["-b", ""]),
);

compare(
  "I19: 32 and 33 and every real-time signal stay blocked",
  { knell: range(32, 64), tini: range(34, 64) },
  (init) => found(init, "SigBlk", ["-b", range(32, 64).join(",")]),
);

compare(
  "I20: ignored signals stay ignored",
  {
    knell: [1, 2, 11, 13, 22, 40],
    tini: [1, 2, 11, 13, 22, 40],
    "dumb-init": [40],
    catatonit: [1, 2, 11, 13, 22, 40],
  },
  (init) => found(init, "SigIgn", ["-i", "1,2,11,13,22,40"]),
);

compare(
  "I20: all that can be ignored stays ignored, 32 and 33 too",
  { knell: range(1, 64).filter((number) => number !== 9 && number !== 19) },
  (init) =>
    found(init, "SigIgn", [
      "-i",
      range(1, 64)
        .filter((number) => number !== 9 && number !== 19)
        .join(","),
    ]),
);

compare(
  "I20: nothing is ignored or handled in the child that was not",
  { knell: [[], []], tini: [[], []] },
  async (init) => [
    await found(init, "SigIgn", ["-b", ""]),
    await found(init, "SigCgt", ["-b", ""]),
  ],
);

compare(
  "I21: SIGCHLD ignored on entry: the child's code arrives all the same",
  {
    knell: 7,
    tini: "hangs, and TERM does not end it",
    "dumb-init": 7,
    catatonit: "hangs, and TERM does not end it",
  },
  async (init) => {
    const before = [program("preset"), "-i", "17", "--"];
    const running = launch(init, ["sh", "-c", "sleep 0.1; exit 7"], { before });
    const ended = running.finished.then(({ status }) => status);
    const stays = async () => {
      await settle(700);
      signal(running.pid, "SIGTERM");
      await settle(700);
      return "hangs, and TERM does not end it";
    };
    return Promise.race([ended, stays()]);
  },
);

compare("I21: the child sees SIGCHLD ignored if it was", { knell: [17] }, (init) =>
  found(init, "SigIgn", ["-i", "17"]),
);

knellTest("I22: knell itself blocks everything but KILL and STOP", async () => {
  const recorder = await launchRecorder(KNELL);
  // What a waiting call names is taken out of the mask as long as it waits: the state is read in between as well.
  const { SigBlk, SigCgt, SigIgn } = statusOf(recorder.init);
  const blocked = signalsIn(SigBlk);
  expect({ caught: signalsIn(SigCgt), ignored: signalsIn(SigIgn) }).toEqual({
    caught: [],
    ignored: [],
  });
  expect(blocked.length === 0 || blocked.length === 62).toBe(true);
});

for (const number of [4, 5, 6, 7, 8, 11, 31, 32, 33]) {
  knellTest(`I22: signal ${number} sent with kill(2) neither ends nor traps knell`, async () => {
    const recorder = await launchRecorder(KNELL);
    signal(recorder.init, number);
    expect(await recorder.received(1)).toEqual([number]);
    expect(statusOf(recorder.init).State).toMatch(/^S/);
  });
}

knellTest("I22: a real fault in knell still ends it", async () => {
  // An instruction that no processor knows is written over the one at which knell goes on.
  const recorder = await launchRecorder(KNELL);
  const words = readFileSync(`/proc/${recorder.init}/syscall`, "utf8").trim().split(" ");
  const invalid = process.arch === "x64" ? [0x0f, 0x0b] : [0, 0, 0, 0];
  const memory = openSync(`/proc/${recorder.init}/mem`, "r+");
  writeSync(memory, Buffer.from(invalid), 0, invalid.length, Number(words.at(-1)));
  closeSync(memory);
  const end = new Promise((resolve) => recorder.process.once("exit", (_, name) => resolve(name)));
  signal(recorder.init, "SIGUSR1");
  expect(await end).toBe("SIGILL");
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
