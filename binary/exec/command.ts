// Starts the command.

import { buffer } from "../system/buffers";
import { writePidsLimit } from "../system/cgroup";
import { aboveStandard } from "../system/descriptors";
import { EXEC_FAILED } from "../system/exit-status";
import { dup2, exit, fcntl, fd, fork, open, pid, ptr, setpgid, sigaction } from "../system/host";
import { F_GETFD, O_RDWR, SIG_DFL, SIG_IGN, SIGCHLD } from "../system/linux";
import { FATAL, log, say } from "../system/log";
import { countZombies } from "../system/proc";
import { becomeProgram } from "../system/program";
import { terminal } from "../system/terminal";
import { copyPath } from "../system/writer";
import { NULL, settings } from "./options";
import { messages, stderr, stdout } from "./relay";

const STDIN: i32 = 0;
const LAST_STANDARD: i32 = 2;
const PATH: ptr = buffer(16);

class ChildSignal {
  private wasIgnored: bool = false;

  /** An ignored SIGCHLD would take away every exit code (I21). */
  makeDefault(): void {
    this.wasIgnored = sigaction(SIGCHLD, SIG_DFL) === SIG_IGN;
  }

  restore(): void {
    if (this.wasIgnored) sigaction(SIGCHLD, SIG_IGN);
  }
}

export const childSignal = new ChildSignal();

/** Starts the command in a process group of its own; gives its pid, or fork's negated errno. */
export function startCommand(): pid {
  const child = fork();
  if (child === 0) exit(becomeCommand());
  if (child > 0) setpgid(child, child);
  return child;
}

/** Says why there can be no more processes, with what fills the limit (E20). Gives the exit status. */
export function explainFork(error: i32): i32 {
  const line = say(FATAL).text("cannot fork: ").errno(error);
  writePidsLimit(line);
  line.text(", ").number(countZombies()).text(" zombies").end();
  return EXEC_FAILED;
}

function becomeCommand(): i32 {
  setpgid(0, 0);
  terminal.takeInChild();
  childSignal.restore();
  log.line.fd = messages.input;
  stdout.connect();
  stderr.connect();
  if (settings.output === NULL || settings.isStdinNull) {
    const error = connectNull();
    if (error < 0) {
      say(FATAL).text('cannot open "/dev/null": ').errno(error).end();
      return EXEC_FAILED;
    }
  }
  return becomeProgram(settings.command);
}

function connectNull(): i32 {
  copyPath(PATH, "/dev/null");
  const file = aboveStandard(open(PATH, O_RDWR));
  if (file < 0) return file;
  if (settings.isStdinNull) dup2(file, STDIN);
  if (settings.output !== NULL) return 0;
  for (let standard: fd = STDIN + 1; standard <= LAST_STANDARD; standard++) {
    if (fcntl(standard, F_GETFD, 0) >= 0) dup2(file, standard);
  }
  return 0;
}
