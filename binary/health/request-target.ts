// A request's target: which of our paths it names, and its query (RFC 9112 section 3.2). Pure.

import { EQUALS_SIGN, QUESTION_MARK, SLASH } from "../system/ascii";
import { equals, equalsIgnoringCase, indexOf } from "../system/bytes";
import { ptr } from "../system/host";
import { isTargetByte } from "./grammar";
import { LIVE, READY, STARTUP } from "./kinds";

// The paths of probes have the numbers of their kinds.
export const LIVEZ: i32 = LIVE;
export const READYZ: i32 = READY;
export const STARTUPZ: i32 = STARTUP;
export const METRICS: i32 = 3;
export const NOT_FOUND: i32 = 4;

const AMPERSAND: u8 = 38;
const HTTP: string = "http://";
const HTTPS: string = "https://";

export class RequestTarget {
  /** LIVEZ, READYZ, STARTUPZ, METRICS or NOT_FOUND. */
  route: i32 = NOT_FOUND;
  /** True if the query has a parameter `verbose`, whatever its value. */
  isVerbose: bool = false;

  clear(): void {
    this.route = NOT_FOUND;
    this.isVerbose = false;
  }

  /**
   * Reads a path with or without a query (origin-form), or an http or https URI (absolute-form), of which the
   * server is not looked at. False if it is neither. Nothing is decoded: a path with "%" is none of ours.
   */
  read(at: ptr, length: i32): bool {
    const end = at + length;
    let path = at;
    if (load<u8>(at) !== SLASH) {
      path = afterAuthority(at, length);
      if (path === 0) return false;
    }
    const found = indexOf(path, <i32>(end - path), QUESTION_MARK);
    const query = found < 0 ? end : path + found;
    this.route = routeOf(path, <i32>(query - path));
    if (query < end) this.isVerbose = hasParameter(query + 1, <i32>(end - query - 1), "verbose");
    return true;
  }
}

/** True for a text that could be a target of any form: visible ASCII, at least one byte, no fragment. */
export function isTarget(at: ptr, length: i32): bool {
  for (let i = 0; i < length; i++) if (!isTargetByte(load<u8>(at + i))) return false;
  return length > 0;
}

/** Where the path of an http or https URI begins, 0 if it is no such URI or has no host (RFC 9110 section 4.2). */
function afterAuthority(at: ptr, length: i32): ptr {
  let host = 0;
  if (equalsIgnoringCase(at, min(length, HTTP.length), HTTP)) host = HTTP.length;
  else if (equalsIgnoringCase(at, min(length, HTTPS.length), HTTPS)) host = HTTPS.length;
  else return 0;
  let end = host;
  while (end < length && !endsAuthority(load<u8>(at + end))) end++;
  return end > host ? at + end : 0;
}

function endsAuthority(byte: u8): bool {
  return byte === SLASH || byte === QUESTION_MARK;
}

function routeOf(at: ptr, length: i32): i32 {
  if (equals(at, length, "/livez") || equals(at, length, "/healthz")) return LIVEZ;
  if (equals(at, length, "/readyz")) return READYZ;
  if (equals(at, length, "/startupz")) return STARTUPZ;
  return equals(at, length, "/metrics") ? METRICS : NOT_FOUND;
}

/** True if "a=1&b" has a part of this name. */
function hasParameter(at: ptr, length: i32, name: string): bool {
  for (let from = 0; from < length; ) {
    const rest = indexOf(at + from, length - from, AMPERSAND);
    const end = rest < 0 ? length : from + rest;
    const sign = indexOf(at + from, end - from, EQUALS_SIGN);
    if (equals(at + from, sign < 0 ? end - from : sign, name)) return true;
    from = end + 1;
  }
  return false;
}
