// Collects children: the main child's end decides when knell leaves, everyone else's only empties the table.

import { metrics } from "../health/metrics";
import { server } from "../health/server";
import { earlier, isOver, MILLISECOND, NEVER, now } from "../system/clock";
import { exitStatus } from "../system/exit-status";
import { kill } from "../system/host";
import { jobControl } from "../system/job-control";
import { CLD_EXITED, SIGCHLD, SIGTERM } from "../system/linux";
import { DEBUG, INFO, say, WARN } from "../system/log";
import { writeName } from "../system/proc";
import {
  ENDED,
  NO_CHILDREN,
  NOTHING,
  peekNext,
  peekOnly,
  reaped,
  reapNext,
  reapOnly,
  STOPPED,
} from "../system/reap";
import { ALL_SIGNALS, maskOf, writeSignal } from "../system/signals";
import { forwarder } from "./forward";
import { lifecycle } from "./lifecycle";
import { settings } from "./settings";

/** After this many knell looks at signals again (I36). */
const BATCH: i32 = 256;
/**
 * wait(2) goes through all children, the live ones too, and meanwhile none can end (tasklist_lock): in a crowd of
 * thousands that is slow and slows the crowd. So a look that took long is followed by a rest, this many times as
 * long, in which more of them end: the next look takes them all.
 */
const REST: i64 = 2;
const SHORTEST_REST: i64 = MILLISECOND;
const LONGEST_REST: i64 = 500 * MILLISECOND;
/** At rest knell looks at the main child this often. */
const MAIN_EVERY: i64 = 5 * MILLISECOND;

class Reaper {
  /** When `work` is due without a signal: 0 at once, as some children may be older than knell (I37). */
  wakeAt: i64 = 0;
  /** The signals that knell is to wait for. */
  signals: u64 = ALL_SIGNALS;
  private restUntil: i64 = 0;
  /** The last look ended before there was nothing more. */
  private isBatchFull: bool = false;

  /** To be called after every signal, and at `wakeAt`. It is 0 afterwards if there may be more to reap. */
  work(): void {
    const time = now();
    // Also after the rest main comes first: a look may find thousands before it.
    if (this.restUntil > 0 && this.isMainThere()) {
      if (time < this.restUntil) {
        this.wakeAt = earlier(time + MAIN_EVERY, this.restUntil);
        return;
      }
      // Who has ended since that look has left a SIGCHLD: without one there is nothing to look for (I63).
      if (!this.isBatchFull) {
        this.goOn(NEVER);
        return;
      }
    }
    const count = this.reapSome();
    this.isBatchFull = count === BATCH;
    const spent = now() - time;
    const rest = min(spent * REST, LONGEST_REST);
    if (rest < SHORTEST_REST || lifecycle.isLeaving) {
      this.goOn(this.isBatchFull ? 0 : NEVER);
      return;
    }
    this.signals = ALL_SIGNALS & ~maskOf(SIGCHLD);
    this.restUntil = time + spent + rest;
    this.wakeAt = earlier(time + spent + MAIN_EVERY, this.restUntil);
  }

  private goOn(wakeAt: i64): void {
    this.signals = ALL_SIGNALS;
    this.restUntil = 0;
    this.wakeAt = wakeAt;
  }

  /** Looks at the main child alone: its end waits for nothing. */
  private isMainThere(): bool {
    if (forwarder.main > 0)
      this.take(isPeeking() ? peekOnly(forwarder.main) : reapOnly(forwarder.main));
    return !lifecycle.isLeaving;
  }

  /** Gives how many children had something to report; if that is BATCH there may be more. */
  private reapSome(): i32 {
    let count = 0;
    for (; count < BATCH; count++) {
      const outcome = isPeeking() ? peekNext() : reapNext();
      if (outcome === NO_CHILDREN) lifecycle.nobodyLeft();
      if (outcome === NO_CHILDREN || outcome === NOTHING) break;
      this.take(outcome);
      // In a crowd a batch can take longer than knell may stay (I45).
      if (lifecycle.isLeaving && isOver(lifecycle.deadline)) break;
    }
    return count;
  }

  private take(outcome: i32): void {
    const isMain = reaped.pid === forwarder.main;
    if (outcome === STOPPED && isMain) jobControl.mainStopped(reaped.status, forwarder.main);
    if (outcome !== ENDED) return;
    if (isMain) mainEnded();
    else otherEnded();
  }
}

export const reaper = new Reaper();

function isPeeking(): bool {
  return settings.warnsOnReap || settings.endsGroup;
}

function mainEnded(): void {
  const child = reaped.pid;
  const status = exitStatus(reaped.code, reaped.status);
  const line = say(INFO).text("Main child exited ");
  if (reaped.code === CLD_EXITED) line.text("normally (with status '").number(reaped.status);
  else writeSignal(line.text("with signal (with signal '"), reaped.status);
  line.text("')").end();
  // While the child is a zombie its group is still its own (I31).
  if (settings.endsGroup) kill(-child, SIGTERM);
  if (isPeeking()) reapOnly(child);
  lifecycle.mainEnded(status);
}

function otherEnded(): void {
  metrics.zombiesReaped++;
  if (!server.takeEnd(reaped.pid, exitStatus(reaped.code, reaped.status))) metrics.orphansAdopted++;
  const line = say(settings.warnsOnReap ? WARN : DEBUG);
  line.text("Reaped zombie process with pid=").number(reaped.pid);
  if (settings.warnsOnReap) {
    writeName(line.text(" ("), reaped.pid);
    line.text("), ");
    if (reaped.code === CLD_EXITED) line.text("exit status ").number(reaped.status);
    else writeSignal(line.text("killed by "), reaped.status);
  }
  line.end();
  if (isPeeking()) reapOnly(reaped.pid);
}
