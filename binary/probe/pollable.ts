// Whatever finds out one verdict without blocking, for any loop around ppoll(2).

import { NEVER } from "../system/clock";
import { fd } from "../system/host";
import { Writer } from "../system/writer";
import { VerdictLine } from "./verdict-line";

/** `start` it, then, until `verdict.isDone`, wait for `events` on `fd`, but not longer than until `wakeAt`, and `advance`. */
export abstract class Pollable {
  fd: fd = -1;
  events: i32 = 0;
  wakeAt: i64 = NEVER;

  constructor(readonly verdict: VerdictLine) {}

  /** Begins an attempt that is over at `deadline` at the latest. */
  abstract start(deadline: i64): void;

  /** Goes on after a wait that gave `revents`, 0 for none. */
  abstract advance(revents: i32): void;

  /** Appends what took how long, one phase a line. After the verdict. */
  abstract writePhases(to: Writer): void;
}
