// Sets of status codes: "200-299,404". Pure.

import { COMMA, DASH } from "../system/ascii";
import { indexOf, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { Text } from "../system/text";

/** What passes without --status, as for the kubelet (pkg/probe/http, DoHTTPProbe). */
export const FIRST_GOOD: i32 = 200;
export const LAST_GOOD: i32 = 399;

/** True for "N" and "N-M" with commas between, each 100 to 599. */
export function isStatusList(at: ptr, length: i32): bool {
  let from = 0;
  while (from <= length) {
    const end = itemEnd(at, from, length);
    if (!isItem(at + from, end - from)) return false;
    from = end + 1;
  }
  return true;
}

/** True if `status` is in the list, which `isStatusList` allows. */
export function listsStatus(list: Text, status: i32): bool {
  let from = 0;
  while (from < list.length) {
    const end = itemEnd(list.at, from, list.length);
    const first = parseDecimal(list.at + from, 3);
    const last = parseDecimal(list.at + end - 3, 3);
    if (status >= first && status <= last) return true;
    from = end + 1;
  }
  return false;
}

function itemEnd(at: ptr, from: i32, length: i32): i32 {
  const comma = indexOf(at + from, length - from, COMMA);
  return comma < 0 ? length : from + comma;
}

function isItem(at: ptr, length: i32): bool {
  if (length === 3) return isCode(at);
  if (length !== 7 || load<u8>(at + 3) !== DASH || !isCode(at) || !isCode(at + 4)) return false;
  return parseDecimal(at, 3) <= parseDecimal(at + 4, 3);
}

function isCode(at: ptr): bool {
  const code = parseDecimal(at, 3);
  return code >= 100 && code <= 599;
}
