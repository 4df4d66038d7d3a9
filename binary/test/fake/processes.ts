// The process table: parents, groups, sessions, ends, stops and who may wait for what (kernel/exit.c, kernel/signal.c,
// kernel/ptrace.c, pid_namespaces(7)). Threads, cgroups and user namespaces are not here.

import {
  CLD_KILLED,
  CLD_STOPPED,
  CLD_TRAPPED,
  EAGAIN,
  EINVAL,
  EPERM,
  ESRCH,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGKILL,
  SIGSTOP,
} from "../../system/linux.ts";
import type { Clock } from "./clock.ts";
import type { FileTable } from "./files.ts";
import {
  defaultAction,
  LAST_SIGNAL,
  PendingSignals,
  raisedByKernel,
  type SignalInfo,
  STOP_SIGNALS,
  sentBy,
} from "./signals.ts";
import type { Terminal } from "./terminal.ts";

export const CLD_CONTINUED = 6;
/** A handler: only scripted processes have one. */
export const HANDLED = 2;

/** As /proc shows it: running or sleeping, stopped, ptrace-stopped, zombie, gone. */
export type State = "S" | "T" | "t" | "Z" | "X";

export interface Report {
  readonly pid: number;
  readonly code: number;
  readonly status: number;
  readonly uid: number;
}

/** What makes a scripted process act. The program under test has none: it acts by its calls. */
export interface Behaviour {
  /** Goes on as far as it can without time passing. */
  run(): void;
  handle(info: SignalInfo): void;
}

export class Process {
  readonly pid: number;
  parent: Process;
  group: number;
  session: number;
  uid = 0;
  name = "";
  commandLine: readonly string[] = [];
  startedAt = 0;
  state: State = "S";
  /** In the order the kernel's list has: oldest first, adopted ones behind. */
  readonly children: Process[] = [];
  tracer: Process | null = null;
  isSubreaper = false;
  parentDeathSignal = 0;
  /** setpgid(2) on it by its parent fails from then on. */
  hasExecuted = false;
  readonly pending = new PendingSignals();
  blocked = new Uint8Array(LAST_SIGNAL + 1);
  disposition = new Uint8Array(LAST_SIGNAL + 1);
  /** How it ended, once it is a zombie. */
  end: Report | null = null;
  /** A stop or a continuation that no wait has taken yet. */
  report: Report | null = null;
  /** What stopped it, while it is ptrace-stopped. */
  trap: SignalInfo | null = null;
  behaviour: Behaviour | null = null;
  files: FileTable | null = null;
  isAwake = false;

  constructor(pid: number, parent: Process | null) {
    this.pid = pid;
    this.parent = parent ?? this;
    this.group = parent?.group ?? pid;
    this.session = parent?.session ?? pid;
  }

  get isAlive(): boolean {
    return this.state !== "Z" && this.state !== "X";
  }

  isUnblocked = (signal: number): boolean => !this.blocked[signal];
}

export class ProcessTable {
  readonly clock: Clock;
  readonly all = new Map<number, Process>();
  /** Parent of everything that entered from outside: the runtime's shim, which waits for its children at once. */
  readonly outside = new Process(0, null);
  /** The newest pid; the next one is the first free above, from 2 again past `lastPossible`. */
  newest = 0;
  lastPossible = 32_768;
  terminal: Terminal | null = null;
  /** Called with a scripted process that is to act; it does so within this instant. */
  wake: (process: Process) => void = () => {};
  /** Called when a process has left the table: its pid may now be another's. */
  onRelease: (process: Process) => void = () => {};
  onSend: (target: Process, info: SignalInfo) => void = () => {};
  onExit: (process: Process) => void = () => {};
  /** A zombie is there for its parent, or tracer, to wait for. */
  onZombie: (process: Process) => void = () => {};

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get init(): Process {
    return this.all.get(1)!;
  }

  find(pid: number): Process | undefined {
    return this.all.get(pid);
  }

  inGroup(group: number): Process[] {
    return [...this.all.values()].filter((process) => process.group === group);
  }

  /** A new process below `parent`, with what fork(2) hands on. */
  fork(parent: Process): Process {
    const process = new Process(this.#nextPid(), parent);
    process.uid = parent.uid;
    process.name = parent.name;
    process.commandLine = parent.commandLine;
    process.startedAt = this.clock.now;
    process.blocked = parent.blocked.slice();
    process.disposition = parent.disposition.slice();
    process.files = parent.files?.copy() ?? null;
    this.all.set(process.pid, process);
    parent.children.push(process);
    return process;
  }

  #nextPid(): number {
    do {
      this.newest = this.newest >= this.lastPossible ? 2 : this.newest + 1;
    } while (this.all.has(this.newest) || this.inGroup(this.newest).length > 0);
    return this.newest;
  }

