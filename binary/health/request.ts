// The head of one HTTP/1 request (RFC 9110, RFC 9112), from a stream that may be split at any byte. Pure.
//
//   (CR LF)*  method SP target SP version CR LF  (name ":" value CR LF)*  CR LF
//
// A line may end with LF alone (RFC 9112 section 2.2). A connection carries one request: what follows is not read.

import { COLON, CR, DIGIT_0, DOT, LF, SPACE, STAR } from "../system/ascii";
import { equals, equalsIgnoringCase, indexOf, isDigit, startsWith } from "../system/bytes";
import { ptr } from "../system/host";
import { Accept } from "./accept";
import {
  isHost,
  isText,
  isToken,
  NO_LENGTH,
  readContentLength,
  SOME_LENGTH,
  skipSpaces,
  trimSpaces,
} from "./grammar";
import { isTarget, NOT_FOUND, RequestTarget } from "./request-target";
import {
  BAD_REQUEST,
  CONTENT_TOO_LARGE,
  HEAD_TOO_LARGE,
  METHOD_NOT_ALLOWED,
  VERSION_NOT_SUPPORTED,
} from "./status";

/** The longest head, from the first byte received to the empty line's end. */
export const HEAD_SIZE: i32 = 4096;
/** Empty lines before the request line that are passed over; RFC 9112 section 2.2 asks for one. */
const EMPTY_LINES: i32 = 4;
const VERSION_LENGTH: i32 = 8;

/** The bytes so far are right, but not all. */
export const MORE: i32 = 0;
export const COMPLETE: i32 = 1;

/**
 * Reads one request's head. `tail` and `room` say where received bytes go, `received` takes them. The result is the
 * same however the stream is split: the first fault in its order counts, and what is wrong with the method or with a
 * body is said only when the whole head is free of faults.
 */
export class RequestReader {
  /** MORE, COMPLETE, or the HTTP status to answer before closing. */
  status: i32 = MORE;
  /** After COMPLETE: LIVEZ, READYZ, STARTUPZ, METRICS or NOT_FOUND. */
  route: i32 = NOT_FOUND;
  /** Known once the request line is read, also when the head is refused: the answer to HEAD has no body. */
  isHead: bool = false;
  /** After COMPLETE: the query has a parameter `verbose`. */
  isVerbose: bool = false;
  /** After COMPLETE: the best match of the Accept headers is application/json. */
  wantsJson: bool = false;

  private filled: i32 = 0;
  /** Bytes that have been looked at, and where the line they are in begins. */
  private position: i32 = 0;
  private line: i32 = 0;
  private isAfterCr: bool = false;
  private emptyLines: i32 = 0;

  private hasRequestLine: bool = false;
  private isAllowed: bool = false;
  private needsHost: bool = false;
  private hasHost: bool = false;
  private hasLength: bool = false;
  private hasCoding: bool = false;
  private hasBody: bool = false;
  private target: RequestTarget = new RequestTarget();
  private accept: Accept = new Accept();

  /** `buffer` has room for HEAD_SIZE bytes. */
  constructor(private readonly buffer: ptr) {}

  clear(): void {
    this.status = MORE;
    this.route = NOT_FOUND;
    this.isHead = false;
    this.isVerbose = false;
    this.wantsJson = false;
    this.filled = 0;
    this.position = 0;
    this.line = 0;
    this.isAfterCr = false;
    this.emptyLines = 0;
    this.hasRequestLine = false;
    this.isAllowed = false;
    this.needsHost = false;
    this.hasHost = false;
    this.hasLength = false;
    this.hasCoding = false;
    this.hasBody = false;
    this.target.clear();
    this.accept.clear();
  }

  /** After COMPLETE: true if bytes follow the head. */
  get hasExtra(): bool {
    return this.filled > this.position;
  }

  /** Where received bytes go, `room()` of them at most. */
  tail(): ptr {
    return this.buffer + this.filled;
  }

  /** Never 0 after MORE. */
  room(): i32 {
    return HEAD_SIZE - this.filled;
  }

  /** Takes `count` bytes at `tail()`; gives `status`. What comes after the head changes nothing. */
  received(count: i32): i32 {
    this.filled += count;
    while (this.status === MORE && this.position < this.filled) {
      const byte = load<u8>(this.buffer + this.position++);
      this.status = byte === LF ? this.endLine() : this.takeByte(byte);
    }
    if (this.status === MORE && this.filled === HEAD_SIZE) this.status = HEAD_TOO_LARGE;
    return this.status;
  }

  /** A CR that no LF follows is an attempt to be read in two ways, as is a control byte (RFC 9112 section 2.2). */
  private takeByte(byte: u8): i32 {
    if (this.isAfterCr) return BAD_REQUEST;
    this.isAfterCr = byte === CR;
    return this.isAfterCr || isText(byte) ? MORE : BAD_REQUEST;
  }

