// A deadline wrapper for one command that leaves no process, no zombie and no open pipe behind.

import { MILLISECOND, now } from "../system/clock";
import { EXEC_FAILED } from "../system/exit-status";
import { printHelp } from "../system/help";
import { prctl, tcgetpgrp } from "../system/host";
import { PR_SET_CHILD_SUBREAPER } from "../system/linux";
import { FATAL, say, WARN } from "../system/log";
import { terminal } from "../system/terminal";
import { childSignal } from "./command";
import { deadline } from "./deadline";
import { runGuarded } from "./guard";
import { readSettings, settings } from "./options";
import { owner } from "./owner";
import { relay } from "./relay";

const STDIN: i32 = 0;
/** For what is in the pipes when the deadline has passed. */
const LAST_COPY: i64 = 3 * MILLISECOND;

/** Runs `knell exec` with the options from argument `first` on; gives the exit status. */
export function exec(first: i32): i32 {
  const startedAt = now();
  if (!readSettings(first)) return EXEC_FAILED;
  return settings.wantsHelp ? printHelp("exec") : run(startedAt);
}

/**
 * As `exec`, in a child of init, which is told of its end: without a guard, and never without a deadline, which is
 * `timeout` nanoseconds unless the options give one.
 */
export function execUnderInit(first: i32, timeout: i64): i32 {
  const startedAt = now();
  if (!readSettings(first)) return EXEC_FAILED;
  settings.hasGuard = false;
  settings.timeout = timeout;
  return run(startedAt);
}

function run(startedAt: i64): i32 {
  deadline.start(startedAt);
  childSignal.makeDefault();
  becomeSubreaper();
  if (tcgetpgrp(STDIN) >= 0) terminal.open(true);
  const error = relay.open();
  if (error < 0) {
    say(FATAL).text("cannot make a pipe: ").errno(error).end();
    return EXEC_FAILED;
  }
  const status = settings.hasGuard ? runGuarded() : runAlone();
  relay.finish(max<i64>(deadline.exitAt(), now() + LAST_COPY));
  return status;
}

/** Orphans below come here and not to a PID 1 that never waits. */
function becomeSubreaper(): void {
  const error = prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (error === 0) return;
  const line = say(WARN).text("cannot adopt orphans, only the command's group is killed: ");
  line.errno(error).end();
}

/** `--no-guard`: this process is the owner. */
function runAlone(): i32 {
  const failure = owner.start();
  if (failure !== 0) return failure;
  relay.closeInputs();
  return owner.run(0);
}
