// Ends everything below this process (E5–E8, E10).

import { earlier, MILLISECOND, now } from "../system/clock";
import { pid } from "../system/host";
import { SIGKILL, SIGSTOP } from "../system/linux";
import { FATAL, say } from "../system/log";
import { stat, writeName } from "../system/proc";
import { ENDED, NO_CHILDREN, NOTHING, reapNext } from "../system/reap";
import { tree } from "../system/tree";
import { relay } from "./relay";

/** How long a killed process may take to end before the tree is looked through again. */
const SLICE: i64 = 4 * MILLISECOND;
/** So many slices in a row without one end: what is left cannot be killed. Slices, because a clock also counts
 * while the whole container is frozen or throttled. */
const PATIENCE: i32 = 3;
/** 'R' in /proc/PID/stat. */
const RUNNABLE: u8 = 82;
/** After so many rounds in which processes ended, a tree that is still there grows as fast as it is killed: it is
 * stopped first (E7). */
const STORM: i32 = 2;

/**
 * Kills and reaps until no child is left, or says which process cannot be killed. `firstPid` is the first child
 * that was started; the instant `until` ends it in any case.
 */
export function killTree(firstPid: pid, until: i64): void {
  // Often wait knows already that nobody is left: no look into /proc then (E4).
  if (collect(0, until) === NO_CHILDREN) return;
  let rounds = 0;
  for (let idle = 0; idle < PATIENCE; ) {
    const isStorm = rounds >= STORM && tree.signalFound(SIGSTOP);
    if (!isStorm || !tree.signalFound(SIGKILL)) tree.signalChildren(SIGKILL, firstPid);
    const isRefused = tree.signalled === 0 && tree.refused !== 0;
    const outcome = collect(max(tree.signalled, 1), until);
    if (outcome === NO_CHILDREN) return;
    if (isRefused || now() >= until) break;
    if (outcome === ENDED) rounds++;
    idle = outcome === ENDED || isDying(tree.last) ? 0 : idle + 1;
  }
  const process = tree.refused !== 0 ? tree.refused : tree.last;
  const line = say(FATAL).text("cannot kill process ").number(process).text(" (");
  writeName(line, process);
  line.text(tree.refused !== 0 ? "): it belongs to another user" : "): it does not end").end();
}

/** True if the killed `process` only waits for a processor to end on. */
function isDying(process: pid): bool {
  return stat.read(process) && stat.state === RUNNABLE;
}

/**
 * Reaps until `count` processes have ended, waiting at most a slice for each, 0 for not at all. NO_CHILDREN if none
 * is left, else ENDED if one was reaped, NOTHING if not.
 */
function collect(count: i32, until: i64): i32 {
  let ended = 0;
  let sliceEnd = earlier(until, now() + SLICE);
  while (now() < until) {
    const outcome = reapNext();
    if (outcome === NO_CHILDREN) return NO_CHILDREN;
    if (outcome === ENDED) {
      ended++;
      sliceEnd = earlier(until, now() + SLICE);
    }
    if (outcome !== NOTHING) continue;
    if (ended >= count || now() >= sliceEnd) break;
    relay.nextSignal(sliceEnd);
  }
  return ended > 0 ? ENDED : NOTHING;
}
