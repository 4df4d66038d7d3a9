// The option parser of the Redis probe; the test gives argv and environ as host calls.

import { parseOptions, redisOptions } from "../redis/options";
import { buffer } from "../system/buffers";
import { ptr } from "../system/host";

const INPUT_SIZE: i32 = 65_536;
const INPUT: ptr = buffer(INPUT_SIZE);

export function input(): ptr {
  return INPUT;
}

/** -1, or the exit status of a usage error. */
export function parse(): i32 {
  return parseOptions(0, redisOptions);
}

export function passwordLength(): i32 {
  return redisOptions.password.length;
}
