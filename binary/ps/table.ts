// One look at /proc: every process of the PID namespace by pid, linked to its parent and to who must wait for it.

import { LF } from "../system/ascii";
import { buffer } from "../system/buffers";
import { isDigit, parseDecimal, startsWith } from "../system/bytes";
import { SECOND } from "../system/clock";
import { clock_boottime, pid, ptr, stat_mode } from "../system/host";
import { EACCES, EPERM, SIGCHLD } from "../system/linux";
import { entries, procPath, procRoot, readFile, stat } from "../system/proc";
import { maskOf } from "../system/signals";

/** Processes past this many are counted, not kept. */
const CAPACITY: i32 = 16_384;
/** TASK_COMM_LEN is 16; only names of kernel workers are longer, and are cut. */
const NAME_SIZE: i32 = 32;
/** Holds /proc/PID/status with some 700 supplementary groups; the signal masks come after those. */
const STATUS_SIZE: i32 = 8192;
const STATUS: ptr = buffer(STATUS_SIZE);

/** USER_HZ, the unit of times in /proc. */
const TICK: i64 = SECOND / 100;
/** include/linux/sched.h, in the flags of /proc/PID/stat. */
const PF_KTHREAD: i64 = 0x0020_0000;

const ZOMBIE: u8 = 90; // Z
const STOPPED: u8 = 84; // T
const TRACED: u8 = 116; // t

/** What a process does about SIGCHLD. BLOCKED: it takes the signal with sigwait(3) or signalfd(2), or never. */
export const SIGCHLD_UNKNOWN: u8 = 0;
export const SIGCHLD_DEFAULT: u8 = 1;
export const SIGCHLD_IGNORED: u8 = 2;
export const SIGCHLD_CAUGHT: u8 = 3;
export const SIGCHLD_BLOCKED: u8 = 4;

/** The record that stands for everything outside the namespace: pid 0, as getppid(2) has it. */
export const OUTSIDE: i32 = 0;

/** A record of the table, never made with `new`. Its name follows it in memory. Other records are named by index. */
export class Process {
  /** See ProcessStat. */
  startTicks: i64 = 0;
  /** Effective; -1 if unknown. */
  uid: i64 = 0;
  pid: pid = 0;
  /** 0: outside the namespace. */
  parent: pid = 0;
  threads: i32 = 0;
  /** In the tree: OUTSIDE for a root, and as the end of a list. */
  up: i32 = 0;
  firstChild: i32 = 0;
  nextSibling: i32 = 0;
  /** Of a zombie: who must wait for it. OUTSIDE also for one that cannot be seen. */
  waiter: i32 = 0;
  /** The zombies that this one must wait for. */
  zombies: i32 = 0;
  tracer: pid = 0;
  /** As in /proc/PID/stat: "R", "S", "D", "T", "t", "Z", "X" or "I". */
  state: u8 = 0;
  sigchld: u8 = 0;
  isKernel: bool = false;
  nameLength: u8 = 0;

  get nameAt(): ptr {
    return changetype<ptr>(this) + offsetof<Process>();
  }

  /** A main thread that ended before the other threads looks like a zombie, but nobody can wait for it yet. */
  get isZombie(): bool {
    return this.state === ZOMBIE && this.threads <= 1;
  }

  /** By a signal or a tracer: it runs nothing, so it waits for nobody. */
  get isStopped(): bool {
    return this.state === STOPPED || this.state === TRACED;
  }

  /** True if it came in by setns(2), as a runtime's exec does: the one who sent it in must wait for it. */
  get isEntered(): bool {
    return this.parent === 0 && this.pid !== 1 && !this.isKernel;
  }
}

const RECORD_SIZE: i32 = <i32>offsetof<Process>() + NAME_SIZE;
const RECORDS: ptr = buffer((CAPACITY + 1) * RECORD_SIZE);

class ProcessTable {
  /** The index of the last record; the first is 1. In the order of their pids. */
  last: i32 = 0;
  /** All there are, kept or not. */
  total: i32 = 0;
  zombies: i32 = 0;
  /** True if /proc hides processes from this user (proc(5), hidepid). */
  isHiding: bool = false;
  private scannedAt: i64 = 0;

  at(index: i32): Process {
    return changetype<Process>(RECORDS + index * RECORD_SIZE);
  }

  /** Reads /proc anew; 0 or a negated errno. What ends while it is read is left out. */
  scan(): i32 {
    this.last = 0;
    this.total = 0;
    this.zombies = 0;
    this.isHiding = false;
    this.scannedAt = clock_boottime();
    memory.fill(RECORDS, 0, RECORD_SIZE);
    const error = entries.start(procRoot());
    if (error < 0) return error;
    for (let process = entries.next(); process > 0; process = entries.next()) {
      this.add(process);
    }
    entries.end();
    // A namespace has a process 1 as long as it has any.
    if (this.last > 0 && this.at(1).pid !== 1) this.isHiding = true;
    for (let index = this.last; index > 0; index--) this.link(index);
    return 0;
  }

  /**
   * Whole seconds that `process` has been there. Both the clock and the start in /proc count from the boot as the time
   * namespace of the reader has it (time_namespaces(7)), so that the difference is right in any, and includes suspension.
   */
  ageSeconds(process: Process): i64 {
    return max(this.scannedAt - process.startTicks * TICK, 0) / SECOND;
  }

