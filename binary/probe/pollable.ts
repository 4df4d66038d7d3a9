// Whatever finds out one verdict without blocking, for any loop around ppoll(2).

import { buffer } from "../system/buffers";
import { NEVER } from "../system/clock";
import { fd, ppoll, ptr } from "../system/host";
import { Writer } from "../system/writer";
import { VerdictLine } from "./verdict-line";

// struct pollfd { fd: i32, events: i16, revents: i16 }
const POLL: ptr = buffer(8);

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

  /** True if the end may be there already, though `advance` has not seen it: nobody who asks now is to share it. */
  mayBeOver(): bool {
    store<i32>(POLL, this.fd);
    store<i32>(POLL, this.events, 4);
    return ppoll(POLL, 1, 0) !== 0;
  }

  /** Appends what took how long, one phase a line. After the verdict. */
  abstract writePhases(to: Writer): void;
}
