// The whole: one program under test among scripted processes, under one virtual clock.

import { CLD_KILLED, SIGKILL } from "../../system/linux.ts";
import { Clock, MILLISECOND } from "./clock.ts";
import { Content, FileTable, type OpenFile } from "./files.ts";
import { Network } from "./network.ts";
import { type Process, ProcessTable } from "./processes.ts";
import { Script, type Step } from "./script.ts";
import { type SignalInfo, signalName } from "./signals.ts";
import { Trace } from "./trace.ts";

/** How the program left the wasm. */
export type Outcome =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: number }
  | { readonly kind: "executed"; readonly path: string; readonly args: readonly string[] }
  /** It waits for ever and nothing is scheduled. */
  | { readonly kind: "idle" }
  /** It made more calls than allowed. */
  | { readonly kind: "runaway" };

/** Thrown through the wasm. */
export class Left {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }
}

/** A path outside /proc. `error`: what open and execve give; `execError`: what only execve gives. */
export interface Entry {
  readonly content?: string | Uint8Array;
  readonly entries?: readonly string[];
  readonly mode?: number;
  readonly error?: number;
  readonly execError?: number;
}

export interface Received {
  readonly process: Process;
  readonly info: SignalInfo;
  readonly time: number;
}

/** How many of the others' due steps run before each call of the program, round and round. */
export type Schedule = readonly number[];

const FOREVER = Number.POSITIVE_INFINITY;
/** The other processes are as fast as they can be. */
export const OTHERS_FIRST: Schedule = [FOREVER];

export class Kernel {
  readonly clock = new Clock();
  readonly processes = new ProcessTable(this.clock);
  readonly trace = new Trace(this.clock);
  readonly tree = new Map<string, Entry>();
  readonly network = new Network(this.clock, this.tree);
  /** What handlers of scripted processes got, in order. */
  received: Received[] = [];
  /** As the program left: zombies that its last wait could have taken, and whoever was alive. */
  leftZombies: readonly Process[] = [];
  leftAlive: readonly Process[] = [];
  /** The number of the program's last call of waitid. */
  lastWait = 0;
  /** The current folder of the program. */
  directory = "/";
  /** False: no /proc. */
  hasProc = true;
  schedule: Schedule = OTHERS_FIRST;
  /** How long each call of the program takes. */
  callNs = 0;
  callLimit = 2_000_000;
  calls = 0;
  /** The process on whose behalf the host is called. */
  program: Process;
  #wasInterrupted = false;
  /** Since which call somebody could have waited for them. */
  readonly #zombies = new WeakMap<Process, number>();

  /**
   * `pid` 1: the program is the PID 1 of a namespace. Another pid: it is a child of pid `parent`, a process that
   * runs `init` when it is 1, and waits for nothing otherwise; 0 stands for a process outside.
   */
  constructor(pid = 1, parent = pid === 1 ? 0 : 1, init: readonly Step[] = [["serve"]]) {
    const { processes } = this;
    processes.wake = (process) => this.#wake(process);
    processes.onRelease = (process) => this.trace.note(`${process.pid} is reaped`);
    processes.onSend = (target, info) =>
      this.trace.note(`${signalName(info.signal)} is pending at ${target.pid}`);
    processes.onZombie = (process) => this.#zombies.set(process, this.calls);
    processes.onExit = (process) => this.trace.note(`${process.pid} ends`);
    const first = this.#add(1, processes.outside);
    first.group = 1;
    first.session = 1;
    if (pid === 1) this.program = first;
    else {
      this.startScript(first, init);
      const above = parent === 0 ? processes.outside : processes.find(parent);
      this.program = this.#add(pid, above ?? this.#addIdle(parent, first));
    }
  }

