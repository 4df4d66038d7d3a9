// The limits that a failed fork or a killed child is explained with. cgroups(7)

import { LF } from "./ascii";
import { buffer } from "./buffers";
import { indexOf, parseDecimal, startsWith } from "./bytes";
import { ptr } from "./host";
import { PATH_MAX } from "./linux";
import { procPath, readFile } from "./proc";
import { Writer } from "./writer";

const MEMBERSHIP_SIZE: i32 = 4096;
const MEMBERSHIP: ptr = buffer(MEMBERSHIP_SIZE);
const CONTENT_SIZE: i32 = 512;
const CONTENT: ptr = buffer(CONTENT_SIZE);

const path = new Writer(-1, buffer(PATH_MAX), PATH_MAX - 1, false);

/** Appends ", pids cgroup at 100 of 100" if the two files can be read; nothing if not. */
export function writePidsLimit(line: Writer): void {
  const current = readPids("/pids.current");
  if (current <= 0) return;
  line.text(", pids cgroup at ").bytes(CONTENT, current);
  const limit = readPids("/pids.max");
  if (limit > 0) line.text(" of ").bytes(CONTENT, limit);
}

/** How many processes of this cgroup the OOM killer took so far; -1 if that cannot be read (cgroup v2 only). */
export function oomKills(): i64 {
  const length = readControl("0::", "/sys/fs/cgroup", "/memory.events");
  for (let at = 0; at < length; at++) {
    if (!startsWith(CONTENT + at, length - at, "oom_kill ")) continue;
    const value = at + 9;
    return parseDecimal(CONTENT + value, indexOf(CONTENT + value, length - value, LF));
  }
  return -1;
}

/** The length of a pids file's first line in CONTENT, from the v2 or the v1 hierarchy; 0 if neither has it. */
function readPids(name: string): i32 {
  let length = readControl("0::", "/sys/fs/cgroup", name);
  if (length <= 0) length = readControl(":pids:", "/sys/fs/cgroup/pids", name);
  return length > 0 ? max(indexOf(CONTENT, length, LF), 0) : 0;
}

/** Reads a control file of the cgroup that /proc/self/cgroup names after `key`, or of the mount's root. */
function readControl(key: string, mount: string, name: string): i32 {
  path.length = 0;
  path.text(mount);
  const root = path.length;
  writeMembership(key);
  path.text(name).byte(0);
  const length = readFile(path.buffer, CONTENT, CONTENT_SIZE);
  if (length > 0) return length;
  path.length = root;
  path.text(name).byte(0);
  return readFile(path.buffer, CONTENT, CONTENT_SIZE);
}

/** Appends the path behind `key` in a line of /proc/self/cgroup ("4:pids:/a/b", "0::/a/b"). */
function writeMembership(key: string): void {
  const length = readFile(procPath(0, "cgroup"), MEMBERSHIP, MEMBERSHIP_SIZE);
  for (let at = 0; at < length; at++) {
    if (!startsWith(MEMBERSHIP + at, length - at, key)) continue;
    const start = at + key.length;
    const end = indexOf(MEMBERSHIP + start, length - start, LF);
    // "/" alone would only double the slash.
    if (end > 1) path.bytes(MEMBERSHIP + start, end);
    return;
  }
}
