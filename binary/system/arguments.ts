// The command line and the environment, read from outside linear memory one word at a time (I5).

import { EQUALS_SIGN } from "./ascii";
import { buffer } from "./buffers";
import { equals, startsWith } from "./bytes";
import { argv_length, argv_read, environ_length, environ_read, ptr } from "./host";

/** Words up to this long are looked at; longer ones are never an option or a setting of knell. */
export const WORD_SIZE: i32 = 16_384;

const NAME_SIZE: i32 = 256;
const NAME: ptr = buffer(NAME_SIZE);

/**
 * Copies argument `index` with a closing NUL to `to` (WORD_SIZE bytes). Gives its length,
 * -1 past the last one, WORD_SIZE if it is too long (only its beginning was copied).
 */
export function readArgument(index: i32, to: ptr): i32 {
  const length = argv_length(index);
  if (length < 0) return -1;
  const copied = argv_read(index, 0, to, min(length, WORD_SIZE - 1));
  store<u8>(to + copied, 0);
  return length < WORD_SIZE ? length : WORD_SIZE;
}

/** The position of the first variable `name` in the environment, as getenv(3) finds it; -1 if there is none. */
export function findVariable(name: string): i32 {
  for (let index = 0, length = environ_length(0); length >= 0; length = environ_length(++index)) {
    if (length <= name.length) continue;
    environ_read(index, 0, NAME, min(length, NAME_SIZE));
    if (load<u8>(NAME + name.length) === EQUALS_SIGN && startsWith(NAME, name.length, name))
      return index;
  }
  return -1;
}

/** As `findVariable`, for a name that is not known when the program is built. */
export function findVariableNamed(name: ptr, nameLength: i32): i32 {
  if (nameLength >= NAME_SIZE) return -1;
  for (let index = 0, length = environ_length(0); length >= 0; length = environ_length(++index)) {
    if (length <= nameLength) continue;
    environ_read(index, 0, NAME, nameLength + 1);
    if (load<u8>(NAME + nameLength) === EQUALS_SIGN && memory.compare(NAME, name, nameLength) === 0)
      return index;
  }
  return -1;
}

/**
 * Copies the value of variable `index`, whose name has `nameLength` bytes, with a closing NUL to `to`
 * (`size` bytes). Gives its length, or `size` if it is too long (only its beginning was copied).
 */
export function readValue(index: i32, nameLength: i32, to: ptr, size: i32): i32 {
  const length = environ_length(index) - nameLength - 1;
  const copied = environ_read(index, nameLength + 1, to, min(length, size - 1));
  store<u8>(to + copied, 0);
  return length < size ? length : size;
}

/** True for the values that turn a setting off: empty, 0, false, no, off (I8). */
export function isOff(at: ptr, length: i32): bool {
  return (
    length === 0 ||
    equals(at, length, "0") ||
    equals(at, length, "false") ||
    equals(at, length, "no") ||
    equals(at, length, "off")
  );
}
