// Lets go of descriptors that a caller left open, and keeps knell's own out of the way.

import { close, close_range, fcntl, fd } from "./host";
import { F_DUPFD_CLOEXEC } from "./linux";
import { entries, procPath } from "./proc";

const LAST_STANDARD: i32 = 2;
const LAST: i32 = i32.MAX_VALUE;
/** Without close_range(2) and /proc: as far as a service's descriptors usually go. Never to the limit (I61). */
const BLIND_LIMIT: i32 = 1024;

/** Closes every descriptor from `first` on, but `kept` (-1 for none). */
export function closeFrom(first: i32, kept: i32): void {
  if (kept < first) {
    if (close_range(first, LAST) < 0) closeOneByOne(first, kept);
    return;
  }
  const below = kept > first ? close_range(first, kept - 1) : 0;
  if (below < 0 || close_range(kept + 1, LAST) < 0) closeOneByOne(first, kept);
}

function closeOneByOne(first: i32, kept: i32): void {
  if (entries.start(procPath(0, "fd")) < 0) {
    for (let file = first; file < BLIND_LIMIT; file++) {
      if (file !== kept) close(file);
    }
    return;
  }
  // Closing while the folder is read may skip entries: read it anew until nothing is left to close.
  for (let again = true; again; entries.rewind()) {
    again = false;
    for (let file = entries.next(); file >= 0; file = entries.next()) {
      if (file < first || file === kept || file === entries.directory) continue;
      if (close(file) === 0) again = true;
    }
  }
  entries.end();
}

/**
 * Moves `file`, one of knell's own, above 2: 0, 1 and 2 that were closed on entry stay closed for the child (I18).
 * Gives the descriptor, or a negated errno; one that is negative already comes back as it is.
 */
export function aboveStandard(file: fd): fd {
  if (file < 0 || file > LAST_STANDARD) return file;
  const copy = fcntl(file, F_DUPFD_CLOEXEC, LAST_STANDARD + 1);
  close(file);
  return copy;
}
