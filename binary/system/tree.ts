// Finds and signals the processes below this one. Direct children cannot have their pid reused while they are not
// reaped; deeper ones are signalled through a pidfd, or when their start time is still the same (E6).

import { SPACE } from "./ascii";
import { buffer } from "./buffers";
import { indexOf, parseDecimal } from "./bytes";
import {
  close,
  exit,
  fork,
  getpid,
  kill,
  pid,
  pidfd_open,
  pidfd_send_signal,
  ptr,
  waitid,
} from "./host";
import { ENOSYS, EPERM, ESRCH, P_PID, WEXITED, WNOHANG, WNOWAIT } from "./linux";
import { entries, isProcOurs, procRoot, readChildren, stat } from "./proc";

/** More descendants than this are found in the next scan, after the first ones are gone. */
const TABLE_SIZE: i32 = 8192;
/** Each pass finds at least one generation that the wrap-around of pids hid from the one before. */
const MOST_PASSES: i32 = 16;
// One row: { pid: i32, parent: i32, startTicks: i64 }, and one more row to move into
const ROW_SIZE: usize = 16;
const PARENT: usize = 4;
const START: usize = 8;
const TABLE_BYTES: i32 = 131_088;
const TABLE: ptr = buffer(TABLE_BYTES);

/** Unreaped children are looked for by pid when there is no /proc: at most this many pids (E8). */
const PROBE_LIMIT: i32 = 65_536;
const PROBE_INFO: ptr = buffer(16);

class Tree {
  /** How many processes were signalled. */
  signalled: i32 = 0;
  /** A process that may not be signalled, 0 if there is none (E10). */
  refused: pid = 0;
  /** The process that was signalled last. */
  last: pid = 0;
  private count: i32 = 0;
  private root: pid = 0;

  /**
   * Sends `signal` to every descendant that can be found, from /proc or else, for direct children only, by trying
   * pids from `firstPid` on. Gives how many were signalled, zombies included: only wait says that nobody is left.
   */
  signalAll(signal: i32, firstPid: pid): i32 {
    if (!this.signalFound(signal)) this.probe(signal, firstPid, firstPid + PROBE_LIMIT);
    return this.signalled;
  }

  /** Sends `signal` to every descendant that /proc shows; false without a /proc of this PID namespace. */
  signalFound(signal: i32): bool {
    this.signalled = 0;
    this.refused = 0;
    this.root = getpid();
    if (!this.scan()) return false;
    for (let index = 0; index < this.count; index++) {
      this.signalRow(TABLE + <usize>index * ROW_SIZE, signal);
    }
    return true;
  }

  /**
   * Sends `signal` to the children of this process, of which wait knows at least one: as they end, theirs surface
   * here. They stand in /proc/thread-self/children, which costs the same on a node with thousands of processes. Without
   * that file /proc is scanned; where there is none, or it hides other users' processes, pids are tried (E8).
   */
  signalChildren(signal: i32, firstPid: pid): void {
    this.signalled = 0;
    this.refused = 0;
    const length = readChildren(TABLE, TABLE_BYTES);
    for (let at = 0; at < length; ) {
      const end = indexOf(TABLE + at, length - at, SPACE);
      const process = <pid>parseDecimal(TABLE + at, end);
      if (process <= 0) break;
      this.note(process, kill(process, signal));
      at += end + 1;
    }
    if (this.hasFoundNone() && (!this.signalFound(signal) || this.hasFoundNone()))
      this.probeChildren(signal, firstPid);
  }

  private hasFoundNone(): bool {
    return this.signalled === 0 && this.refused === 0;
  }

  /**
   * Fills the table with the descendants of this process; false without a /proc of this PID namespace. A pass over
   * /proc meets a child after its parent, but where the pids have wrapped around: passes until one finds nobody new.
   */
  private scan(): bool {
    this.count = 0;
    if (!isProcOurs() || entries.start(procRoot()) < 0) return false;
    for (let pass = 0; pass < MOST_PASSES && this.addDescendants(); pass++) entries.rewind();
    entries.end();
    return true;
  }

  /** One pass; true if it found descendants that were not in the table. */
  private addDescendants(): bool {
    const before = this.count;
    for (let process = entries.next(); process > 0; process = entries.next()) {
      if (this.count === TABLE_SIZE) return false;
      const index = this.indexOf(process);
      if (index < this.count && this.pidAt(index) === process) continue;
      if (!stat.read(process) || !this.isBelow(stat.parent)) continue;
      const row = TABLE + <usize>index * ROW_SIZE;
      memory.copy(row + ROW_SIZE, row, <usize>(this.count - index) * ROW_SIZE);
      store<i32>(row, process);
      store<i32>(row, stat.parent, PARENT);
      store<i64>(row, stat.startTicks, START);
      this.count++;
    }
    return this.count > before;
  }

  private isBelow(parent: pid): bool {
    if (parent === this.root) return true;
    const index = this.indexOf(parent);
    return index < this.count && this.pidAt(index) === parent;
  }

  private pidAt(index: i32): pid {
    return load<i32>(TABLE + <usize>index * ROW_SIZE);
  }

  /** Where `process` stands in the table, which is sorted by pid, or would have to be put. */
  private indexOf(process: pid): i32 {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pidAt(middle) < process) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private signalRow(row: ptr, signal: i32): void {
    const process = load<i32>(row);
    if (load<i32>(row, PARENT) === this.root) {
      this.note(process, kill(process, signal));
      return;
    }
    const pidfd = pidfd_open(process);
    if (pidfd === -ESRCH) return;
    const same = stat.read(process) && stat.startTicks === load<i64>(row, START);
    if (same && pidfd >= 0) {
      const error = pidfd_send_signal(pidfd, signal);
      this.note(process, error === -ENOSYS ? kill(process, signal) : error);
    } else if (same) {
      this.note(process, kill(process, signal));
    }
    if (pidfd >= 0) close(pidfd);
  }

  /** The children lie between the first one and the newest pid, or after the pids wrapped around also below that. */
  private probeChildren(signal: i32, firstPid: pid): void {
    const newest = newestPid();
    const isWrapped = newest < firstPid;
    this.probe(signal, firstPid, isWrapped ? firstPid + PROBE_LIMIT : newest);
    if (isWrapped) this.probe(signal, 1, newest);
  }

  /** Without /proc a child is a pid that waitid knows: tries `first` up to, not including, `end`. */
  private probe(signal: i32, first: pid, end: pid): void {
    const last = min(end, first + PROBE_LIMIT);
    for (let process = first; process < last; process++) {
      if (waitid(P_PID, process, PROBE_INFO, WEXITED | WNOHANG | WNOWAIT) < 0) continue;
      if (load<i32>(PROBE_INFO) === 0) this.note(process, kill(process, signal));
    }
  }

  private note(process: pid, error: i32): void {
    this.last = process;
    if (error === 0) this.signalled++;
    else if (error === -EPERM) this.refused = process;
  }
}

/** The pid given out last in this PID namespace, 0 if no process can be made now. */
function newestPid(): pid {
  const process = fork();
  if (process === 0) exit(0);
  if (process < 0) return 0;
  waitid(P_PID, process, PROBE_INFO, WEXITED);
  return process;
}

export const tree = new Tree();
