// Passes signals on (I23–I31).

import { metrics } from "../health/metrics";
import { buffer } from "../system/buffers";
import { kill, pid, ptr, sigqueue } from "../system/host";
import {
  EPERM,
  ESRCH,
  SI_QUEUE,
  SIGCONT,
  SIGHUP,
  SIGPIPE,
  SIGTTIN,
  SIGTTOU,
} from "../system/linux";
import { DEBUG, say, WARN } from "../system/log";
import { maskOf, writeSignal } from "../system/signals";
import { tree } from "../system/tree";
import { FORWARD_CHILD, FORWARD_GROUP, settings } from "./settings";

/** A signal as rt_sigtimedwait gave it: { signal: i32, code: i32, pid: i32, uid: i32, value: u64 }. */
export const RECEIVED: ptr = buffer(24);
const CODE: usize = 4;
const SENDER: usize = 8;
const VALUE: usize = 16;

class Forwarder {
  /** The main child's pid, also its group's id; 0 once it is reaped: it is never signalled by number again (I31). */
  main: pid = 0;
  /** knell's own pid: asked once, not for every signal. */
  self: pid = 0;
  /** Where the search for children begins when there is no /proc. */
  firstPid: pid = 0;
  /** Signals whose refusal was reported already (I30). */
  private refused: u64 = 0;

  /** The signal to act on for what is in RECEIVED: rewritten, or 0 if it is not to be passed on. */
  accept(): i32 {
    const signal = load<i32>(RECEIVED);
    const isFromKernel = load<i32>(RECEIVED, CODE) > 0;
    if (isFromKernel && (signal === SIGTTIN || signal === SIGTTOU)) return 0;
    if (load<i32>(RECEIVED, SENDER) === this.self) {
      // In knell's own name: a line of its own to a stderr that nobody reads, and what giving up the terminal for
      // --setsid raises (disassociate_ctty).
      if (signal === SIGPIPE) return 0;
      if (settings.leadsSession && (signal === SIGHUP || signal === SIGCONT)) return 0;
    }
    return settings.rewritten(signal);
  }

  /** Sends `signal` to the main child, its group, or everyone, as settings say. */
  pass(signal: i32): void {
    const line = say(DEBUG).text("Passing signal: '");
    writeSignal(line, signal);
    line.text("'").end();
    if (settings.forward === FORWARD_CHILD) this.note(signal, this.passToMain(signal));
    else if (settings.forward === FORWARD_GROUP) this.note(signal, kill(-this.main, signal));
    else this.passToAll(signal);
  }

  /** To every process below knell. Only PID 1 may use kill(-1): elsewhere that is the whole machine (I27, I47). */
  passToAll(signal: i32): void {
    if (this.self === 1) {
      this.note(signal, kill(-1, signal));
      return;
    }
    tree.signalAll(signal, this.firstPid);
    if (tree.refused > 0) this.note(signal, -EPERM);
  }

  /** A queued signal keeps its sender's value (I25). */
  private passToMain(signal: i32): i32 {
    return load<i32>(RECEIVED, CODE) === SI_QUEUE
      ? sigqueue(this.main, signal, load<u64>(RECEIVED, VALUE))
      : kill(this.main, signal);
  }

  private note(signal: i32, error: i32): void {
    if (error === 0) {
      metrics.signalsForwarded++;
      return;
    }
    if (error === -ESRCH) {
      say(DEBUG).text("nobody is left for signal ").number(signal).end();
      return;
    }
    if ((this.refused & maskOf(signal)) !== 0) return;
    this.refused |= maskOf(signal);
    const line = say(WARN).text("cannot forward ");
    writeSignal(line, signal);
    line
      .text(": ")
      .errno(error)
      .text("; knell needs CAP_KILL once the child has switched user")
      .end();
  }
}

export const forwarder = new Forwarder();
