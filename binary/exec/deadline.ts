// The instants at which things happen to the command. D is counted from the wrapper's start (E2).

import { MILLISECOND, NEVER, now } from "../system/clock";
import { settings } from "./options";

/** After D the kill has this long to be seen through, output included; a wrapper thawed later counts from there. */
const MARGIN: i64 = 20 * MILLISECOND;

class Deadline {
  killAt: i64 = NEVER;
  termAt: i64 = NEVER;

  start(startedAt: i64): void {
    if (settings.timeout === 0) return;
    this.killAt = startedAt + settings.timeout;
    this.termAt = this.killAt - settings.grace;
  }

  /** The instant at which knell leaves whatever happens, seen from now. */
  exitAt(): i64 {
    return this.killAt === NEVER ? NEVER : max<i64>(this.killAt, now()) + MARGIN;
  }
}

export const deadline = new Deadline();