  // --- signals ---

  /** kill(2). `info` is what the target gets; its sender is `sender`. For -1 the kernel hides every EPERM. */
  kill(sender: Process, pid: number, info: SignalInfo): number {
    if (info.signal < 0 || info.signal > LAST_SIGNAL) return -EINVAL;
    const targets = this.#targets(sender, pid);
    if (pid === -1) {
      for (const target of targets) this.#killOne(sender, target, info);
      return targets.length > 0 ? 0 : -ESRCH;
    }
    let result = -ESRCH;
    let delivered = false;
    for (const target of targets) {
      result = this.#killOne(sender, target, info);
      delivered ||= result === 0;
    }
    return delivered ? 0 : result;
  }

  #targets(sender: Process, pid: number): Process[] {
    if (pid > 0) return [this.all.get(pid)].filter((process) => process !== undefined);
    if (pid === 0) return this.inGroup(sender.group);
    if (pid < -1) return this.inGroup(-pid);
    return [...this.all.values()].filter((process) => process.pid > 1 && process !== sender);
  }

  #killOne(sender: Process, target: Process, info: SignalInfo): number {
    const sameSession = info.signal === SIGCONT && sender.session === target.session;
    if (sender.uid !== 0 && sender.uid !== target.uid && !sameSession) return -EPERM;
    return info.signal === 0 ? 0 : this.send(target, info);
  }

  /** `isForced`: from outside the namespace, where even its PID 1 can be killed and stopped. */
  send(target: Process, info: SignalInfo, isForced = false): number {
    if (!target.isAlive) return 0;
    const { signal } = info;
    if (STOP_SIGNALS.includes(signal)) target.pending.discard([SIGCONT]);
    if (signal === SIGCONT) {
      target.pending.discard(STOP_SIGNALS);
      if (target.state === "T") this.#resume(target);
    }
    if (this.#isIgnored(target, signal, isForced)) return 0;
    if (!target.pending.add(info)) return -EAGAIN;
    this.onSend(target, info);
    this.wake(target);
    return 0;
  }

  sendToGroup(group: number, info: SignalInfo): void {
    for (const process of this.inGroup(group)) this.send(process, info);
  }

  #isIgnored(target: Process, signal: number, isForced: boolean): boolean {
    const unstoppable = signal === SIGKILL || signal === SIGSTOP;
    if (target.blocked[signal] && !unstoppable) return false;
    if (target.tracer !== null && signal !== SIGKILL) return false;
    const disposition = target.disposition[signal];
    if (target === this.init && disposition === SIG_DFL) return !(isForced && unstoppable);
    if (disposition === SIG_IGN && !unstoppable) return true;
    return disposition === SIG_DFL && defaultAction(signal) === "ignore";
  }

  /** Lets `target` take what is pending and not blocked, until nothing is left or it no longer runs. */
  deliver(target: Process): void {
    if (target.pending.isEmpty) return;
    if (target.pending.has(SIGKILL) && target.isAlive) {
      this.exit(target, CLD_KILLED, SIGKILL);
      return;
    }
    while (target.state === "S") {
      const info = target.pending.take(target.isUnblocked);
      if (info === undefined) return;
      if (target.tracer === null) this.act(target, info);
      else {
        target.trap = info;
        this.#stop(target, "t", CLD_TRAPPED, info.signal);
      }
    }
  }

  /** What a signal does that has got through. */
  act(target: Process, info: SignalInfo): void {
    const disposition = target.disposition[info.signal];
    if (disposition === SIG_IGN) return;
    if (disposition === HANDLED) {
      target.behaviour?.handle(info);
      return;
    }
    const action = defaultAction(info.signal);
    const isKernelOnly = info.signal === SIGKILL || info.signal === SIGSTOP;
    if (target === this.init && !isKernelOnly) return;
    if (action === "terminate") this.exit(target, CLD_KILLED, info.signal);
    if (action !== "stop") return;
    if (info.signal !== SIGSTOP && this.isOrphanedGroup(target.group)) return;
    this.#stop(target, "T", CLD_STOPPED, info.signal);
  }

  #stop(target: Process, state: State, code: number, signal: number): void {
    target.state = state;
    target.report = { pid: target.pid, code, status: signal, uid: target.uid };
    this.#tellParent(target.tracer ?? target.parent, target.report);
  }

  #resume(target: Process): void {
    target.state = "S";
    target.report = { pid: target.pid, code: CLD_CONTINUED, status: SIGCONT, uid: target.uid };
    this.#tellParent(target.parent, target.report);
    this.wake(target);
  }

  #tellParent(parent: Process, report: Report): void {
    if (parent.disposition[SIGCHLD] === SIG_IGN) return;
    const { pid, code, uid, status } = report;
    this.send(parent, { signal: SIGCHLD, code, pid, uid, value: BigInt(status) });
    this.wake(parent);
  }

  // --- ends ---

  /** `code`: CLD_EXITED with an exit status, CLD_KILLED or CLD_DUMPED with a signal. */
  exit(process: Process, code: number, status: number): void {
    if (!process.isAlive) return;
    if (process === this.init) this.#endNamespace();
    process.files?.closeAll();
    if (this.terminal?.session === process.session && process.pid === process.session) {
      this.terminal.hangUp();
    }
    for (const traced of this.all.values()) {
      if (traced.tracer === process) this.#endTrace(traced);
    }
    this.#leaveChildren(process);
    process.state = "Z";
    process.report = null;
    this.onExit(process);
    process.end = { pid: process.pid, code, status, uid: process.uid };
    this.#continueOrphanedGroup(process, process.parent);
    this.#announceEnd(process);
  }

  #endNamespace(): void {
    for (const process of this.all.values()) {
      if (process !== this.init) this.exit(process, CLD_KILLED, SIGKILL);
    }
  }

  #leaveChildren(process: Process): void {
    const reaper = this.#reaperFor(process);
    const children = process.children.splice(0);
    for (const child of children) {
      child.parent = reaper;
      reaper.children.push(child);
      if (child.parentDeathSignal > 0) this.send(child, sentBy(process, child.parentDeathSignal));
    }
    for (const child of children) {
      if (child.state === "Z" && child.tracer === null) this.#announceEnd(child);
      this.#continueOrphanedGroup(child, process);
    }
  }

  /** The nearest living ancestor that is a subreaper, else PID 1 (prctl(2), PR_SET_CHILD_SUBREAPER). */
  #reaperFor(process: Process): Process {
    if (process === this.init) return this.outside;
    let reaper = process.parent;
    while (reaper.pid > 1 && !(reaper.isSubreaper && reaper.isAlive)) reaper = reaper.parent;
    return reaper.pid > 1 ? reaper : this.init;
  }

  #announceEnd(process: Process): void {
    const watcher = process.tracer ?? process.parent;
    const isIgnored = process.tracer === null && watcher.disposition[SIGCHLD] === SIG_IGN;
    if (!isIgnored) this.#tellParent(watcher, process.end!);
    if (isIgnored || watcher === this.outside) this.release(process);
    else this.onZombie(process);
    this.wake(watcher);
  }

  release(process: Process): void {
    process.state = "X";
    this.all.delete(process.pid);
    const siblings = process.parent.children;
    siblings.splice(siblings.indexOf(process), 1);
    this.onRelease(process);
  }

  /** setpgid(2): a group whose members have no parent in another group of the session cannot be continued by a shell. */
  isOrphanedGroup(group: number, leaving?: Process): boolean {
    return !this.inGroup(group).some(
      (process) =>
        process !== leaving &&
        process.isAlive &&
        process.parent.group !== group &&
        process.parent.session === process.session,
    );
  }

  /** `process` loses `parent`, or its life: if that orphans its group and a member is stopped, HUP and CONT follow. */
  #continueOrphanedGroup(process: Process, parent: Process): void {
    const { group, session } = process;
    if (parent.group === group || parent.session !== session) return;
    if (!this.isOrphanedGroup(group, process.isAlive ? undefined : process)) return;
    if (!this.inGroup(group).some((member) => member.state === "T")) return;
    this.sendToGroup(group, raisedByKernel(SIGHUP));
    this.sendToGroup(group, raisedByKernel(SIGCONT));
  }

  // --- ptrace ---

  /** PTRACE_TRACEME. */
  traceMe(process: Process): void {
    process.tracer = process.parent;
  }

  /** PTRACE_DETACH with a signal to deliver, 0 for none. */
  detach(tracer: Process, pid: number, signal: number): number {
    const process = this.all.get(pid);
    if (process?.tracer !== tracer || process.state !== "t") return -ESRCH;
    this.#endTrace(process);
    if (signal === 0) return 0;
    if (process.isUnblocked(signal)) {
      process.state = "S";
      this.act(process, sentBy(tracer, signal));
    } else process.pending.add(sentBy(tracer, signal));
    this.wake(process);
    return 0;
  }

  #endTrace(process: Process): void {
    process.tracer = null;
    process.trap = null;
    if (process.state === "t") {
      process.state = "S";
      process.report = null;
    }
    this.wake(process);
  }
}