  #add(pid: number, parent: Process): Process {
    this.processes.newest = pid - 1;
    const process = this.processes.fork(parent);
    process.name = "knell";
    process.files = new FileTable();
    for (const fd of [0, 1, 2]) process.files.set(fd, new Content("/dev/null"), false);
    return process;
  }

  #addIdle(pid: number, parent: Process): Process {
    const process = this.#add(pid, parent);
    this.startScript(process, [["pause"]]);
    return process;
  }

  /** A process below `parent` that runs `steps` as soon as events run. */
  spawn(parent: Process, steps: readonly Step[]): Process {
    return this.startScript(this.processes.fork(parent), steps);
  }

  startScript(
    process: Process,
    steps: readonly Step[],
    handlers?: ReadonlyMap<number, readonly Step[]>,
  ): Process {
    process.behaviour = new Script(this, process, steps, handlers);
    this.#wake(process);
    return process;
  }

  setFile(fd: number, file: OpenFile): void {
    this.program.files!.set(fd, file, false);
  }

  #wake(process: Process): void {
    const { behaviour } = process;
    if (behaviour === null || process.isAwake) return;
    process.isAwake = true;
    this.clock.after(0, () => {
      process.isAwake = false;
      this.processes.deliver(process);
      behaviour.run();
    });
  }

  /** The program is frozen from now on for `ms`: the others and the clock go on. For use in events. */
  freeze(ms: number): void {
    this.clock.advanceTo(this.clock.now + ms * MILLISECOND);
    this.#wasInterrupted = true;
  }

  /** From outside the namespace: even PID 1 dies of KILL. */
  killFromOutside(process: Process): void {
    this.processes.exit(process, CLD_KILLED, SIGKILL);
  }

  // --- the program's side ---

  /** Before each call: others get their turn. */
  enter(): void {
    if (this.calls >= this.callLimit) throw new Left({ kind: "runaway" });
    let turns = this.schedule[this.calls % this.schedule.length] ?? FOREVER;
    this.calls++;
    this.clock.now += this.callNs;
    while (turns-- > 0 && this.clock.isDue) this.clock.runNext();
    this.settle();
  }

  /** The program ends now. */
  noteLeft(): void {
    const { program, processes } = this;
    const wasInTime = (process: Process) => (this.#zombies.get(process) ?? 0) <= this.lastWait;
    this.leftZombies = program.children.filter((child) => child.state === "Z" && wasInTime(child));
    this.leftAlive = [...processes.all.values()].filter((p) => p !== program && p.isAlive);
  }

  /** Lets signals act on the program; while it is stopped the others run. */
  settle(): void {
    const { program } = this;
    this.processes.deliver(program);
    if (program.state === "T") {
      this.#wasInterrupted = true;
      while (program.state === "T") {
        this.#runNextOrIdle(FOREVER);
        if (program.pending.isEmpty) continue;
        this.processes.deliver(program);
      }
    }
    if (program.isAlive) return;
    throw new Left({ kind: "killed", signal: program.end?.status ?? SIGKILL });
  }

  /**
   * Waits until `ready` gives something, which is the result; null after `timeoutNs` (below 0: never). `onInterrupt`
   * is the result of the calls that a stop and a continuation interrupt (signal(7), "Interruption … by stop signals").
   */
  block<T>(ready: () => T | null, timeoutNs: number, onInterrupt: T | null = null): T | null {
    const deadline = timeoutNs < 0 ? FOREVER : this.clock.now + timeoutNs;
    this.#wasInterrupted = false;
    for (;;) {
      const value = ready();
      if (value !== null) return value;
      if (this.clock.now >= deadline) return null;
      this.#runNextOrIdle(deadline);
      this.settle();
      if (this.#wasInterrupted && onInterrupt !== null) return onInterrupt;
    }
  }

  #runNextOrIdle(deadline: number): void {
    if (this.clock.next <= deadline && this.clock.next < FOREVER) this.clock.runNext();
    else if (deadline < FOREVER) this.clock.advanceTo(deadline);
    else throw new Left({ kind: "idle" });
  }
}
