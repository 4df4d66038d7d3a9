// Where the request of an attempt goes: the URL at first, then what redirects say (RFC 3986 section 5). Pure.

import { DOT, HASH, QUESTION_MARK, SLASH } from "../system/ascii";
import { buffer } from "../system/buffers";
import { indexOf, toLower } from "../system/bytes";
import { HAS_TLS } from "../system/flavour";
import { ptr } from "../system/host";
import { Text } from "../system/text";
import { HTTP_PORT, isVisible, schemeLength, Url } from "./url";

/** The longest path with its query; a URL is not longer than that either. */
export const PATH_SIZE: i32 = 4096;

/** What `follow` gives. */
export const FOLLOWED: i32 = 0;
export const OTHER_HOST: i32 = 1;
export const NEEDS_TLS: i32 = 2;
export const MALFORMED: i32 = 3;

const MERGED: ptr = buffer(PATH_SIZE);

const url = new Url();

export class Location {
  port: i32 = HTTP_PORT;
  isTls: bool = false;
  mayUseTls: bool = true;
  /** Path and query. */
  path: Text;
  /** True once a redirect named host and port: a Host header of the user's does not go there (net/http, Client.do). */
  isNamed: bool = false;
  /** True once a redirect turned the method into GET. */
  isGet: bool = false;

  /** `bytes` has room for PATH_SIZE bytes. */
  constructor(bytes: ptr) {
    this.path = new Text(bytes, PATH_SIZE);
  }

  start(port: i32, isTls: bool, path: Text): void {
    this.port = port;
    this.isTls = isTls;
    this.path.cut(path.at, path.length);
    this.isNamed = false;
    this.isGet = false;
  }

  /** Moves to where the text points, if that is on `host`. Else nothing changes. */
  follow(at: ptr, length: i32, host: Text): i32 {
    const isAbsolute = schemeLength(at, length) > 0;
    if (!isAbsolute && !(length > 1 && load<u8>(at) === SLASH && load<u8>(at + 1) === SLASH))
      return this.moveTo(at, length) ? FOLLOWED : MALFORMED;
    const isParsed = isAbsolute ? url.parse(at, length) : url.parseRest(at + 2, length - 2);
    if (!isParsed) return url.hasUserinfo ? OTHER_HOST : MALFORMED;
    if (!isSameHost(url.host.at, url.host.length, host)) return OTHER_HOST;
    if (!(HAS_TLS && this.mayUseTls) && isAbsolute && url.tls) return NEEDS_TLS;
    if (!this.setPath(url.path.at, url.path.length)) return MALFORMED;
    this.port = url.port;
    // What begins with // keeps the scheme.
    if (HAS_TLS && isAbsolute) this.isTls = url.tls;
    this.isNamed = true;
    return FOLLOWED;
  }

  /** Moves to a reference without host. */
  private moveTo(at: ptr, length: i32): bool {
    const hash = indexOf(at, length, HASH);
    const end = hash < 0 ? length : hash;
    if (!isVisible(at, end)) return false;
    if (end === 0) return true;
    const first = load<u8>(at);
    if (first === SLASH) return this.setPath(at, end);
    let kept = pathLength(this.path.at, this.path.length);
    if (first !== QUESTION_MARK) {
      while (kept > 0 && load<u8>(this.path.at + kept - 1) !== SLASH) kept--;
    }
    if (kept + end > PATH_SIZE) return false;
    memory.copy(MERGED, this.path.at, kept);
    memory.copy(MERGED + kept, at, end);
    return this.setPath(MERGED, kept + end);
  }

  /** Keeps the path without "." and ".." (RFC 3986 section 5.2.4); false if it is too long. */
  private setPath(at: ptr, length: i32): bool {
    if (!setPath(this.path, at, length)) return false;
    const path = this.path;
    const end = pathLength(path.at, path.length);
    const kept = withoutDots(path.at, end);
    memory.copy(path.at + kept, path.at + end, path.length - end);
    path.length -= end - kept;
    return true;
  }
}

/** Keeps path and query with the "/" that may be left out; false if it is too long. */
export function setPath(to: Text, at: ptr, length: i32): bool {
  const isBare = length === 0 || load<u8>(at) !== SLASH;
  const offset = isBare ? 1 : 0;
  if (length + offset > to.size) return false;
  memory.copy(to.at + offset, at, length);
  if (isBare) store<u8>(to.at, SLASH);
  to.length = length + offset;
  return true;
}

function pathLength(at: ptr, length: i32): i32 {
  const query = indexOf(at, length, QUESTION_MARK);
  return query < 0 ? length : query;
}

/** Resolves the dots of a path that begins with "/" in place; gives its new length. */
function withoutDots(at: ptr, length: i32): i32 {
  let kept = 0;
  let from = 0;
  while (from < length) {
    const slash = indexOf(at + from + 1, length - from - 1, SLASH);
    const end = slash < 0 ? length : from + 1 + slash;
    const dots = dotCount(at + from + 1, end - from - 1);
    if (dots === 0) {
      memory.copy(at + kept, at + from, end - from);
      kept += end - from;
    } else {
      if (dots === 2) kept = parentLength(at, kept);
      if (end === length) store<u8>(at + kept++, SLASH);
    }
    from = end;
  }
  return kept;
}

/** 1 for ".", 2 for "..", 0 for anything else. */
function dotCount(at: ptr, length: i32): i32 {
  if (length < 1 || length > 2 || load<u8>(at) !== DOT) return 0;
  return load<u8>(at + length - 1) === DOT ? length : 0;
}

function parentLength(at: ptr, length: i32): i32 {
  let end = max(length - 1, 0);
  while (end > 0 && load<u8>(at + end) !== SLASH) end--;
  return end;
}

function isSameHost(at: ptr, length: i32, host: Text): bool {
  if (length !== host.length) return false;
  for (let i = 0; i < length; i++) {
    if (toLower(load<u8>(at + i)) !== toLower(load<u8>(host.at + i))) return false;
  }
  return true;
}
