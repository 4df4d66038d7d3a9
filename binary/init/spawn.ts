// From one process to two: the main child with everything that was knell's, and a knell that has let go of it.

import { server } from "../health/server";
import { buffer } from "../system/buffers";
import { writePidsLimit } from "../system/cgroup";
import { closeFrom } from "../system/descriptors";
import {
  chdir,
  close,
  exit,
  fork,
  getpid,
  pid,
  ptr,
  setpgid,
  setsid,
  sigaction,
} from "../system/host";
import { SIG_DFL, SIG_IGN, SIGCHLD } from "../system/linux";
import { FATAL, INFO, say, WARN } from "../system/log";
import { setParentDeathSignal } from "../system/parent-death";
import { becomeProgram } from "../system/program";
import { terminal } from "../system/terminal";
import { copyPath } from "../system/writer";
import { readdressToSelf } from "./environment";
import { settings } from "./settings";

const ROOT: ptr = buffer(2);
const STDIN: i32 = 0;
const STDOUT: i32 = 1;
const STDERR: i32 = 2;

/** Starts the main child and gives its pid, or a negated errno with the message written (I13). */
export function spawnMain(): pid {
  // Ignored on entry it would make the kernel reap in knell's place, and lose the status (I21).
  const childSignal = sigaction(SIGCHLD, SIG_DFL);
  const knell = getpid();
  if (settings.leadsSession) terminal.release();
  const child = fork();
  if (child === 0) exit(beMain(knell, childSignal));
  if (child < 0) {
    const line = say(FATAL).text("cannot fork: ").errno(child);
    writePidsLimit(line);
    line.text("; raise the limit on processes").end();
    return child;
  }
  // In parent and child, so that a signal right behind fork finds the group (I16). The slower one fails: no matter.
  if (settings.leadsGroup && !settings.leadsSession) setpgid(child, child);
  say(INFO).text("Spawned child process with pid '").number(child).text("'").end();
  return child;
}

/** In the child: comes back only when the program cannot be run, with the exit status. */
function beMain(knell: pid, childSignal: i32): i32 {
  if (settings.leadsSession) {
    setsid();
    terminal.adoptInChild();
  } else if (settings.leadsGroup) {
    setpgid(0, 0);
    terminal.takeInChild();
  }
  if (settings.childDeathSignal > 0) {
    const error = setParentDeathSignal(settings.childDeathSignal, knell);
    if (error < 0) say(WARN).text("cannot set --child-pdeathsig: ").errno(error).end();
  }
  readdressToSelf(knell);
  if (childSignal === SIG_IGN) sigaction(SIGCHLD, SIG_IGN);
  return becomeProgram(settings.program);
}

/** Drops what only the child needs: descriptors, stdin, stdout and the folder knell was started in (I60, I61). */
export function letGo(): void {
  if (terminal.fd !== STDIN) close(STDIN);
  if (terminal.fd !== STDOUT) close(STDOUT);
  closeFrom(STDERR + 1, terminal.fd, server.listeningOn);
  copyPath(ROOT, "/");
  chdir(ROOT);
  if (server.isOpen) server.begin();
}
