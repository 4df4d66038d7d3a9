// Two processes (E17): the outer one, which the runtime knows and may kill at any time, only waits and relays. Its
// child, the guard, owns the command and outlives such a kill by as long as it takes to end everything.

import { earlier, MILLISECOND, now, SECOND } from "../system/clock";
import { closeFrom } from "../system/descriptors";
import { EXEC_FAILED } from "../system/exit-status";
import {
  close,
  dup2,
  exit,
  fork,
  getpid,
  getppid,
  kill,
  pid,
  prctl,
  setpgid,
} from "../system/host";
import { CLD_EXITED, PR_SET_CHILD_SUBREAPER, SIGCONT, SIGTERM } from "../system/linux";
import { FATAL, log, say } from "../system/log";
import { setParentDeathSignal } from "../system/parent-death";
import { ENDED, NO_CHILDREN, NOTHING, reaped, reapNext, STOPPED } from "../system/reap";
import { writeSignal } from "../system/signals";
import { terminal } from "../system/terminal";
import { explainFork } from "./command";
import { deadline } from "./deadline";
import { killTree } from "./kill";
import { settings } from "./options";
import { owner } from "./owner";
import { isToForward, messages, relay } from "./relay";

const STDOUT: i32 = 1;
const STDERR: i32 = 2;
const RUNNING: i32 = -1;

/** The guard has this long after the deadline, in slices: where everything is slow, a slice is longer for both. */
const SLICE: i64 = 5 * MILLISECOND;
const PATIENCE: i32 = 4;

/** Runs the command under a guard and gives the exit status. */
export function runGuarded(): i32 {
  const outer = getpid();
  const guard = fork();
  if (guard === 0) exit(beGuard(outer));
  if (guard < 0) return explainFork(guard);
  relay.closeInputs();
  return watch(guard);
}

function beGuard(outer: pid): i32 {
  // Out of the group that the runtime may kill as a whole.
  setpgid(0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  setParentDeathSignal(SIGTERM, outer);
  log.line.fd = messages.input;
  if (getppid() !== outer) return EXEC_FAILED;
  const failure = owner.start();
  if (failure !== 0) return failure;
  letGo();
  return owner.run(outer);
}

/** Keeps nothing of the runtime's open: after the outer process is killed its reader sees the end at once (E18). */
function letGo(): void {
  dup2(messages.input, STDERR);
  log.line.fd = STDERR;
  relay.closeInputs();
  relay.closeOutputs();
  close(STDOUT);
  closeFrom(STDERR + 1, -1);
}

/** Waits for the guard's end, after the deadline no longer than it should take, and gives the exit status. */
function watch(guard: pid): i32 {
  let wakeAt = deadline.killAt;
  let slices = 0;
  while (true) {
    const status = reapGuard(guard);
    if (status !== RUNNING) return status;
    const time = now();
    if (time >= wakeAt) {
      if (slices === PATIENCE) break;
      slices++;
      wakeAt = time + SLICE;
    }
    const signal = relay.nextSignal(wakeAt);
    if (signal > 0 && isToForward(signal)) kill(guard, signal);
  }
  // The guard has been at it since the deadline, and goes on without a parent.
  kill(guard, SIGCONT);
  return settings.onTimeout;
}

/** The guard's exit status, or RUNNING. */
function reapGuard(guard: pid): i32 {
  while (true) {
    const outcome = reapNext();
    if (outcome === NOTHING || outcome === NO_CHILDREN) return RUNNING;
    if (reaped.pid !== guard) continue;
    if (outcome === ENDED)
      return reaped.code === CLD_EXITED ? reaped.status : takeOver(guard, reaped.status);
    if (outcome !== STOPPED) continue;
    // The guard stops together with the command, or by somebody who means to keep it from its work.
    if (terminal.hasJobControl) terminal.stopWith(reaped.status, 0);
    kill(guard, SIGCONT);
  }
}

/** Somebody killed the guard: its tree has surfaced here (E18). */
function takeOver(guard: pid, signal: i32): i32 {
  const line = say(FATAL).text("the guard was killed by ");
  writeSignal(line, signal);
  line.text("; the command is ended").end();
  killTree(guard, earlier(now() + SECOND, deadline.exitAt()));
  return EXEC_FAILED;
}
