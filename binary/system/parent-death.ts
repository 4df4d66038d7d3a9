// Parent-death signals with their race closed: the parent may be gone before prctl(2) is heard (I67, I68).

import { getpid, getppid, kill, pid, prctl } from "./host";
import { PR_SET_PDEATHSIG } from "./linux";

/**
 * Asks for `signal` when the parent dies. `parent` is what getppid gave when it was surely alive: if it has changed
 * the signal is raised at once. 0, or prctl's negated errno.
 */
export function setParentDeathSignal(signal: i32, parent: pid): i32 {
  const error = prctl(PR_SET_PDEATHSIG, signal);
  if (error < 0) return error;
  return getppid() === parent ? 0 : kill(getpid(), signal);
}
