// The Redis protocol, RESP2 and RESP3 (redis.io/docs/latest/develop/reference/protocol-spec). Pure.
//
//   line:      + - : _ # , (    text CR LF
//   bulk:      $ ! =            length CR LF  bytes CR LF          length -1: null
//   aggregate: * ~ > %          count CR LF   elements             % counts pairs, | is an attribute before a value

import { CR, DASH, LF, SPACE } from "../system/ascii";
import { indexOf, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { Writer } from "../system/writer";

/** A reply with everything in it is at most this long (R13). */
export const REPLY_SIZE: i32 = 65_536;
/** Push frames read before one reply (R13). */
export const PUSH_LIMIT: i32 = 32;
/** "+" CR LF */
const SMALLEST_ELEMENT: i32 = 3;

export const SIMPLE: u8 = 43; // +
export const ERROR: u8 = 45; // -
export const BULK: u8 = 36; // $
export const BULK_ERROR: u8 = 33; // !
export const VERBATIM: u8 = 61; // =
export const ARRAY: u8 = 42; // *
export const PUSH: u8 = 62; // >
export const MAP: u8 = 37; // %
export const SET: u8 = 126; // ~
export const ATTRIBUTE: u8 = 124; // |
const COLON: u8 = 58; // :
const NULL: u8 = 95; // _
const BOOLEAN: u8 = 35; // #
const DOUBLE: u8 = 44; // ,
const BIG_NUMBER: u8 = 40; // (

/** Begins a request of `count` words. */
export function writeArray(to: Writer, count: i32): void {
  to.byte(ARRAY).number(count).byte(CR).byte(LF);
}

export function writeWord(to: Writer, word: string): void {
  to.byte(BULK).number(word.length).byte(CR).byte(LF).text(word).byte(CR).byte(LF);
}

export function writeBytes(to: Writer, at: ptr, length: i32): void {
  to.byte(BULK).number(length).byte(CR).byte(LF).bytes(at, length).byte(CR).byte(LF);
}

/** The bytes so far are right, but not all. */
export const MORE: i32 = 0;
export const COMPLETE: i32 = 1;
/** The first byte is no type of RESP. */
export const NO_TYPE: i32 = 2;
/** A line ends with LF alone. */
export const BARE_LF: i32 = 3;
/** A length that is no number, or a bulk string without CR LF after it. */
export const BROKEN: i32 = 4;
/** Longer than REPLY_SIZE, or announced to be. */
export const TOO_LONG: i32 = 5;
export const TOO_MANY_PUSHES: i32 = 6;

/** One element: a whole line or bulk string, or the head of an aggregate. */
export class Element {
  kind: u8 = 0;
  /** What a line or bulk string says. A verbatim string comes without its "txt:". */
  at: ptr = 0;
  length: i32 = 0;
  /** Elements that follow inside this one. */
  children: i32 = 0;
  isNull: bool = false;
  /** After COMPLETE: where the next element begins. 0 as long as the first line has no end. */
  end: ptr = 0;

  /** The end of the bytes there are. */
  private limit: ptr = 0;

  /** Becomes the first of the elements inside `aggregate`, of which all bytes are there. */
  readFirst(aggregate: Element): void {
    this.read(aggregate.end, aggregate.end, aggregate.limit, aggregate.limit);
  }

  /** Becomes the element behind this one. */
  readNext(): void {
    this.read(this.end, this.end, this.limit, this.limit);
  }

  copy(from: Element): void {
    this.limit = from.limit;
    this.kind = from.kind;
    this.at = from.at;
    this.length = from.length;
    this.children = from.children;
    this.isNull = from.isNull;
    this.end = from.end;
  }

  /**
   * Reads the element at `from`; `limit` is the end of the bytes there are, `furthest` of those there may be, and
   * a line's end is looked for from `searched` on. Gives MORE, COMPLETE or what is wrong.
   */
  read(from: ptr, searched: ptr, limit: ptr, furthest: ptr): i32 {
    this.end = 0;
    this.limit = limit;
    if (from >= limit) return from < furthest ? MORE : TOO_LONG;
    this.kind = load<u8>(from);
    if (!isType(this.kind)) return NO_TYPE;
    const line = from + 1;
    const start = max(searched, line);
    const found = start < limit ? indexOf(start, <i32>(limit - start), LF) : -1;
    if (found < 0) return limit < furthest ? MORE : TOO_LONG;
    const lf = start + found;
    if (load<u8>(lf - 1) !== CR) return BARE_LF;
    this.at = line;
    this.length = <i32>(lf - 1 - line);
    this.children = 0;
    this.isNull = this.kind === NULL;
    this.end = lf + 1;
    if (isLine(this.kind)) return COMPLETE;
    return this.readCounted(limit, furthest);
  }

  /** Goes on after a line that is a length or a count. */
  private readCounted(limit: ptr, furthest: ptr): i32 {
    const room = <i32>(furthest - this.end);
    if (this.length === 2 && load<u8>(this.at) === DASH && load<u8>(this.at + 1) === 49) {
      this.isNull = true;
      this.length = 0;
      return this.kind === BULK || this.kind === ARRAY ? COMPLETE : BROKEN;
    }
    const count = parseDecimal(this.at, this.length);
    if (count < 0) return BROKEN;
    if (isBulk(this.kind)) return this.readBulk(count, room, limit);
    const pairs = this.kind === MAP || this.kind === ATTRIBUTE;
    if (count > room / SMALLEST_ELEMENT) return TOO_LONG;
    this.children = pairs ? <i32>count * 2 : <i32>count;
    return this.children * SMALLEST_ELEMENT > room ? TOO_LONG : COMPLETE;
  }

  private readBulk(count: i64, room: i32, limit: ptr): i32 {
    if (count + 2 > room) return TOO_LONG;
    this.at = this.end;
    this.length = <i32>count;
    this.end += this.length + 2;
    if (this.end > limit) return MORE;
    if (load<u8>(this.end - 2) !== CR || load<u8>(this.end - 1) !== LF) return BROKEN;
    if (this.kind === VERBATIM && this.length >= 4 && load<u8>(this.at + 3) === COLON) {
      this.at += 4;
      this.length -= 4;
    }
    return COMPLETE;
  }
}

/**
 * Takes replies out of a stream that may be split at any byte. `room` and `received` fill it, `next` gives one
 * reply after the other. What `reply` points to stays until `next` is called again.
 */
export class ReplyReader {
  /** After COMPLETE: the reply's first element, behind attributes; the elements inside it follow at its `end`. */
  reply: Element = new Element();

  /** Bytes in the buffer; the current frame begins at its start. */
  private filled: i32 = 0;
  /** Where the element that is read next begins, and how far the end of its line was searched. */
  private cursor: i32 = 0;
  private searched: i32 = 0;
  /** Elements that the current frame still lacks, and those of them that belong to attributes before the reply. */
  private missing: i32 = 1;
  private attributes: i32 = 0;
  private hasReply: bool = false;
  private pushes: i32 = 0;
  private element: Element = new Element();

  /** `buffer` has room for REPLY_SIZE bytes. */
  constructor(private readonly buffer: ptr) {}

  clear(): void {
    this.filled = 0;
    this.pushes = 0;
    this.begin();
  }

  /** Where received bytes go, `room()` of them at most. */
  tail(): ptr {
    return this.buffer + this.filled;
  }

  room(): i32 {
    return REPLY_SIZE - this.filled;
  }

  received(length: i32): void {
    this.filled += length;
  }

  /** COMPLETE when `reply` is the next reply, MORE when bytes are missing, or what is wrong. Pushes are skipped. */
  next(): i32 {
    if (this.missing === 0) this.drop();
    while (true) {
      const status = this.readFrame();
      if (status !== COMPLETE || this.reply.kind !== PUSH) return status;
      if (++this.pushes > PUSH_LIMIT) return TOO_MANY_PUSHES;
      this.drop();
    }
  }

  /** After COMPLETE: true if bytes follow the reply. */
  hasMore(): bool {
    return this.filled > this.cursor;
  }

  /** After MORE: true if some bytes of a reply are there. */
  hasPart(): bool {
    return this.filled > 0;
  }

  /** After MORE: true if what is there begins an error line (R34), which is then `reply`. */
  hasPartOfError(): bool {
    if (this.filled === 0 || this.firstByte() !== ERROR) return false;
    this.reply.kind = ERROR;
    this.reply.at = this.buffer + 1;
    this.reply.length = this.filled - 1;
    return true;
  }

  firstByte(): u8 {
    return load<u8>(this.buffer);
  }

  private readFrame(): i32 {
    const element = this.element;
    const limit = this.buffer + this.filled;
    const furthest = this.buffer + REPLY_SIZE;
    while (this.missing > 0) {
      const from = this.buffer + this.cursor;
      const status = element.read(from, this.buffer + this.searched, limit, furthest);
      if (status !== COMPLETE) {
        if (element.end === 0) this.searched = this.filled;
        return status;
      }
      this.cursor = <i32>(element.end - this.buffer);
      this.searched = this.cursor;
      this.take(element);
      if (this.missing * SMALLEST_ELEMENT > REPLY_SIZE - this.cursor) return TOO_LONG;
    }
    return COMPLETE;
  }

  private begin(): void {
    this.cursor = 0;
    this.searched = 0;
    this.missing = 1;
    this.attributes = 0;
    this.hasReply = false;
  }

  private take(element: Element): void {
    const isAttribute = element.kind === ATTRIBUTE;
    const change = isAttribute ? element.children : element.children - 1;
    this.missing += change;
    if (this.hasReply) return;
    if (isAttribute || this.attributes > 0) {
      this.attributes += change;
      return;
    }
    this.hasReply = true;
    this.reply.copy(element);
  }

  private drop(): void {
    this.filled -= this.cursor;
    memory.copy(this.buffer, this.buffer + this.cursor, this.filled);
    this.begin();
  }
}

/** True for a bulk string, a simple string or a verbatim string: what may carry PONG or OK. */
export function isString(kind: u8): bool {
  return kind === SIMPLE || kind === BULK || kind === VERBATIM;
}

export function isError(kind: u8): bool {
  return kind === ERROR || kind === BULK_ERROR;
}

/** Length of the first word of a text: up to a space or a line end. */
export function firstWordLength(at: ptr, length: i32): i32 {
  let end = 0;
  while (end < length && load<u8>(at + end) > SPACE) end++;
  return end;
}

function isLine(kind: u8): bool {
  return (
    kind === SIMPLE ||
    kind === ERROR ||
    kind === COLON ||
    kind === NULL ||
    kind === BOOLEAN ||
    kind === DOUBLE ||
    kind === BIG_NUMBER
  );
}

function isBulk(kind: u8): bool {
  return kind === BULK || kind === BULK_ERROR || kind === VERBATIM;
}

function isType(kind: u8): bool {
  return (
    isLine(kind) ||
    isBulk(kind) ||
    kind === ARRAY ||
    kind === SET ||
    kind === PUSH ||
    kind === MAP ||
    kind === ATTRIBUTE
  );
}
