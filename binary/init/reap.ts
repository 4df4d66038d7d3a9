// Collects children: the main child's end decides when knell leaves, everyone else's only empties the table.

import { exitStatus } from "../system/exit-status";
import { kill } from "../system/host";
import { jobControl } from "../system/job-control";
import { CLD_EXITED, SIGTERM } from "../system/linux";
import { DEBUG, INFO, say, WARN } from "../system/log";
import { writeName } from "../system/proc";
import {
  ENDED,
  NO_CHILDREN,
  NOTHING,
  peekNext,
  reaped,
  reapNext,
  reapOnly,
  STOPPED,
} from "../system/reap";
import { writeSignal } from "../system/signals";
import { forwarder } from "./forward";
import { lifecycle } from "./lifecycle";
import { settings } from "./settings";

/** After this many knell looks at signals again (I36). */
const BATCH: i32 = 256;

/** Reaps up to 256 children; true if there may be more. */
export function reapSome(): bool {
  const isPeeking = settings.warnsOnReap || settings.endsGroup;
  for (let count = 0; count < BATCH; count++) {
    const outcome = isPeeking ? peekNext() : reapNext();
    if (outcome === NOTHING) return false;
    if (outcome === NO_CHILDREN) {
      lifecycle.nobodyLeft();
      return false;
    }
    const isMain = reaped.pid === forwarder.main;
    if (outcome === STOPPED && isMain) jobControl.mainStopped(reaped.status, forwarder.main);
    if (outcome !== ENDED) continue;
    if (isMain) mainEnded(isPeeking);
    else otherEnded(isPeeking);
  }
  return true;
}

function mainEnded(isPeeking: bool): void {
  const child = reaped.pid;
  const status = exitStatus(reaped.code, reaped.status);
  const line = say(INFO).text("Main child exited ");
  if (reaped.code === CLD_EXITED) line.text("normally (with status '").number(reaped.status);
  else writeSignal(line.text("with signal (with signal '"), reaped.status);
  line.text("')").end();
  // While the child is a zombie its group is still its own (I31).
  if (settings.endsGroup) kill(-child, SIGTERM);
  if (isPeeking) reapOnly(child);
  lifecycle.mainEnded(status);
}

function otherEnded(isPeeking: bool): void {
  const line = say(settings.warnsOnReap ? WARN : DEBUG);
  line.text("Reaped zombie process with pid=").number(reaped.pid);
  if (settings.warnsOnReap) {
    writeName(line.text(" ("), reaped.pid);
    line.text("), ");
    if (reaped.code === CLD_EXITED) line.text("exit status ").number(reaped.status);
    else writeSignal(line.text("killed by "), reaped.status);
  }
  line.end();
  if (isPeeking) reapOnly(reaped.pid);
}
