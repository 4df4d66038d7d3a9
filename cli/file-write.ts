// Replacing a file's content so that at every moment it is the old or the new one, whole.

import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Replaces the content of an existing file, or of what a symbolic link points to; mode and owner stay. Throws what the system
 * says (EACCES, EROFS, ENOSPC …), with the old content in place: a temporary file in the same folder is renamed at the end.
 */
export function replaceFile(path: string, content: Uint8Array): void {
  const target = realpathSync(path);
  // Renaming asks for the folder's permissions only: a read-only file stays what its owner made it.
  accessSync(target, constants.W_OK);
  const { mode, uid, gid } = statSync(target);
  if ((mode & 0o222) === 0) throw readOnly(path);
  writeThenRename(target, content, (temporary) => {
    const made = statSync(temporary);
    if (made.uid !== uid || made.gid !== gid) chownSync(temporary, uid, gid);
    // After chown, which clears set-user-ID.
    chmodSync(temporary, mode & 0o7777);
  });
}

/** Writes a file that may exist or not. Throws what the system says, with any old content in place. */
export function writeWholeFile(path: string, content: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
    replaceFile(path, Buffer.from(content));
  } else if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    writeThenRename(path, Buffer.from(content), () => {});
  } else {
    writeInto(path, Buffer.from(content));
  }
}

function writeThenRename(
  target: string,
  content: Uint8Array,
  prepare: (temporary: string) => void,
): void {
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.knell`);
  try {
    const fd = openSync(temporary, "wx", 0o666);
    try {
      writeAll(fd, content);
      // Else a power cut may leave the new name with no content.
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    prepare(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A device or a pipe, such as /dev/stderr. */
function writeInto(path: string, content: Uint8Array): void {
  const fd = openSync(path, "w");
  try {
    writeAll(fd, content);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, content: Uint8Array): void {
  for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
}

/** root may write anything; the mode still says what the owner wants. */
function readOnly(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`EACCES: file is read-only, open '${path}'`), { code: "EACCES" });
}
