// Reads /proc (proc(5)). It may be missing or hide other users' processes; then a read fails and the caller does without.

import { CLOSE_PARENTHESIS, OPEN_PARENTHESIS, QUESTION_MARK, SLASH, SPACE } from "./ascii";
import { buffer } from "./buffers";
import { indexOf, isDigit, parseDecimal } from "./bytes";
import { close, getdents64, getpid, lseek, open, pid, ptr, read, readlink } from "./host";
import { EINTR, ENOENT, O_RDONLY } from "./linux";
import { Writer } from "./writer";

const PATH_SIZE: i32 = 128;
const DIRECTORY_SIZE: i32 = 8192;
const STAT_SIZE: i32 = 1024;
const COMM_SIZE: i32 = 64;
const ZOMBIE: u8 = 90;

const path = new Writer(-1, buffer(PATH_SIZE), PATH_SIZE - 1, false);
const DIRECTORY: ptr = buffer(DIRECTORY_SIZE);
const STAT: ptr = buffer(STAT_SIZE);
const COMM: ptr = buffer(COMM_SIZE);

// struct linux_dirent64: d_ino u64, d_off i64, d_reclen u16, d_type u8, d_name
const RECORD_LENGTH: usize = 16;
const RECORD_NAME: usize = 19;

/** "/proc/PID/name", or "/proc/self/name" for pid 0, as a C string. */
export function procPath(process: pid, name: string): ptr {
  path.length = 0;
  path.text("/proc/");
  if (process === 0) path.text("self");
  else path.number(process);
  path.byte(SLASH).text(name);
  store<u8>(path.buffer + path.length, 0);
  return path.buffer;
}

/** True if /proc is there and belongs to this PID namespace: in a bare `unshare --pid` it shows other pids. */
export function isProcOurs(): bool {
  path.length = 0;
  path.text("/proc/self").byte(0);
  const length = readlink(path.buffer, COMM, COMM_SIZE);
  return length > 0 && parseDecimal(COMM, length) === getpid();
}

/**
 * Reads this process's children to `to`, as pids with a space behind each. Gives the length or a negated errno: the
 * file needs CONFIG_PROC_CHILDREN. It costs the same however many processes there are, and hidepid does not touch it.
 */
export function readChildren(to: ptr, size: i32): i32 {
  if (!isProcOurs()) return -ENOENT;
  path.length = 0;
  path.text("/proc/thread-self/children").byte(0);
  return readFile(path.buffer, to, size);
}

/** Reads up to `size` bytes of the file at C string `name`; gives the count or a negated errno. */
export function readFile(name: ptr, to: ptr, size: i32): i32 {
  const file = open(name, O_RDONLY);
  if (file < 0) return file;
  let length = 0;
  while (length < size) {
    const result = read(file, to + length, size - length);
    if (result === -EINTR) continue;
    if (result < 0 && length === 0) length = result;
    if (result <= 0) break;
    length += result;
  }
  close(file);
  return length;
}

/** Walks the entries of a folder whose names are numbers: pids, descriptors. One walk at a time. */
class NumberedEntries {
  directory: i32 = -1;
  private filled: i32 = 0;
  private offset: i32 = 0;

  /** Begins a walk of the folder at C string `name`; 0 or a negated errno. */
  start(name: ptr): i32 {
    this.directory = open(name, O_RDONLY);
    this.filled = 0;
    this.offset = 0;
    return min(this.directory, 0);
  }

  /** Begins again with the folder that is open. */
  rewind(): void {
    lseek(this.directory, 0);
    this.filled = 0;
    this.offset = 0;
  }

  /** The next number, -1 at the end. */
  next(): i32 {
    while (this.offset < this.filled || this.fill()) {
      const record = DIRECTORY + this.offset;
      const length: i32 = load<u16>(record + RECORD_LENGTH);
      if (length <= <i32>RECORD_NAME) return -1;
      this.offset += length;
      const name = record + RECORD_NAME;
      if (!isDigit(load<u8>(name))) continue;
      const end = indexOf(name, length - <i32>RECORD_NAME, 0);
      const value = parseDecimal(name, max(end, 0));
      if (value >= 0) return <i32>value;
    }
    return -1;
  }

  private fill(): bool {
    this.filled = getdents64(this.directory, DIRECTORY, DIRECTORY_SIZE);
    this.offset = 0;
    return this.filled > 0;
  }

  end(): void {
    if (this.directory >= 0) close(this.directory);
    this.directory = -1;
  }
}

export const entries = new NumberedEntries();

/** "/proc" as a C string: its numbered entries are the pids in ascending order. */
export function procRoot(): ptr {
  path.length = 0;
  path.text("/proc").byte(0);
  return path.buffer;
}

/** One process as /proc/PID/stat shows it. Valid until the next `read`. */
class ProcessStat {
  commAt: ptr = 0;
  commLength: i32 = 0;
  /** 'R', 'S', 'D', 'T', 't', 'Z', 'X' or 'I'. */
  state: u8 = 0;
  parent: pid = 0;
  group: pid = 0;
  session: pid = 0;
  /** PF_* of include/linux/sched.h. */
  flags: i64 = 0;
  threads: i32 = 0;
  /** Clock ticks (1/100 s) since boot. With the pid it names a process for good. */
  startTicks: i64 = 0;

  /** Reads `process`; false if it is gone or hidden. */
  read(process: pid): bool {
    const length = readFile(procPath(process, "stat"), STAT, STAT_SIZE);
    if (length <= 0) return false;
    const open = indexOf(STAT, length, OPEN_PARENTHESIS);
    let close = length - 1;
    while (close > open && load<u8>(STAT + close) !== CLOSE_PARENTHESIS) close--;
    if (open < 0 || close <= open || close + 2 >= length) return false;
    this.commAt = STAT + open + 1;
    this.commLength = close - open - 1;
    this.state = load<u8>(STAT + close + 2);
    this.parent = <pid>field(close + 2, length, 1);
    this.group = <pid>field(close + 2, length, 2);
    this.session = <pid>field(close + 2, length, 3);
    this.flags = field(close + 2, length, 6);
    this.threads = <i32>field(close + 2, length, 17);
    this.startTicks = field(close + 2, length, 19);
    return true;
  }
}

export const stat = new ProcessStat();

/** How many zombies /proc shows. */
export function countZombies(): i32 {
  let count = 0;
  if (entries.start(procRoot()) < 0) return 0;
  for (let process = entries.next(); process > 0; process = entries.next()) {
    if (stat.read(process) && stat.state === ZOMBIE) count++;
  }
  entries.end();
  return count;
}

/** The `index`th number after the state, which stands at `from`; -1 if it is not there. */
function field(from: i32, length: i32, index: i32): i64 {
  let at = from;
  for (let skipped = 0; skipped < index; skipped++) {
    const space = indexOf(STAT + at, length - at, SPACE);
    if (space < 0) return -1;
    at += space + 1;
  }
  const space = indexOf(STAT + at, length - at, SPACE);
  return parseDecimal(STAT + at, space < 0 ? length - at : space);
}

/** Appends the name of `process` from /proc/PID/comm, or "?" if it cannot be read. A zombie still has one. */
export function writeName(to: Writer, process: pid): void {
  const length = readFile(procPath(process, "comm"), COMM, COMM_SIZE);
  if (length > 1) to.escaped(COMM, length - 1);
  else to.byte(QUESTION_MARK);
}
