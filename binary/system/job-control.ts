// What a stopped main child means: knell stops too under a job-control shell; as PID 1 or session leader, where
// nobody could type fg, it undoes a stop from the keyboard (I54, I55).

import { kill, pid } from "./host";
import { SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU } from "./linux";
import { terminal } from "./terminal";

class JobControl {
  /** knell itself passed a TSTP on: the stop that follows is meant (I23). */
  private isStopWanted: bool = false;

  /** Before `signal` is passed on. */
  beforePassing(signal: i32, group: pid): void {
    if (signal === SIGTSTP) this.isStopWanted = true;
    if (signal !== SIGCONT) return;
    this.isStopWanted = false;
    if (terminal.hasJobControl) terminal.handOver(group);
  }

  /** The main child, which leads `group`, was stopped by `signal`. */
  mainStopped(signal: i32, group: pid): void {
    const isWanted = this.isStopWanted;
    this.isStopWanted = false;
    const wantsTerminal = signal === SIGTTIN || signal === SIGTTOU;
    if (terminal.hasJobControl) {
      if (wantsTerminal && terminal.handOver(group)) kill(-group, SIGCONT);
      else terminal.stopWith(signal, group);
    } else if (terminal.isOwned && signal === SIGTSTP && !isWanted) {
      kill(-group, SIGCONT);
    }
  }
}

export const jobControl = new JobControl();
