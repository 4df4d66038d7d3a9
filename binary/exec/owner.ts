// Owns the command: waits for its end, ends it when its time is over, and then ends whatever it left. This is the
// guard's work, or with --no-guard that of the one process there is.

import { buffer } from "../system/buffers";
import { earlier, NEVER, now, SECOND } from "../system/clock";
import { EXEC_FAILED, exitStatus, signalStatus } from "../system/exit-status";
import { argv_length, argv_read, getppid, kill, pid, ptr } from "../system/host";
import { jobControl } from "../system/job-control";
import { ESRCH, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM } from "../system/linux";
import { FATAL, say } from "../system/log";
import {
  ENDED,
  NO_CHILDREN,
  NOTHING,
  peekNext,
  reaped,
  reapNext,
  reapOnly,
  STOPPED,
} from "../system/reap";
import { terminal } from "../system/terminal";
import { explainFork, startCommand } from "./command";
import { deadline } from "./deadline";
import { killTree } from "./kill";
import { settings } from "./options";
import { isToForward, relay } from "./relay";

/** So many ends at most between two looks at the clock and at signals. */
const REAP_BATCH: i32 = 256;
/** A guard goes on with a tree that outgrows its killing after the outer process has left, but not for ever. */
const LONGEST_KILL: i64 = SECOND;
const NONE: i32 = -1;

const NAME_SIZE: i32 = 256;
const NAME: ptr = buffer(NAME_SIZE);

class Owner {
  private command: pid = 0;
  /** The command's own exit status. */
  private status: i32 = NONE;
  /** What knell leaves with instead, once the deadline or a signal has ended the command. */
  private verdict: i32 = NONE;
  private termAt: i64 = NEVER;
  private killAt: i64 = NEVER;

  /** Starts the command: 0, or the exit status if there can be no process. */
  start(): i32 {
    this.command = startCommand();
    return this.command < 0 ? explainFork(this.command) : 0;
  }

  /** Sees the command and its descendants through to their end and gives the exit status. `outer`: the parent whose
   * end is theirs, 0 for none. */
  run(outer: pid): i32 {
    this.termAt = deadline.termAt;
    this.killAt = deadline.killAt;
    for (;;) {
      const isReaped = this.reap();
      if (this.status !== NONE) break;
      if (outer !== 0 && getppid() !== outer) {
        this.verdict = EXEC_FAILED;
        break;
      }
      const time = now();
      if (time >= this.killAt) break;
      if (time >= this.termAt) this.terminate();
      const signal = relay.nextSignal(isReaped ? earlier(this.termAt, this.killAt) : 0);
      if (signal > 0 && isToForward(signal)) this.forward(signal);
    }
    if (this.status === NONE && this.verdict === NONE) this.timeOut();
    this.endDescendants(outer);
    terminal.takeBack(this.command);
    return this.verdict !== NONE ? this.verdict : this.status;
  }

  /** Takes what the children have to report; false if there may be more. */
  private reap(): bool {
    for (let count = 0; count < REAP_BATCH; count++) {
      const outcome = peekNext();
      if (outcome === NOTHING || outcome === NO_CHILDREN) return true;
      if (outcome === STOPPED && reaped.pid === this.command)
        jobControl.mainStopped(reaped.status, this.command);
      if (outcome !== ENDED) continue;
      const isCommand = reaped.pid === this.command;
      // While the command is not reaped its group's number is its own, and one kill reaches even a fork storm.
      if (isCommand && !this.isKept()) kill(-this.command, SIGKILL);
      reapOnly(reaped.pid);
      if (!isCommand) continue;
      this.status = exitStatus(reaped.code, reaped.status);
      return true;
    }
    return false;
  }

  /** True if what the command leaves may live on: nothing but its own end has ended it (E9). */
  private isKept(): bool {
    return settings.keepsDescendants && this.verdict === NONE;
  }

  private endDescendants(outer: pid): void {
    if (this.isKept()) {
      for (let count = 0; count < REAP_BATCH; count++) {
        const outcome = reapNext();
        if (outcome === NOTHING || outcome === NO_CHILDREN) return;
      }
      return;
    }
    if (this.status === NONE) this.signalCommand(SIGKILL);
    const longest = now() + LONGEST_KILL;
    killTree(this.command, outer !== 0 ? longest : earlier(longest, deadline.exitAt()));
  }

  private terminate(): void {
    this.timeOut();
    this.termAt = NEVER;
    this.signalCommand(SIGTERM);
    this.signalCommand(SIGCONT);
  }

  private timeOut(): void {
    this.verdict = settings.onTimeout;
    const length = argv_length(settings.command);
    argv_read(settings.command, 0, NAME, NAME_SIZE);
    const line = say(FATAL).quoted(NAME, min(length, NAME_SIZE)).text(": not done within ");
    line.milliseconds(settings.timeout).text(" ms; ended").end();
  }

  /** Passes a signal on to the command's group; the four that ask for an end also start the countdown (E15). */
  private forward(signal: i32): void {
    jobControl.beforePassing(signal, this.command);
    this.signalCommand(signal);
    if (signal !== SIGTERM && signal !== SIGINT && signal !== SIGHUP && signal !== SIGQUIT) return;
    this.signalCommand(SIGCONT);
    if (this.verdict !== NONE) return;
    this.verdict = signalStatus(signal);
    this.termAt = NEVER;
    this.killAt = earlier(this.killAt, now() + settings.grace);
  }

  /** The command may have left the group it was started in. */
  private signalCommand(signal: i32): void {
    if (kill(-this.command, signal) === -ESRCH) kill(this.command, signal);
  }
}

export const owner = new Owner();
