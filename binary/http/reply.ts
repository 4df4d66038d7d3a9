// An HTTP/1 reply from its status line to its body, in whatever pieces it comes (RFC 9112). Pure.
//
//   interim heads (1xx) | status line | header lines | empty line | body        a line ends with CR LF, or LF alone

import { COLON, CR, LF, SPACE, TAB } from "../system/ascii";
import { byteOf, equalsIgnoringCase, indexOf, isDigit, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { Part } from "../system/text";
import { BODY_SIZE, Body, BROKEN, COMPLETE, MORE } from "./body";

/** What reading gives beside MORE, COMPLETE and BROKEN: it does not begin as "HTTP/1.1 200". */
export const NOT_HTTP: i32 = 3;
/** The heads are longer than HEAD_SIZE. */
export const TOO_LONG: i32 = 4;

/** All heads together, interim ones too. */
export const HEAD_SIZE: i32 = 16_384;
/** Where a reply keeps its bytes: head | body */
export const REPLY_SIZE: i32 = HEAD_SIZE + BODY_SIZE;

const VERSION: string = "HTTP/1.";
/** "HTTP/1.1 200" */
const CODE: i32 = 9;
const STATUS_LINE: i32 = 12;
const SWITCHING_PROTOCOLS: i32 = 101;

export class Reply {
  /** 0 until `readStatus` was COMPLETE. */
  status: i32 = 0;
  /** The value of Location; empty if it has none. It lasts until the body is read. */
  location: Part = new Part();
  body: Body;
  /** True once `readHead` was COMPLETE. */
  isHeadDone: bool = false;

  /** How many bytes there are, where the next line begins, and how far a line end was looked for. */
  private length: i32 = 0;
  private start: i32 = 0;
  private scanned: i32 = 0;
  private isInside: bool = false;
  private hasLength: bool = false;
  private hasCoding: bool = false;

  /** `bytes` has room for REPLY_SIZE bytes. */
  constructor(private readonly bytes: ptr) {
    this.body = new Body(bytes + HEAD_SIZE);
  }

  /** Begins with no byte received. A reply to HEAD has no body. */
  clear(isHead: bool): void {
    this.status = 0;
    this.location.length = 0;
    this.length = 0;
    this.start = 0;
    this.scanned = 0;
    this.isInside = false;
    this.isHeadDone = false;
    this.hasLength = false;
    this.hasCoding = false;
    this.body.clear();
    if (isHead) this.body.isEmpty = true;
  }

  /** Where received bytes go, and how many of them. */
  tail(): ptr {
    return this.bytes + this.length;
  }

  room(): i32 {
    return HEAD_SIZE - this.length;
  }

  received(length: i32): void {
    this.length += length;
  }

  get hasBytes(): bool {
    return this.length > 0 || this.isHeadDone;
  }

  /** What has come from the current line on: of a reply that is no HTTP, its beginning. */
  get lineAt(): ptr {
    return this.bytes + this.start;
  }

  get lineLength(): i32 {
    return this.length - this.start;
  }

  /** Reads up to the end of the status line that counts. */
  readStatus(): i32 {
    while (this.status === 0) {
      if (this.isInside) {
        // The rest of an interim head has nothing to say.
        const skipped = this.skipHead();
        if (skipped !== COMPLETE) return skipped;
        continue;
      }
      const at = this.bytes + this.start;
      const length = this.length - this.start;
      if (!beginsStatusLine(at, length)) return NOT_HTTP;
      const end = this.lineEnd();
      if (end < 0) return this.needMore();
      if (end < STATUS_LINE) return NOT_HTTP;
      const status = <i32>parseDecimal(at + CODE, 3);
      this.next(end);
      if (status >= 200 || status === SWITCHING_PROTOCOLS) this.status = status;
      else this.isInside = true;
    }
    return COMPLETE;
  }

  /** Reads to the end of the head. */
  readHead(): i32 {
    while (!this.isHeadDone) {
      const end = this.lineEnd();
      if (end < 0) return this.needMore();
      const at = this.bytes + this.start;
      const length = end > 0 && load<u8>(at + end - 1) === CR ? end - 1 : end;
      this.next(end);
      if (length === 0) this.isHeadDone = true;
      else if (!this.takeHeader(at, length)) return BROKEN;
    }
    if (this.status < 200 || this.status === 204 || this.status === 304) this.body.isEmpty = true;
    return COMPLETE;
  }

  /** Reads the body that is there. COMPLETE at its end, or once as much is there as is looked at. */
  readBody(): i32 {
    const status = this.body.take(this.bytes + this.start, this.length - this.start);
    this.start = 0;
    this.length = 0;
    return status;
  }

  private skipHead(): i32 {
    while (true) {
      const end = this.lineEnd();
      if (end < 0) return this.needMore();
      const isEmpty = end === 0 || (end === 1 && load<u8>(this.bytes + this.start) === CR);
      this.next(end);
      if (isEmpty) {
        this.isInside = false;
        return COMPLETE;
      }
    }
  }

  /** Length of the line at `start` without its LF, -1 if that has not come. */
  private lineEnd(): i32 {
    const from = max(this.scanned, this.start);
    const found = indexOf(this.bytes + from, this.length - from, LF);
    this.scanned = found < 0 ? this.length : from + found;
    return found < 0 ? -1 : from + found - this.start;
  }

  private next(end: i32): void {
    this.start += end + 1;
  }

  private needMore(): i32 {
    return this.length === HEAD_SIZE ? TOO_LONG : MORE;
  }

  /** Takes the line "Name: value"; false if it contradicts itself about the body. Other faults are let pass. */
  private takeHeader(at: ptr, length: i32): bool {
    const colon = indexOf(at, length, COLON);
    if (colon < 0) return true;
    let from = colon + 1;
    let end = length;
    while (from < end && isBlank(load<u8>(at + from))) from++;
    while (end > from && isBlank(load<u8>(at + end - 1))) end--;
    const value = at + from;
    const size = end - from;
    if (equalsIgnoringCase(at, colon, "location")) {
      if (this.location.length === 0) this.location.set(value, size);
    } else if (equalsIgnoringCase(at, colon, "transfer-encoding")) {
      this.hasCoding = true;
      this.body.isChunked = endsWithChunked(value, size);
      this.body.left = -1;
    } else if (equalsIgnoringCase(at, colon, "content-length")) {
      return this.takeLength(parseDecimal(value, size));
    }
    return true;
  }

  /** RFC 9112 section 6.3: Transfer-Encoding beats a length, and two lengths must be the same. */
  private takeLength(length: i64): bool {
    if (this.hasCoding) return true;
    if (length < 0 || (this.hasLength && length !== this.body.left)) return false;
    this.hasLength = true;
    this.body.left = length;
    return true;
  }
}

/** True if the bytes are the beginning of "HTTP/1.1 200 OK", or all of it. */
function beginsStatusLine(at: ptr, length: i32): bool {
  for (let i = 0; i < min(length, STATUS_LINE + 1); i++) {
    const byte = load<u8>(at + i);
    if (i < VERSION.length) {
      if (byte !== byteOf(VERSION, i)) return false;
    } else if (i === VERSION.length || (i >= CODE && i < STATUS_LINE)) {
      if (!isDigit(byte)) return false;
    } else if (byte !== SPACE && (i < STATUS_LINE || (byte !== CR && byte !== LF))) {
      return false;
    }
  }
  // Codes begin with 1 to 5 (RFC 9110 section 15); others up to 999 are no success.
  return length <= CODE || load<u8>(at + CODE) !== 48;
}

function endsWithChunked(at: ptr, length: i32): bool {
  const size = 7;
  return length >= size && equalsIgnoringCase(at + length - size, size, "chunked");
}

function isBlank(byte: u8): bool {
  return byte === SPACE || byte === TAB;
}