  /** The index of `process`, OUTSIDE if it is not there. */
  find(process: pid): i32 {
    let low = 1;
    let high = this.last;
    while (low <= high) {
      const middle = (low + high) / 2;
      const found = this.at(middle).pid;
      if (found === process) return middle;
      if (found < process) low = middle + 1;
      else high = middle - 1;
    }
    return OUTSIDE;
  }

  private add(process: pid): void {
    if (!stat.read(process)) {
      const error = stat_mode(procPath(process, "stat"));
      if (error === -EPERM || error === -EACCES) this.isHiding = true;
      return;
    }
    this.total++;
    if (this.last < CAPACITY) {
      const record = this.insert(process);
      fill(record, process);
      if (record.isZombie) this.zombies++;
    } else if (stat.state === ZOMBIE && stat.threads <= 1) {
      this.zombies++;
    }
  }

  /** An empty record where `process` belongs: at the end, because /proc lists by pid (next_tgid in fs/proc/base.c). */
  private insert(process: pid): Process {
    let index = ++this.last;
    while (index > 1 && this.at(index - 1).pid > process) index--;
    const record = RECORDS + index * RECORD_SIZE;
    memory.copy(record + RECORD_SIZE, record, (this.last - index) * RECORD_SIZE);
    memory.fill(record, 0, RECORD_SIZE);
    return this.at(index);
  }

  /** Called from the last record to the first, so that children stand in the order of their pids. */
  private link(index: i32): void {
    const process = this.at(index);
    let up = this.find(process.parent);
    // A pid can be used anew while /proc is read: a parent that is younger than its child would make a circle.
    if (up !== OUTSIDE && !isOlder(this.at(up), process)) up = OUTSIDE;
    process.up = up;
    process.nextSibling = this.at(up).firstChild;
    this.at(up).firstChild = index;
    if (!process.isZombie) return;
    // ptrace(2): the tracer's wait comes first, and only then the parent is told.
    const tracer = this.find(process.tracer);
    process.waiter = tracer === OUTSIDE ? up : tracer;
    this.at(process.waiter).zombies++;
  }
}

export const table = new ProcessTable();

function isOlder(parent: Process, child: Process): bool {
  if (parent.startTicks !== child.startTicks) return parent.startTicks < child.startTicks;
  return parent.pid < child.pid;
}

/** Fills `record` from the `stat` just read, and from /proc/PID/status as far as that can be read. */
function fill(record: Process, process: pid): void {
  record.pid = process;
  record.parent = stat.parent;
  record.state = stat.state;
  record.threads = stat.threads;
  record.startTicks = stat.startTicks;
  record.isKernel = (stat.flags & PF_KTHREAD) !== 0;
  record.nameLength = <u8>min(stat.commLength, NAME_SIZE);
  memory.copy(record.nameAt, stat.commAt, record.nameLength);
  record.uid = -1;
  const length = readFile(procPath(process, "status"), STATUS, STATUS_SIZE - 1);
  if (length < 0) return;
  store<u8>(STATUS + length, 0);
  const realUid = statusField(length, "Uid:");
  if (realUid !== 0) record.uid = decimalAt(realUid + digitsAt(realUid) + 1);
  record.tracer = <pid>decimalAt(statusField(length, "TracerPid:"));
  record.sigchld = sigchldOf(length);
}

function sigchldOf(length: i32): u8 {
  const blocked = statusField(length, "SigBlk:");
  const ignored = statusField(length, "SigIgn:");
  const caught = statusField(length, "SigCgt:");
  if (blocked === 0 || ignored === 0 || caught === 0) return SIGCHLD_UNKNOWN;
  if (hasSigchld(ignored)) return SIGCHLD_IGNORED;
  if (hasSigchld(blocked)) return SIGCHLD_BLOCKED;
  return hasSigchld(caught) ? SIGCHLD_CAUGHT : SIGCHLD_DEFAULT;
}

/** Where the value of the line `name` begins in the status just read; 0 if there is no such line. */
function statusField(length: i32, name: string): ptr {
  // The first line is the process's name, in which a newline is written as "\n": it cannot pass for another line.
  for (let i = 0; i < length; i++) {
    if (load<u8>(STATUS + i) === LF && startsWith(STATUS + i + 1, length - i - 1, name))
      return STATUS + i + name.length + 2;
  }
  return 0;
}

function digitsAt(at: ptr): i32 {
  let length = 0;
  while (isDigit(load<u8>(at + length))) length++;
  return length;
}

/** The number at `at`, -1 if there is none or `at` is 0. */
function decimalAt(at: ptr): i64 {
  return at === 0 ? -1 : parseDecimal(at, digitsAt(at));
}

/** True if the signal mask at `at`, in hexadecimal digits up to the end of its line, has SIGCHLD. */
function hasSigchld(at: ptr): bool {
  let mask: u64 = 0;
  for (let i = 0; load<u8>(at + i) > LF; i++) {
    const digit = load<u8>(at + i);
    mask = (mask << 4) | u64(isDigit(digit) ? digit & 15 : (digit & 15) + 9);
  }
  return (mask & maskOf(SIGCHLD)) !== 0;
}
