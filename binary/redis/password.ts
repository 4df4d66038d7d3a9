// Where a password may come from (R100–R102). An empty source counts as none and changes nothing.

import { findVariable, findVariableNamed, readValue, WORD_SIZE } from "../system/arguments";
import { CR, LF } from "../system/ascii";
import { buffer } from "../system/buffers";
import { MILLISECOND, now, timeLeft } from "../system/clock";
import { close, fd, open, ppoll, ptr, read } from "../system/host";
import { EAGAIN, EFBIG, EINTR, O_NONBLOCK, O_RDONLY, POLLIN } from "../system/linux";
import { Text } from "../system/text";

/** How long a pipe that is given as file (/dev/fd/63) may take to be filled. */
const PATIENCE: i64 = 500 * MILLISECOND;

const BUFFER: ptr = buffer(WORD_SIZE);
const POLL: ptr = buffer(8);

/**
 * Keeps the text of the file at C string `path` without the line ends behind it. 0, or the errno that stopped it,
 * EFBIG for more than 16383 bytes; then `to` stays as it is.
 */
export function loadPasswordFile(path: ptr, to: Text): i32 {
  const file = open(path, O_RDONLY | O_NONBLOCK);
  if (file < 0) return -file;
  const result = readAll(file);
  close(file);
  if (result < 0) return -result;
  let length = result;
  while (length > 0 && load<u8>(BUFFER + length - 1) === LF) {
    length--;
    if (length > 0 && load<u8>(BUFFER + length - 1) === CR) length--;
  }
  if (length > 0) to.set(BUFFER, length);
  return 0;
}

/** The bytes read, or a negated errno. */
function readAll(file: fd): i32 {
  const deadline = now() + PATIENCE;
  let length = 0;
  while (length < WORD_SIZE) {
    const result = read(file, BUFFER + length, WORD_SIZE - length);
    if (result > 0) length += result;
    else if (result === 0) break;
    else if (result === -EINTR) continue;
    else if (result !== -EAGAIN || now() >= deadline) return result;
    else {
      store<i32>(POLL, file);
      store<i32>(POLL + 4, POLLIN);
      ppoll(POLL, 1, timeLeft(deadline));
    }
  }
  return length < WORD_SIZE ? length : -EFBIG;
}

/** Keeps the value of the variable that is called `name`. */
export function loadPasswordVariable(name: ptr, nameLength: i32, to: Text): void {
  keep(findVariableNamed(name, nameLength), nameLength, to);
}

/** Keeps what valkey-cli and redis-cli read by themselves. */
export function loadDefaultPassword(to: Text): void {
  keep(findVariable(VALKEY), VALKEY.length, to);
  if (to.length === 0) keep(findVariable(REDIS), REDIS.length, to);
}

const VALKEY: string = "VALKEYCLI_AUTH";
const REDIS: string = "REDISCLI_AUTH";

/** A value that is too long for a password counts as none. */
function keep(index: i32, nameLength: i32, to: Text): void {
  if (index < 0) return;
  const length = readValue(index, nameLength, BUFFER, WORD_SIZE);
  if (length > 0 && length < WORD_SIZE) to.set(BUFFER, length);
}
