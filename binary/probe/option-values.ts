// What the command lines of all probes have in common: values of options, each refused with one line.

import { MILLISECOND } from "../system/clock";
import { parseDuration } from "../system/duration";
import { options } from "../system/options";
import { Text } from "../system/text";

/** Just under the second that the kubelet waits by default (R8). */
export const DEFAULT_TIMEOUT: i64 = 900 * MILLISECOND;

export function takeText(to: Text, allowed: string): void {
  if (!options.value()) return;
  const at = options.valueAt;
  const length = options.valueLength;
  if (length === 0 || !to.set(at, length)) options.refuse(allowed);
}

/** Nanoseconds, more than 0; -1 after a refusal. */
export function takeDuration(): i64 {
  if (!options.value()) return -1;
  const duration = parseDuration(options.valueAt, options.valueLength);
  if (duration > 0) return duration;
  options.refuse("a time above 0 and up to a day, such as 0.9, 900ms or 5s");
  return -1;
}
