// The splitting of a probe's text into words; the test gives argv_push as a host call.

import { pushWords } from "../health/words";
import { buffer } from "../system/buffers";
import { ptr } from "../system/host";

const INPUT_SIZE: i32 = 8192;
const INPUT: ptr = buffer(INPUT_SIZE);

export function input(): ptr {
  return INPUT;
}

/** The index of the first word, -1 for a quote that is not closed, -2 for too many words. */
export function push(at: ptr, length: i32): i32 {
  return pushWords(at, length);
}
