// A terminal as its controlling session sees it (drivers/tty/tty_jobctrl.c, n_tty.c). Lines typed are not edited.

import {
  EIO,
  ENOTTY,
  EPERM,
  ESRCH,
  POLLIN,
  POLLOUT,
  SIG_IGN,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGWINCH,
} from "../../system/linux.ts";
import { OpenFile } from "./files.ts";
import type { Process, ProcessTable } from "./processes.ts";
import { raisedByKernel, sentBy } from "./signals.ts";

const CONTROL = { "^C": SIGINT, "^\\": SIGQUIT, "^Z": SIGTSTP } as const;

export class Terminal extends OpenFile {
  readonly name = "/dev/pts/0";
  /** 0 while it controls no session. */
  session = 0;
  foreground = 0;
  columns = 80;
  /** `stty tostop`. */
  stopsBackgroundOutput = false;
  output = "";
  readonly #processes: ProcessTable;

  constructor(processes: ProcessTable) {
    super();
    this.#processes = processes;
    processes.terminal = this;
  }

  controls(process: Process): boolean {
    return this.session !== 0 && this.session === process.session;
  }

  /** A key that raises a signal in the foreground group. */
  type(key: keyof typeof CONTROL): void {
    this.#signalForeground(CONTROL[key]);
  }

  resize(columns: number): void {
    this.columns = columns;
    this.#signalForeground(SIGWINCH);
  }

  /** The session leader has ended: the foreground group hears of it, nobody has it any more. */
  hangUp(): void {
    this.#signalForeground(SIGHUP);
    this.#leave();
  }

  #leave(): void {
    this.session = 0;
    this.foreground = 0;
  }

  /** TIOCSCTTY with argument 0. */
  control(process: Process): number {
    if (this.controls(process) && process.pid === process.session) return 0;
    if (process.pid !== process.session || this.session !== 0) return -EPERM;
    this.session = process.session;
    this.foreground = process.group;
    return 0;
  }

  /** TIOCNOTTY. */
  release(process: Process): number {
    if (!this.controls(process)) return -ENOTTY;
    if (process.pid !== process.session) return 0;
    // In the leader's own name, not the kernel's (`disassociate_ctty`).
    for (const signal of [SIGHUP, SIGCONT])
      this.#processes.sendToGroup(this.foreground, sentBy(process, signal));
    this.#leave();
    return 0;
  }

  /** tcgetpgrp(3). */
  getForeground(process: Process): number {
    return this.controls(process) ? this.foreground : -ENOTTY;
  }

  /** tcsetpgrp(3): 0, a negated errno, or null when the caller was stopped by TTOU and must try again. */
  setForeground(process: Process, group: number): number | null {
    if (!this.controls(process)) return -ENOTTY;
    const refused = this.#checkBackground(process, SIGTTOU);
    if (refused !== 0) return refused;
    const members = this.#processes.inGroup(group);
    if (members.length === 0) return -ESRCH;
    if (members[0]?.session !== process.session) return -EPERM;
    this.foreground = group;
    return 0;
  }

  /** A process of the background that reads: TTIN to its group, -EIO if nobody could ever continue it. */
  readBy(process: Process): Uint8Array | number | null {
    if (!this.controls(process) || process.group === this.foreground) return null;
    const isDeaf = process.blocked[SIGTTIN] || process.disposition[SIGTTIN] === SIG_IGN;
    if (isDeaf || this.#processes.isOrphanedGroup(process.group)) return -EIO;
    this.#processes.sendToGroup(process.group, raisedByKernel(SIGTTIN));
    return null;
  }

  override read(): Uint8Array | number | null {
    return null;
  }

  override write(bytes: Uint8Array): number {
    this.output += new TextDecoder().decode(bytes);
    return bytes.length;
  }

  override get ready(): number {
    return POLLOUT & ~POLLIN;
  }

  #checkBackground(process: Process, signal: number): number | null {
    if (process.group === this.foreground) return 0;
    if (process.blocked[signal] || process.disposition[signal] === SIG_IGN) return 0;
    if (this.#processes.isOrphanedGroup(process.group)) return -EIO;
    this.#processes.sendToGroup(process.group, raisedByKernel(signal));
    return null;
  }

  #signalForeground(signal: number): void {
    if (this.foreground > 0) this.#processes.sendToGroup(this.foreground, raisedByKernel(signal));
  }
}
