// The life of PID 1: spawn, then wait → forward → reap → leave. From the spawn on nothing here may fail: the end
// of PID 1 is the end of the container.

import { NO_SIGNAL, server } from "../health/server";
import { addressText, openEndpoint } from "../health/setup";
import { oomKills } from "../system/cgroup";
import { earlier, isOver, timeLeft } from "../system/clock";
import { FAIL, signalStatus } from "../system/exit-status";
import { printHelp } from "../system/help";
import { get_child_subreaper, getpid, getppid, prctl, rt_sigtimedwait } from "../system/host";
import { jobControl } from "../system/job-control";
import { EAGAIN, PR_SET_CHILD_SUBREAPER, SIGCHLD, SIGKILL } from "../system/linux";
import { DEBUG, FATAL, INFO, log, say, WARN } from "../system/log";
import { setParentDeathSignal } from "../system/parent-death";
import { terminal } from "../system/terminal";
import { printVersion } from "../system/version";
import { readKnellVariables, readTiniVariables } from "./environment";
import { forwarder, RECEIVED } from "./forward";
import { lifecycle } from "./lifecycle";
import { HELP, LICENCE, RUN, readOptions, SHOW_VERSION } from "./options";
import { reaper } from "./reap";
import { settings, TINI } from "./settings";
import { letGo, spawnMain } from "./spawn";

/** `knell init` with its options from argument `first` on. Gives the exit status. */
export function init(first: i32): i32 {
  settings.parent = getppid();
  if (!readKnellVariables()) return FAIL;
  const outcome = readOptions(first);
  if (outcome === RUN) return supervise();
  if (outcome === HELP) return printHelp("init");
  if (outcome === LICENCE) return printHelp("license");
  if (outcome === SHOW_VERSION) return printVersion();
  return FAIL;
}

/** Runs the program that `settings` describe, to its end. Gives the exit status. */
export function supervise(): i32 {
  readTiniVariables();
  if (addressText.length > 0 && !openEndpoint()) return FAIL;
  forwarder.self = getpid();
  if (!becomeReaper()) return FAIL;
  if (settings.deathSignal > 0) {
    const error = setParentDeathSignal(settings.deathSignal, settings.parent);
    if (error < 0) say(WARN).text("cannot set the parent-death signal: ").errno(error).end();
  }
  terminal.open(settings.leadsGroup);
  const killsBefore: i64 = log.verbosity >= INFO ? oomKills() : -1;
  const child = spawnMain();
  if (child < 0) return FAIL;
  forwarder.main = child;
  forwarder.firstPid = child;
  letGo();
  loop();
  terminal.takeBack(child);
  if (lifecycle.status === signalStatus(SIGKILL)) reportOomKill(killsBefore);
  return settings.mappedExit(lifecycle.status);
}

function loop(): void {
  for (;;) {
    const signal = nextSignal(earlier(reaper.wakeAt, lifecycle.deadline));
    if (signal === SIGCHLD) say(DEBUG).text("Received SIGCHLD").end();
    else if (signal > 0) receive();
    reaper.work();
    if (isOver(lifecycle.deadline)) lifecycle.expire();
    if (lifecycle.isLeaving && (reaper.wakeAt !== 0 || isOver(lifecycle.deadline))) return;
  }
}

/** The next signal, in RECEIVED too; negative at `until`, or when the endpoint had something to do instead. */
function nextSignal(until: i64): i32 {
  if (!server.isOpen) return rt_sigtimedwait(reaper.signals, RECEIVED, timeLeft(until));
  const patience = server.wait(reaper.signals, until);
  return patience === NO_SIGNAL ? -EAGAIN : rt_sigtimedwait(reaper.signals, RECEIVED, patience);
}

function receive(): void {
  const signal = forwarder.accept();
  if (signal === 0) return;
  if (forwarder.main > 0) jobControl.beforePassing(signal, forwarder.main);
  lifecycle.receive(signal);
}

/** PID 1 is everyone's reaper; anybody else has to register (I40, I41). False if that was required and failed. */
function becomeReaper(): bool {
  if (forwarder.self === 1 && !settings.isSubreaperRequired) return true;
  if (settings.personality === TINI && !settings.isSubreaperRequired) {
    if (get_child_subreaper() !== 1) warnLikeTini();
    return true;
  }
  const error = prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (error === 0) return true;
  const line = say(settings.isSubreaperRequired ? FATAL : WARN);
  line.text("cannot register as child subreaper: ").errno(error);
  line.text("; orphans will not be reaped unless knell is PID 1").end();
  return !settings.isSubreaperRequired;
}

/** The text scripts look for (I70). */
function warnLikeTini(): void {
  say(WARN)
    .text(
      "Tini is not running as PID 1 and isn't registered as a child subreaper, so zombie reaping won't work; ",
    )
    .text("use -s, set TINI_SUBREAPER, or run it as PID 1")
    .end();
}

function reportOomKill(before: i64): void {
  if (before < 0) return;
  const kills = oomKills() - before;
  if (kills > 0)
    say(INFO).text("the OOM killer took ").number(kills).text(" process(es) of this cgroup").end();
}
