// The list for programs: one object on one line, so that --watch gives a stream of them (JSON, RFC 8259).
//
//   { "processes": [ { "pid": 41, "parent": 1, "state": "zombie", "ageSeconds": 12, "threads": 1, "uid": 999,
//                      "user": "redis", "name": "redis-cli", "arguments": [], "isCut": false,
//                      "waiter": { "pid": 1, "name": "redis-server", "sigchld": "default" } } ],
//     "processCount": 5, "zombieCount": 1, "isComplete": true }
//
// Every key is always there. Processes stand in the order of their pids. A "parent" of 0 is outside the namespace.
// "state": running, sleeping, blocked, stopped, traced, idle, zombie, headless or dead. "uid" and "user" may be null.
// "arguments": without empty ones at the end; "isCut" if there are more than 32 KiB of them. "waiter" is null unless
// the process is a zombie; its "pid" is 0 for the runtime outside, and its "name" and "sigchld" (default, ignored,
// caught, blocked) are null if they cannot be seen. "isComplete": false if /proc hides processes, or if "processes"
// has only the first 16384. Bytes that are not UTF-8 become U+FFFD, one for each byte.

import {
  BACKSLASH,
  CLOSE_BRACKET,
  COMMA,
  DIGIT_0,
  DOUBLE_QUOTE,
  OPEN_BRACKET,
} from "../system/ascii";
import { ptr } from "../system/host";
import { out } from "../system/output";
import { command } from "./command";
import { stateName } from "./render";
import {
  OUTSIDE,
  Process,
  SIGCHLD_BLOCKED,
  SIGCHLD_CAUGHT,
  SIGCHLD_DEFAULT,
  SIGCHLD_IGNORED,
  table,
} from "./table";
import { users } from "./users";

/** Writes the object that is documented at the head of this file. */
export function writeJson(onlyZombies: bool): void {
  out.text('{"processes":[');
  let isFirst = true;
  for (let index = 1; index <= table.last; index++) {
    const process = table.at(index);
    if (onlyZombies && !process.isZombie) continue;
    if (!isFirst) out.byte(COMMA);
    isFirst = false;
    writeProcess(process);
  }
  out.text('],"processCount":').number(table.total);
  out.text(',"zombieCount":').number(table.zombies);
  out.text(',"isComplete":').text(isTrue(!table.isHiding && table.last === table.total));
  out.line("}");
}

function writeProcess(process: Process): void {
  command.read(process.pid);
  out.text('{"pid":').number(process.pid);
  out.text(',"parent":').number(process.parent);
  out.text(',"state":"').text(stateName(process));
  out.text('","ageSeconds":').number(table.ageSeconds(process));
  out.text(',"threads":').number(process.threads);
  out.text(',"uid":');
  if (process.uid < 0) out.text("null");
  else out.number(process.uid);
  out.text(',"user":');
  if (users.find(process.uid)) writeString(users.nameAt, users.nameLength);
  else out.text("null");
  out.text(',"name":');
  writeString(process.nameAt, process.nameLength);
  writeArguments();
  out.text(',"isCut":').text(isTrue(command.isCut));
  out.text(',"waiter":');
  if (process.isZombie) writeWaiter(process);
  else out.text("null");
  out.text("}");
}

function writeArguments(): void {
  out.text(',"arguments":').byte(OPEN_BRACKET);
  let start = 0;
  for (let end = 0; end <= command.length && command.length > 0; end++) {
    if (end < command.length && load<u8>(command.at + end) !== 0) continue;
    if (start > 0) out.byte(COMMA);
    writeString(command.at + start, end - start);
    start = end + 1;
  }
  out.byte(CLOSE_BRACKET);
}

function writeWaiter(zombie: Process): void {
  const waiter = table.at(zombie.waiter);
  const isSeen = zombie.waiter !== OUTSIDE;
  out.text('{"pid":').number(isSeen ? waiter.pid : zombie.parent);
  out.text(',"name":');
  if (isSeen) writeString(waiter.nameAt, waiter.nameLength);
  else out.text("null");
  out.text(',"sigchld":').text(sigchldName(waiter.sigchld)).text("}");
}

function sigchldName(sigchld: u8): string {
  switch (sigchld) {
    case SIGCHLD_DEFAULT:
      return '"default"';
    case SIGCHLD_IGNORED:
      return '"ignored"';
    case SIGCHLD_CAUGHT:
      return '"caught"';
    case SIGCHLD_BLOCKED:
      return '"blocked"';
    default:
      return "null";
  }
}

function isTrue(value: bool): string {
  return value ? "true" : "false";
}

/** Any bytes as a JSON string: what is not UTF-8 becomes U+FFFD byte by byte. */
function writeString(at: ptr, length: i32): void {
  out.byte(DOUBLE_QUOTE);
  for (let i = 0; i < length; ) {
    const byte = load<u8>(at + i);
    const size = sequenceSize(at + i, length - i);
    if (size === 0) out.text("\xef\xbf\xbd");
    else if (byte < 32) writeControl(byte);
    else if (byte === DOUBLE_QUOTE || byte === BACKSLASH) out.byte(BACKSLASH).byte(byte);
    else out.bytes(at + i, size);
    i += max(size, 1);
  }
  out.byte(DOUBLE_QUOTE);
}

/** "\u001f" */
function writeControl(byte: u8): void {
  const low: u8 = byte & 15;
  out
    .text("\\u00")
    .byte(DIGIT_0 + (byte >> 4))
    .byte(low < 10 ? DIGIT_0 + low : low + 87);
}

/** Bytes of the UTF-8 sequence at `at`, of which `left` bytes may be read; 0 if it is not well formed (RFC 3629, 4). */
function sequenceSize(at: ptr, left: i32): i32 {
  const first = load<u8>(at);
  if (first < 0x80) return 1;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || left < size) return 0;
  for (let i = 1; i < size; i++) {
    if ((load<u8>(at + i) & 0xc0) !== 0x80) return 0;
  }
  const second = load<u8>(at + 1);
  const isTooLong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const isSurrogate = first === 0xed && second > 0x9f;
  const isTooLarge = first === 0xf4 && second > 0x8f;
  return isTooLong || isSurrogate || isTooLarge ? 0 : size;
}