  private endLine(): i32 {
    const at = this.buffer + this.line;
    const length = this.position - 1 - this.line - (this.isAfterCr ? 1 : 0);
    this.line = this.position;
    this.isAfterCr = false;
    if (length > 0)
      return this.hasRequestLine ? this.takeField(at, length) : this.begin(at, length);
    if (this.hasRequestLine) return this.finish();
    return ++this.emptyLines > EMPTY_LINES ? BAD_REQUEST : MORE;
  }

  /**
   * Takes the request line (RFC 9112 section 3): single spaces, and a version, without which it is HTTP/0.9. How
   * the rest of another major version's request is to be read is not known (RFC 9110 section 2.5): refused here.
   */
  private begin(at: ptr, length: i32): i32 {
    this.hasRequestLine = true;
    const method = indexOf(at, length, SPACE);
    if (method < 0 || !isToken(at, method)) return BAD_REQUEST;
    const target = at + method + 1;
    const rest = length - method - 1;
    const targetLength = indexOf(target, rest, SPACE);
    if (targetLength < 0 || !isTarget(target, targetLength)) return BAD_REQUEST;
    const version = target + targetLength + 1;
    if (!isVersion(version, rest - targetLength - 1)) return BAD_REQUEST;
    this.isHead = equals(at, method, "HEAD");
    this.isAllowed = this.isHead || equals(at, method, "GET");
    if (load<u8>(version + 5) !== DIGIT_0 + 1) return VERSION_NOT_SUPPORTED;
    this.needsHost = load<u8>(version + 7) !== DIGIT_0;
    return this.takeTarget(at, method, target, targetLength);
  }

  /** The other two forms of target each belong to one method (RFC 9112 sections 3.2.3 and 3.2.4). */
  private takeTarget(method: ptr, methodLength: i32, at: ptr, length: i32): i32 {
    if (equals(method, methodLength, "CONNECT")) return MORE;
    if (length === 1 && load<u8>(at) === STAR)
      return equals(method, methodLength, "OPTIONS") ? MORE : BAD_REQUEST;
    return this.target.read(at, length) ? MORE : BAD_REQUEST;
  }

  /**
   * Takes a header. No space before the colon, and no line that continues the one before: it would begin with a
   * space (RFC 9112 sections 5.1 and 5.2).
   */
  private takeField(at: ptr, length: i32): i32 {
    const name = indexOf(at, length, COLON);
    if (name < 0 || !isToken(at, name)) return BAD_REQUEST;
    const end = at + length;
    const value = skipSpaces(at + name + 1, end);
    const valueLength = <i32>(trimSpaces(value, end) - value);
    if (equalsIgnoringCase(at, name, "host")) return this.takeHost(value, valueLength);
    if (equalsIgnoringCase(at, name, "content-length"))
      return this.takeContentLength(value, valueLength);
    if (equalsIgnoringCase(at, name, "accept")) this.accept.take(value, valueLength);
    if (equalsIgnoringCase(at, name, "transfer-encoding")) this.hasCoding = true;
    return MORE;
  }

  /** One Host only, two equal ones are refused as well, and no other bytes than a host's (RFC 9112 section 3.2). */
  private takeHost(at: ptr, length: i32): i32 {
    if (this.hasHost || !isHost(at, length)) return BAD_REQUEST;
    this.hasHost = true;
    return MORE;
  }

  /** A number, once. RFC 9112 section 6.3 allows to refuse a repeated one, also if both say the same. */
  private takeContentLength(at: ptr, length: i32): i32 {
    const announced = readContentLength(at, length);
    if (this.hasLength || announced === NO_LENGTH) return BAD_REQUEST;
    this.hasLength = true;
    this.hasBody = announced === SOME_LENGTH;
    return MORE;
  }

  /**
   * Judges the whole head: a missing Host (RFC 9112 section 3.2) and a body of two lengths (section 6.1) are faults,
   * then comes the method, then the body.
   */
  private finish(): i32 {
    if (this.needsHost && !this.hasHost) return BAD_REQUEST;
    if (this.hasCoding && this.hasLength) return BAD_REQUEST;
    if (!this.isAllowed) return METHOD_NOT_ALLOWED;
    if (this.hasCoding || this.hasBody) return CONTENT_TOO_LARGE;
    this.route = this.target.route;
    this.isVerbose = this.target.isVerbose;
    this.wantsJson = this.accept.wantsJson();
    return COMPLETE;
  }
}

/** True for "HTTP/", a digit, a dot and a digit; upper case (RFC 9112 section 2.3). */
function isVersion(at: ptr, length: i32): bool {
  return (
    length === VERSION_LENGTH &&
    startsWith(at, length, "HTTP/") &&
    isDigit(load<u8>(at + 5)) &&
    load<u8>(at + 6) === DOT &&
    isDigit(load<u8>(at + 7))
  );
}
