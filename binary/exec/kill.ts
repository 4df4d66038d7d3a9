// Ends everything below this process (E5–E8, E10).

import { earlier, MILLISECOND, now } from "../system/clock";
import { pid } from "../system/host";
import { SIGKILL, SIGSTOP } from "../system/linux";
import { FATAL, say } from "../system/log";
import { writeName } from "../system/proc";
import { ENDED, NO_CHILDREN, NOTHING, reapNext } from "../system/reap";
import { tree } from "../system/tree";
import { relay } from "./relay";

/** How long a killed process may take to end before the tree is looked through again. */
const SLICE: i64 = 5 * MILLISECOND;
/** So many slices in a row without one end: what is left cannot be killed. Slices, because a clock also counts
 * while the whole container is frozen or throttled. */
const PATIENCE: i32 = 3;
/** A tree that is still there after so many rounds grows as fast as it is killed: it is stopped first (E7). */
const STORM_ROUND: i32 = 2;

/**
 * Kills and reaps until no child is left, or says which process cannot be killed. `firstPid` is the first child
 * that was started; the instant `until` ends it in any case.
 */
export function killTree(firstPid: pid, until: i64): void {
  let idle = 0;
  for (let round = 0; ; round++) {
    // Often wait knows already that nobody is left: no look into /proc then (E4).
    if (round === 0 && collect(0, until) === NO_CHILDREN) return;
    const isStorm = round >= STORM_ROUND && tree.signalFound(SIGSTOP);
    if (!isStorm || !tree.signalFound(SIGKILL)) tree.signalChildren(SIGKILL, firstPid);
    const isRefused = tree.signalled === 0 && tree.refused !== 0;
    const outcome = collect(max(tree.signalled, 1), until);
    if (outcome === NO_CHILDREN) return;
    idle = outcome === ENDED ? 0 : idle + 1;
    if (isRefused || idle === PATIENCE || now() >= until) break;
  }
  const process = tree.refused !== 0 ? tree.refused : tree.last;
  const line = say(FATAL).text("cannot kill process ").number(process).text(" (");
  writeName(line, process);
  line.text(tree.refused !== 0 ? "): it belongs to another user" : "): it does not end").end();
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
