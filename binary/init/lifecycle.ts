// When knell leaves, and whom it tells before: the phases after a stop signal and after the main child's end.

import { server } from "../health/server";
import { state } from "../health/state";
import { MILLISECOND, NEVER, now, SECOND } from "../system/clock";
import { FAIL, signalStatus } from "../system/exit-status";
import { SIGCONT, SIGINT, SIGKILL, SIGQUIT, SIGTERM } from "../system/linux";
import { DEBUG, FATAL, say } from "../system/log";
import { forwarder } from "./forward";
import { settings } from "./settings";

/** The main child runs. */
const RUNNING: i32 = 0;
/** --wait-all: it has ended, others are left. */
const WAITING: i32 = 1;
/** --drain: it has ended, the others were told to. */
const DRAINING: i32 = 2;
/** Everyone was killed and is being waited for. */
const KILLING: i32 = 3;
/** What is dead already is reaped, then knell leaves. */
const LEAVING: i32 = 4;

/** How long the killed may take to die, in nanoseconds (I46). */
const KILL_TIME: i64 = SECOND;
/** A process that was forking while it was killed is found by the next look. */
const KILL_AGAIN: i64 = 20 * MILLISECOND;
/** How long knell goes on reaping the already dead before it leaves (I33, I45). */
const LEAVE_TIME: i64 = 5 * MILLISECOND;

class Lifecycle {
  /** When `expire` is due; NEVER when there is nothing to wait for but signals. */
  deadline: i64 = NEVER;
  /** The main child's exit status; FAIL until it has ended. */
  status: i32 = FAIL;
  private phase: i32 = RUNNING;
  private killDeadline: i64 = NEVER;

  get isLeaving(): bool {
    return this.phase === LEAVING;
  }

  /** A signal that was accepted: passed on while there is somebody to pass it to. */
  receive(signal: i32): void {
    const isStop = signal === SIGTERM || signal === SIGINT || signal === SIGQUIT;
    if (isStop && !state.isStopping) {
      state.isStopping = true;
      server.answer();
    }
    if (this.phase === RUNNING) forwarder.pass(signal);
    else if (this.phase === WAITING) forwarder.passToAll(signal);
    else if (this.phase === DRAINING && isStop) this.kill();
    const isArmed = this.phase <= WAITING && this.deadline !== NEVER;
    if (isStop && this.phase <= WAITING && settings.stopTimeout > 0 && !isArmed) {
      this.deadline = now() + settings.stopTimeout;
    }
  }

  mainEnded(status: i32): void {
    this.status = status;
    forwarder.main = 0;
    state.isMainGone = true;
    server.answer();
    // Its tree is being killed: who forked meanwhile is found by the next look (I49).
    if (this.phase === KILLING) return;
    if (settings.waitsForAll && this.phase === RUNNING) this.phase = WAITING;
    else if (settings.drain > 0 && this.phase === RUNNING) this.drain();
    else this.leave();
  }

  /** Wait says that there are no children. */
  nobodyLeft(): void {
    if (this.phase === RUNNING) {
      say(FATAL).text("the child is gone and its status is lost").end();
    }
    this.leave();
  }

  /** The deadline has come. */
  expire(): void {
    if (this.phase === LEAVING) return;
    if (this.phase !== KILLING) {
      this.kill();
    } else if (now() < this.killDeadline) {
      forwarder.passToAll(SIGKILL);
      this.deadline = now() + KILL_AGAIN;
    } else {
      if (forwarder.main > 0) this.status = signalStatus(SIGKILL);
      this.leave();
    }
  }

  private drain(): void {
    say(DEBUG).text("draining: telling the remaining processes to end").end();
    this.phase = DRAINING;
    this.deadline = now() + settings.drain;
    forwarder.passToAll(SIGTERM);
    forwarder.passToAll(SIGCONT);
  }

  private kill(): void {
    say(DEBUG).text("killing the remaining processes").end();
    this.phase = KILLING;
    this.killDeadline = now() + KILL_TIME;
    this.deadline = now() + KILL_AGAIN;
    forwarder.passToAll(SIGKILL);
  }

  private leave(): void {
    if (this.phase === LEAVING) return;
    this.phase = LEAVING;
    this.deadline = now() + LEAVE_TIME;
  }
}

export const lifecycle = new Lifecycle();
