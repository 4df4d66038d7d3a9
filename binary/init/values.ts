// The values of init's options and variables: exit maps and signal rewrites, alone or in comma-separated lists.

import { COLON, COMMA } from "../system/ascii";
import { equals, indexOf, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { LAST_SIGNAL, parseSignal } from "../system/signals";
import { settings } from "./settings";

/** "N" (to 0) or "A:B", each 0–255. False for anything else. */
export function readExitMap(at: ptr, length: i32): bool {
  const colon = indexOf(at, length, COLON);
  const from = parseDecimal(at, colon < 0 ? length : colon);
  const to = colon < 0 ? 0 : parseDecimal(at + colon + 1, length - colon - 1);
  if (from < 0 || from > 255 || to < 0 || to > 255) return false;
  settings.mapExit(<i32>from, <i32>to);
  return true;
}

/** "S:R": signals by name or number; R = 0 drops S. False for anything else. */
export function readRewrite(at: ptr, length: i32): bool {
  const colon = indexOf(at, length, COLON);
  if (colon < 0) return false;
  const from = parseSignal(at, colon);
  const to = parseSignal(at + colon + 1, length - colon - 1);
  if (from < 1 || to < 0 || from > LAST_SIGNAL) return false;
  settings.rewrite(from, to);
  return true;
}

/** A comma-separated list of exit maps. False at the first bad item, also an empty one. */
export function readExitMaps(at: ptr, length: i32): bool {
  for (let start = 0; start <= length; ) {
    const end = itemEnd(at, start, length);
    if (!readExitMap(at + start, end - start)) return false;
    start = end + 1;
  }
  return true;
}

/** A comma-separated list of rewrites, as `readExitMaps`. */
export function readRewrites(at: ptr, length: i32): bool {
  for (let start = 0; start <= length; ) {
    const end = itemEnd(at, start, length);
    if (!readRewrite(at + start, end - start)) return false;
    start = end + 1;
  }
  return true;
}

/** True for 1, true, yes, on. */
export function isOn(at: ptr, length: i32): bool {
  return (
    equals(at, length, "1") ||
    equals(at, length, "true") ||
    equals(at, length, "yes") ||
    equals(at, length, "on")
  );
}

function itemEnd(at: ptr, start: i32, length: i32): i32 {
  const comma = indexOf(at + start, length - start, COMMA);
  return comma < 0 ? length : start + comma;
}
