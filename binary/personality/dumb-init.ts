// knell under the name dumb-init: dumb-init 1.2.5's command line and defaults.

import { isVariableOn, isVariableZero, readEndpointVariables } from "../init/environment";
import { supervise } from "../init/init";
import { finish, RUN } from "../init/options";
import { DUMB_INIT, FORWARD_CHILD, FORWARD_GROUP, settings } from "../init/settings";
import { readRewrite } from "../init/values";
import { FAIL, PASS } from "../system/exit-status";
import { printHelp } from "../system/help";
import { getppid } from "../system/host";
import { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } from "../system/linux";
import { DEBUG, log, STYLE_DUMB_INIT } from "../system/log";
import { options } from "../system/options";
import { out } from "../system/output";
import { VERSION } from "../system/version";

/** Runs as dumb-init does; gives the exit status. */
export function dumbInit(): i32 {
  settings.parent = getppid();
  settings.personality = DUMB_INIT;
  log.style = STYLE_DUMB_INIT;
  if (isVariableOn("DUMB_INIT_DEBUG")) log.verbosity = DEBUG;
  let isSession: bool = !isVariableZero("DUMB_INIT_SETSID");
  // Before the command line: a --rewrite of one of the three overrides its default (I28).
  if (isSession && !asksForSingleChild()) stopOnSuspend();
  if (!readEndpointVariables()) return FAIL;
  options.start(1, "dumb-init --help");
  while (options.next()) {
    if (options.isFlag("h", "--help")) return printHelp("dumb-init");
    if (options.isFlag("V", "--version")) return version();
    if (options.isFlag("v", "--verbose")) log.verbosity = DEBUG;
    else if (options.isFlag("c", "--single-child")) isSession = false;
    else if (options.is("r", "--rewrite")) rewrite();
    else options.unknown();
  }
  if (options.failed) return FAIL;
  settings.leadsSession = isSession;
  settings.endsGroup = isSession;
  settings.forward = isSession ? FORWARD_GROUP : FORWARD_CHILD;
  const outcome = finish();
  return outcome === RUN ? supervise() : outcome;
}

/** In its own session the child gets no stop from a terminal, so the three become a plain STOP. */
function stopOnSuspend(): void {
  settings.rewrite(SIGTSTP, SIGSTOP);
  settings.rewrite(SIGTTIN, SIGSTOP);
  settings.rewrite(SIGTTOU, SIGSTOP);
}

/** Looks ahead for -c, which may come behind a --rewrite. */
function asksForSingleChild(): bool {
  options.start(1, "dumb-init --help");
  let isSingle: bool = false;
  while (options.next()) {
    if (options.is("c", "--single-child")) isSingle = true;
    else if (options.is("r", "--rewrite") && !options.value()) break;
  }
  return isSingle;
}

function rewrite(): void {
  if (options.value() && !readRewrite(options.valueAt, options.valueLength)) {
    options.refuse("SIGNAL:SIGNAL or SIGNAL:0");
  }
}

function version(): i32 {
  out.text("dumb-init v1.2.5 (knell ").text(VERSION).line(")");
  return out.flush() === 0 ? PASS : FAIL;
}
