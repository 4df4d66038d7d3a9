// Signals of one process: what is pending, in which order it is taken (signal(7), kernel/signal.c).

import {
  SI_KERNEL,
  SI_USER,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGWINCH,
} from "../../system/linux.ts";

export const LAST_SIGNAL = 64;
export const SIGURG = 23;
/** Taken before all others whatever their number: they belong to the instruction that faulted (`next_signal`). */
export const SYNCHRONOUS: readonly number[] = [4, 5, 7, 8, 11, 31];
export const STOP_SIGNALS: readonly number[] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];

export interface SignalInfo {
  readonly signal: number;
  /** SI_USER, SI_KERNEL, SI_QUEUE or CLD_*. */
  readonly code: number;
  readonly pid: number;
  readonly uid: number;
  /** The value of sigqueue(3); the status for SIGCHLD. */
  readonly value: bigint;
}

export function sentBy(sender: { pid: number; uid: number }, signal: number): SignalInfo {
  return { signal, code: SI_USER, pid: sender.pid, uid: sender.uid, value: 0n };
}

/** As the kernel itself raises it: the terminal's signals. */
export function raisedByKernel(signal: number): SignalInfo {
  return { signal, code: SI_KERNEL, pid: 0, uid: 0, value: 0n };
}

export type Action = "terminate" | "stop" | "continue" | "ignore";

export function defaultAction(signal: number): Action {
  if (STOP_SIGNALS.includes(signal)) return "stop";
  if (signal === SIGCONT) return "continue";
  return [SIGCHLD, SIGURG, SIGWINCH].includes(signal) ? "ignore" : "terminate";
}

/** A standard signal is pending once or not at all; real-time ones queue up to `limit` (RLIMIT_SIGPENDING). */
export class PendingSignals {
  readonly #queues: SignalInfo[][] = Array.from({ length: LAST_SIGNAL + 1 }, () => []);
  #count = 0;
  limit = 4096;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** False when a queued value has no room (EAGAIN). A plain kill(2) always leaves at least the number. */
  add(info: SignalInfo): boolean {
    const queue = this.#queues[info.signal]!;
    if (info.signal < SIGRTMIN && queue.length > 0) return true;
    if (this.#count >= this.limit && info.signal >= SIGRTMIN) {
      if (info.code !== SI_USER) return false;
      if (queue.length > 0) return true;
    }
    queue.push(info);
    this.#count++;
    return true;
  }

  has(signal: number): boolean {
    return this.#queues[signal]!.length > 0;
  }

  discard(signals: readonly number[]): void {
    for (const signal of signals) {
      this.#count -= this.#queues[signal]!.length;
      this.#queues[signal]!.length = 0;
    }
  }

  /** The signal `take` would give, 0 for none. */
  peek(isWanted: (signal: number) => boolean): number {
    if (this.#count === 0) return 0;
    for (const signal of SYNCHRONOUS) {
      if (this.has(signal) && isWanted(signal)) return signal;
    }
    for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
      if (this.has(signal) && isWanted(signal)) return signal;
    }
    return 0;
  }

  take(isWanted: (signal: number) => boolean): SignalInfo | undefined {
    const signal = this.peek(isWanted);
    if (signal === 0) return undefined;
    this.#count--;
    return this.#queues[signal]!.shift();
  }
}

/** The signals of a kernel mask, bit n-1 for signal n, as flags indexed by signal. */
export function flagsOf(mask: bigint): Uint8Array<ArrayBuffer> {
  const flags = new Uint8Array(LAST_SIGNAL + 1);
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
    flags[signal] = Number((mask >> BigInt(signal - 1)) & 1n);
  }
  return flags;
}

/** As `flagsOf` for a mask to block: KILL and STOP cannot be (sigprocmask(2)). */
export function blockedFlagsOf(mask: bigint): Uint8Array<ArrayBuffer> {
  const flags = flagsOf(mask);
  flags[SIGKILL] = 0;
  flags[SIGSTOP] = 0;
  return flags;
}

export function maskOf(flags: Uint8Array): bigint {
  let mask = 0n;
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
    if (flags[signal]) mask |= 1n << BigInt(signal - 1);
  }
  return mask;
}

const NAMES =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
  "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";

/** "TERM", "RTMIN+3", or the number where there is no name. */
export function signalName(signal: number): string {
  if (signal >= SIGRTMIN && signal <= LAST_SIGNAL) return `RTMIN+${signal - SIGRTMIN}`;
  return NAMES.split(" ")[signal - 1] ?? String(signal);
}
