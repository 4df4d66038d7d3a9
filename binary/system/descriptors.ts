// Lets go of descriptors that a caller left open, and keeps knell's own out of the way.

import { close, close_range, dup2, fcntl, fd } from "./host";
import { F_DUPFD_CLOEXEC, F_GETFD } from "./linux";
import { entries, procPath } from "./proc";

const LAST_STANDARD: i32 = 2;
const LAST: i32 = i32.MAX_VALUE;
/** Without close_range(2) and /proc: as far as a service's descriptors usually go. Never to the limit (I61). */
const BLIND_LIMIT: i32 = 1024;

/** Closes every descriptor from `first` on, but `kept` and `alsoKept` (-1 for none). */
export function closeFrom(first: i32, kept: fd, alsoKept: fd = -1): void {
  const low = min(kept, alsoKept);
  const high = max(kept, alsoKept);
  const isDone =
    closeBetween(first, low - 1) &&
    closeBetween(max(first, low + 1), high - 1) &&
    closeBetween(max(first, high + 1), LAST);
  if (!isDone) closeOneByOne(first, kept, alsoKept);
}

/** False if the kernel cannot. */
function closeBetween(first: i32, last: i32): bool {
  return last < first || close_range(first, last) === 0;
}

function closeOneByOne(first: i32, kept: fd, alsoKept: fd): void {
  if (entries.start(procPath(0, "fd")) < 0) {
    for (let file = first; file < BLIND_LIMIT; file++) {
      if (file !== kept && file !== alsoKept) close(file);
    }
    return;
  }
  // Closing while the folder is read may skip entries: read it anew until nothing is left to close.
  for (let again = true; again; entries.rewind()) {
    again = false;
    for (let file = entries.next(); file >= 0; file = entries.next()) {
      if (file < first || file === kept || file === alsoKept) continue;
      if (file === entries.directory) continue;
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

/** Puts copies of `file` where 0, 1 or 2 is free, so that nothing else comes to be there. */
export function fillStandard(file: fd): void {
  for (let standard: fd = 0; standard <= LAST_STANDARD; standard++) {
    if (fcntl(standard, F_GETFD, 0) < 0) dup2(file, standard);
  }
}
