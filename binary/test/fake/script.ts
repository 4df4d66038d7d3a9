// What the other processes do, as data: fast-check can generate and shrink it, a failure can print it, and
// scenario.py runs the same steps in real processes.

import {
  CLD_DUMPED,
  CLD_EXITED,
  ECHILD,
  EPIPE,
  P_ALL,
  SIG_IGN,
  SIGPIPE,
  SIGTRAP,
  WEXITED,
  WNOHANG,
} from "../../system/linux.ts";
import { MILLISECOND } from "./clock.ts";
import type { Kernel } from "./kernel.ts";
import { type Behaviour, HANDLED, type Process } from "./processes.ts";
import { type SignalInfo, sentBy } from "./signals.ts";
import { wait } from "./wait.ts";

export type Step =
  | readonly ["exit", status: number]
  /** Ends by a signal as if it had dumped core. */
  | readonly ["dump", signal: number]
  | readonly ["sleep", ms: number]
  | readonly ["pause"]
  | readonly ["fork", steps: readonly Step[]]
  | readonly ["repeat", times: number, steps: readonly Step[]]
  | readonly ["on", signal: number, steps: readonly Step[]]
  | readonly ["ignore", signal: number]
  | readonly ["block", signal: number]
  | readonly ["kill", pid: number, signal: number]
  | readonly ["raise", signal: number]
  | readonly ["setsid"]
  | readonly ["setpgid"]
  | readonly ["traceme"]
  | readonly ["subreaper"]
  | readonly ["deathsig", signal: number]
  | readonly ["uid", uid: number]
  /** tcsetpgrp(3) of its own group on the controlling terminal. */
  | readonly ["foreground"]
  /** execve(2) of something: close-on-exec descriptors go, a tracer sees SIGTRAP. */
  | readonly ["exec"]
  /** Waits for its children until it has none. */
  | readonly ["reap"]
  /** Waits for its children for ever, as an init does. */
  | readonly ["serve"]
  | readonly ["dup2", from: number, to: number]
  | readonly ["close", fd: number]
  | readonly ["write", fd: number, bytes: string]
  /** Fake kernel only: whatever the vocabulary lacks. */
  | readonly ["do", action: (process: Process) => void];

interface Frame {
  readonly steps: readonly Step[];
  index: number;
  rounds: number;
  wakeAt: number;
}

/** Runs steps in a scripted process. A handler's steps run before what it interrupts goes on; the end is exit 0. */
export class Script implements Behaviour {
  readonly #kernel: Kernel;
  readonly #process: Process;
  readonly #handlers: Map<number, readonly Step[]>;
  readonly #frames: Frame[] = [];

  /** `handlers`: those of the process that forked this one. */
  constructor(
    kernel: Kernel,
    process: Process,
    steps: readonly Step[],
    handlers: ReadonlyMap<number, readonly Step[]> = new Map(),
  ) {
    this.#handlers = new Map(handlers);
    this.#kernel = kernel;
    this.#process = process;
    this.#push(steps);
  }

  run(): void {
    while (this.#process.state === "S") {
      const frame = this.#frames.at(-1);
      if (frame === undefined) {
        this.#kernel.processes.exit(this.#process, CLD_EXITED, 0);
        return;
      }
      if (frame.wakeAt > this.#kernel.clock.now) return;
      const step = frame.steps[frame.index];
      if (step === undefined) this.#endRound(frame);
      else {
        frame.index++;
        if (!this.#perform(frame, step)) {
          frame.index--;
          return;
        }
      }
    }
  }

  handle(info: SignalInfo): void {
    this.#kernel.received.push({ process: this.#process, info, time: this.#kernel.clock.now });
    this.#push(this.#handlers.get(info.signal) ?? []);
  }

  #push(steps: readonly Step[], rounds = 1): void {
    this.#frames.push({ steps, index: 0, rounds, wakeAt: 0 });
  }

  #endRound(frame: Frame): void {
    frame.rounds--;
    frame.index = 0;
    if (frame.rounds <= 0) this.#frames.splice(this.#frames.indexOf(frame), 1);
  }

  /** False: the step waits, and is tried again when the process is woken. */
  #perform(frame: Frame, step: Step): boolean {
    const process = this.#process;
    const { processes, clock } = this.#kernel;
    switch (step[0]) {
      case "exit":
        processes.exit(process, CLD_EXITED, step[1]);
        return true;
      case "dump":
        processes.exit(process, CLD_DUMPED, step[1]);
        return true;
      case "sleep":
        frame.wakeAt = clock.now + step[1] * MILLISECOND;
        clock.at(frame.wakeAt, () => this.run());
        return true;
      case "pause":
        frame.wakeAt = Number.POSITIVE_INFINITY;
        return true;
      case "fork":
        this.#kernel.startScript(processes.fork(process), step[1], this.#handlers);
        return true;
      case "repeat":
        this.#push(step[2], step[1]);
        return true;
      case "reap":
        return this.#reap() === -ECHILD;
      case "serve":
        this.#reap();
        return false;
      case "foreground":
        return processes.terminal?.setForeground(process, process.group) !== null;
      case "write":
        return this.#write(step[1], step[2]);
      case "do":
        step[1](process);
        return true;
      default:
        this.#change(step);
        return true;
    }
  }

  /** The steps that only set something. */
  #change(step: Step): void {
    const process = this.#process;
    const { processes } = this.#kernel;
    if (step[0] === "on") {
      this.#handlers.set(step[1], step[2]);
      process.disposition[step[1]] = HANDLED;
    } else if (step[0] === "ignore") {
      process.disposition[step[1]] = SIG_IGN;
      process.pending.discard([step[1]]);
    } else if (step[0] === "block") process.blocked[step[1]] = 1;
    else if (step[0] === "kill") processes.kill(process, step[1], sentBy(process, step[2]));
    else if (step[0] === "raise") {
      processes.kill(process, process.pid, sentBy(process, step[1]));
      processes.deliver(process);
    } else if (step[0] === "setsid") {
      process.session = process.pid;
      process.group = process.pid;
    } else if (step[0] === "setpgid") process.group = process.pid;
    else if (step[0] === "traceme") processes.traceMe(process);
    else if (step[0] === "subreaper") process.isSubreaper = true;
    else if (step[0] === "deathsig") process.parentDeathSignal = step[1];
    else if (step[0] === "uid") process.uid = step[1];
    else if (step[0] === "exec") this.#exec();
    else if (step[0] === "close") process.files?.close(step[1]);
    else if (step[0] === "dup2") process.files?.set(step[2], process.files.get(step[1])!, false);
  }

  #exec(): void {
    const process = this.#process;
    process.files?.closeOnExec();
    process.hasExecuted = true;
    if (process.tracer === null) return;
    this.#kernel.processes.send(process, sentBy(process, SIGTRAP));
    this.#kernel.processes.deliver(process);
  }

  #reap(): number {
    for (;;) {
      const result = wait(this.#kernel.processes, this.#process, P_ALL, 0, WEXITED | WNOHANG);
      if (typeof result === "number") return result;
      if (result === null) return 0;
    }
  }

  #write(fd: number, text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    const result = this.#process.files?.get(fd)?.write(bytes);
    if (result === -EPIPE) {
      this.#kernel.processes.send(this.#process, sentBy(this.#process, SIGPIPE));
      this.#kernel.processes.deliver(this.#process);
    }
    if (result !== null) return true;
    this.#kernel.clock.after(MILLISECOND, () => this.run());
    return false;
  }
}
