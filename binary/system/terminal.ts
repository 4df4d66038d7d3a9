// The controlling terminal: whose turn it is to read from it. tcsetpgrp(3), credentials(7)

import { buffer } from "./buffers";
import {
  close,
  getpgid,
  getpid,
  getsid,
  ioctl,
  isatty,
  kill,
  open,
  pid,
  ptr,
  rt_sigprocmask,
  tcgetpgrp,
  tcsetpgrp,
} from "./host";
import {
  O_NOCTTY,
  O_NONBLOCK,
  O_RDWR,
  SIG_SETMASK,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  TIOCNOTTY,
  TIOCSCTTY,
} from "./linux";
import { DEBUG, say } from "./log";
import { ALL_SIGNALS, maskOf } from "./signals";
import { copyPath } from "./writer";

const STDIN: i32 = 0;
const PATH: ptr = buffer(16);

class Terminal {
  /** The controlling terminal: fd 0, or /dev/tty opened here; -1 if there is none. */
  fd: i32 = -1;
  /** knell's own group, which had the foreground before. */
  private formerGroup: pid = 0;
  /** True if the foreground was knell's to give when the child was started (I52). */
  isOwned: bool = false;
  /** True if a job-control shell started knell: then a stopped child stops knell too (I54). */
  hasJobControl: bool = false;

  /**
   * Finds the terminal and who has it. Every failure only means that there is none (I50). Unless the child
   * `leadsGroup`, there is nothing to hand over.
   */
  open(leadsGroup: bool): void {
    this.formerGroup = getpgid(0);
    let foreground = tcgetpgrp(STDIN);
    if (foreground >= 0) {
      this.fd = STDIN;
    } else {
      if (isatty(STDIN) === 1) say(DEBUG).text("fd 0 is not the controlling terminal").end();
      copyPath(PATH, "/dev/tty");
      this.fd = open(PATH, O_RDWR | O_NOCTTY | O_NONBLOCK);
      if (this.fd >= 0) foreground = tcgetpgrp(this.fd);
    }
    if (this.fd < 0 || foreground < 0) {
      this.forget();
      return;
    }
    const self = getpid();
    this.isOwned = leadsGroup && foreground === this.formerGroup;
    this.hasJobControl = self !== 1 && getsid(0) !== self;
    if (!this.isOwned && !this.hasJobControl) this.forget();
  }

  /** In the child, before execve: its group takes the foreground. TTOU is blocked here, so it cannot stop. */
  takeInChild(): void {
    if (this.isOwned) this.give(getpid());
  }

  /** Gives `group` the foreground if it is knell's now. True if it is. */
  handOver(group: pid): bool {
    if (this.fd < 0 || tcgetpgrp(this.fd) !== this.formerGroup) return false;
    this.give(group);
    return true;
  }

  /** Takes the foreground back if `group` still has it (I53). */
  takeBack(group: pid): void {
    if (this.fd >= 0 && tcgetpgrp(this.fd) === group) this.give(this.formerGroup);
  }

  /**
   * The child's group was stopped by `signal` under a job-control shell: takes the terminal back and stops as the
   * terminal would have stopped the whole job. Comes back when continued.
   */
  stopWith(signal: i32, group: pid): void {
    this.takeBack(group);
    rt_sigprocmask(SIG_SETMASK, ALL_SIGNALS ^ maskOf(signal));
    if (signal === SIGTSTP || signal === SIGTTIN || signal === SIGTTOU) kill(0, signal);
    else kill(getpid(), SIGSTOP);
    rt_sigprocmask(SIG_SETMASK, ALL_SIGNALS);
  }

  /** `--setsid`: gives the terminal up so that the child's session can have it. The kernel raises HUP and CONT. */
  release(): void {
    if (this.isOwned) ioctl(STDIN, TIOCNOTTY, 0);
  }

  /** In the child that leads a new session: fd 0 becomes its controlling terminal. */
  adoptInChild(): void {
    if (isatty(STDIN) === 1 && ioctl(STDIN, TIOCSCTTY, 0) < 0) {
      say(DEBUG).text("cannot give the terminal to the child's session").end();
    }
  }

  /** From here on there is no terminal to hand over or to restore. */
  forget(): void {
    if (this.fd > STDIN) close(this.fd);
    this.fd = -1;
    this.isOwned = false;
    this.hasJobControl = false;
  }

  private give(group: pid): void {
    const error = tcsetpgrp(this.fd, group);
    if (error < 0)
      say(DEBUG).text("cannot change the foreground process group: ").errno(error).end();
  }
}

export const terminal = new Terminal();
