// `knell pause`: PID 1 of a pod. It holds the namespaces, reaps, and never signals anyone (P6).

import { readArgument, WORD_SIZE } from "../system/arguments";
import { buffer } from "../system/buffers";
import { equals, equalsIgnoringCase } from "../system/bytes";
import { closeFrom } from "../system/descriptors";
import { PASS } from "../system/exit-status";
import { chdir, getpid, ptr, rt_sigtimedwait, sigaction } from "../system/host";
import { SIG_DFL, SIGCHLD, SIGINT, SIGTERM } from "../system/linux";
import { FATAL, INFO, log, say, WARN } from "../system/log";
import { NO_CHILDREN, NOTHING, reapNext } from "../system/reap";
import { ALL_SIGNALS, maskOf, writeSignal } from "../system/signals";
import { printVersion } from "../system/version";
import { copyPath } from "../system/writer";

/** Children taken between two looks at the signals, so that a chain of orphans does not keep SIGTERM waiting. */
const REAPS_AT_ONCE: i32 = 256;
const FIRST_OTHER_FD: i32 = 3;
const ENDS: u64 = maskOf(SIGTERM) | maskOf(SIGINT);

const WORD: ptr = buffer(WORD_SIZE);
const SIGNAL_INFO: ptr = buffer(24);

/** Runs `knell pause` with the options from argument `first` on until SIGTERM or SIGINT; gives the exit status. */
export function pause(first: i32): i32 {
  log.verbosity = INFO;
  for (let index = first, length = 0; length >= 0; index++) {
    length = readArgument(index, WORD);
    if (length < 0) continue;
    if (equalsIgnoringCase(WORD, length, "-v")) return printVersion();
    if (equals(WORD, length, "-q") || equals(WORD, length, "--quiet")) log.verbosity = FATAL;
  }
  if (getpid() !== 1)
    say(WARN)
      .text("not PID 1: only its own children are reaped; make it a pod's first process")
      .end();
  letGo();
  const signal = hold();
  writeSignal(say(INFO).text("ended by "), signal);
  log.line.end();
  return PASS;
}

/** Leaves what the caller gave: its folder, its descriptors, and an ignored SIGCHLD, which hides ptrace-stops. */
function letGo(): void {
  copyPath(WORD, "/");
  chdir(WORD);
  closeFrom(FIRST_OTHER_FD, -1);
  sigaction(SIGCHLD, SIG_DFL);
}

/** Reaps until a signal ends this; gives that signal. */
function hold(): i32 {
  let signal = 0;
  while (!isEnd(signal)) {
    const hasMore = reapSome();
    signal = rt_sigtimedwait(ALL_SIGNALS, SIGNAL_INFO, hasMore ? 0 : -1);
    // The kernel gives the lowest number first: a flood of HUP would keep TERM waiting for ever.
    if (signal > 0 && !isEnd(signal)) signal = rt_sigtimedwait(ENDS, SIGNAL_INFO, 0);
  }
  return signal;
}

function isEnd(signal: i32): bool {
  return signal === SIGTERM || signal === SIGINT;
}

/** True if there may be more to reap. */
function reapSome(): bool {
  for (let count = 0; count < REAPS_AT_ONCE; count++) {
    const outcome = reapNext();
    if (outcome === NOTHING || outcome === NO_CHILDREN) return false;
  }
  return true;
}
