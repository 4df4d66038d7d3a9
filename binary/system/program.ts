// Turns this process into a program as execvp(3) does, and says why when it cannot (I6, I10–I12).

import { findVariable } from "./arguments";
import { COLON, SLASH } from "./ascii";
import { buffer } from "./buffers";
import { copyText, indexOf } from "./bytes";
import { describeExecutable, isElf, missingInterpreter } from "./executable";
import { NOT_EXECUTABLE, NOT_FOUND } from "./exit-status";
import {
  argv_length,
  argv_read,
  argv_set,
  environ_length,
  environ_read,
  execve,
  initial_mask,
  ptr,
  rt_sigprocmask,
} from "./host";
import {
  EACCES,
  ENAMETOOLONG,
  ENOENT,
  ENOEXEC,
  ENOTDIR,
  ESTALE,
  PATH_MAX,
  SIG_SETMASK,
} from "./linux";
import { FATAL, say } from "./log";
import { ALL_SIGNALS } from "./signals";

const DEFAULT_PATH: string = "/usr/local/bin:/usr/bin:/bin";
const SHELL: string = "/bin/sh";
const PATH_NAME: string = "PATH";
const PATH_SLICE: i32 = 4096;

const NAME: ptr = buffer(PATH_MAX);
const CANDIDATE: ptr = buffer(PATH_MAX);
const SHELL_PATH: ptr = buffer(16);
const SLICE: ptr = buffer(PATH_SLICE);

/**
 * Runs argument `index` with the arguments after it and the signal mask knell was started with. Comes back only
 * on failure, with one line written: 127 if there is no such program, 126 if it cannot be run.
 */
export function becomeProgram(index: i32): i32 {
  const length = argv_length(index);
  const copied = argv_read(index, 0, NAME, min(length, PATH_MAX - 1));
  store<u8>(NAME + copied, 0);
  rt_sigprocmask(SIG_SETMASK, initial_mask());
  let error = -ENOENT;
  if (length >= PATH_MAX) error = -ENAMETOOLONG;
  else if (indexOf(NAME, length, SLASH) >= 0) error = attempt(NAME, index);
  else if (length > 0) error = searchPath(index, length);
  // Blocked again: a closed stderr must not turn 127 into death by SIGPIPE.
  rt_sigprocmask(SIG_SETMASK, ALL_SIGNALS);
  return explain(copied, error);
}

/** execve(2), and /bin/sh for a text file without "#!" (execvp(3)); gives a negated errno. */
function attempt(path: ptr, index: i32): i32 {
  const error = execve(path, index);
  if (error !== -ENOEXEC || isElf(path)) return error;
  argv_set(index - 1, SHELL_PATH);
  argv_set(index, path);
  store<u8>(SHELL_PATH + copyText(SHELL_PATH, SHELL), 0);
  execve(SHELL_PATH, index - 1);
  return -ENOEXEC;
}

/** Tries `NAME` in each folder of PATH. EACCES in one of them is remembered and does not end the search. */
function searchPath(index: i32, nameLength: i32): i32 {
  const variable = findVariable(PATH_NAME);
  const end = variable < 0 ? DEFAULT_PATH.length : environ_length(variable);
  let denied = false;
  let folder = 0;
  let at = variable < 0 ? 0 : PATH_NAME.length + 1;
  let sliceStart = at;
  let sliceLength = 0;
  for (; at <= end; at++) {
    if (at < end && at - sliceStart >= sliceLength) {
      sliceStart = at;
      sliceLength =
        variable < 0
          ? copyText(SLICE, DEFAULT_PATH)
          : environ_read(variable, at, SLICE, PATH_SLICE);
    }
    if (at < end && load<u8>(SLICE + (at - sliceStart)) !== COLON) {
      if (folder < PATH_MAX) store<u8>(CANDIDATE + folder, load<u8>(SLICE + (at - sliceStart)));
      folder = min(folder + 1, PATH_MAX);
      continue;
    }
    const error = attemptIn(folder, index, nameLength);
    folder = 0;
    if (error === -EACCES) denied = true;
    else if (
      error !== -ENOENT &&
      error !== -ENOTDIR &&
      error !== -ESTALE &&
      error !== -ENAMETOOLONG
    )
      return error;
  }
  return denied ? -EACCES : -ENOENT;
}

/** `folder` bytes of a folder's name stand in CANDIDATE; none means the current one. */
function attemptIn(folder: i32, index: i32, nameLength: i32): i32 {
  let length = folder;
  if (length + 1 + nameLength >= PATH_MAX) return -ENAMETOOLONG;
  if (length > 0) store<u8>(CANDIDATE + length++, SLASH);
  memory.copy(CANDIDATE + length, NAME, nameLength + 1);
  return attempt(CANDIDATE, index);
}

function explain(nameLength: i32, error: i32): i32 {
  const line = say(FATAL).text("cannot run ").quoted(NAME, nameLength).text(": ");
  const hasSlash = indexOf(NAME, nameLength, SLASH) >= 0;
  if (error === -ENOENT && hasSlash && missingInterpreter(NAME, line)) {
    line.end();
    return NOT_FOUND;
  }
  if (error === -ENOEXEC) describeExecutable(hasSlash ? NAME : CANDIDATE, line);
  line.errno(error);
  if (error === -ENOENT) line.text(hasSlash ? "; check the path" : "; check the image's PATH");
  else if (error === -EACCES) line.text("; check its mode and the mount options");
  line.end();
  return error === -ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}
