// The first bytes of a reply's body: of known length, in chunks, or until the connection ends (RFC 9112). Pure.
//
//   chunk:  size in hexadecimal [;extension] CR LF   bytes   CR LF          size 0: the last one

import { hexDigit } from "../net/ip-address";
import { CR, LF, SEMICOLON, SPACE, TAB } from "../system/ascii";
import { ptr } from "../system/host";
import { Text } from "../system/text";

/** The bytes so far are right, but not all. */
export const MORE: i32 = 0;
export const COMPLETE: i32 = 1;
/** A length or a chunk is malformed. */
export const BROKEN: i32 = 2;

/** As much as the kubelet reads (pkg/probe/http, maxRespBodyLength). */
export const BODY_SIZE: i32 = 10_240;
/** Chunks above are no chunks of a health endpoint, and no sum of them overflows. */
const LARGEST_CHUNK: i64 = 1 << 40;

// What comes next in a chunked body.
const SIZE: i32 = 0;
const EXTENSION: i32 = 1;
const DATA: i32 = 2;
const DATA_END: i32 = 3;

export class Body {
  /** What is there of it, decoded. */
  text: Text;
  isEmpty: bool = false;
  isChunked: bool = false;
  /** How many bytes are still to come, of the body or of the chunk; -1 if only the end of the connection tells. */
  left: i64 = -1;

  private state: i32 = SIZE;
  private digits: i32 = 0;
  private searched: i32 = 0;

  /** `bytes` has room for BODY_SIZE bytes. */
  constructor(bytes: ptr) {
    this.text = new Text(bytes, BODY_SIZE);
  }

  clear(): void {
    this.text.clear();
    this.isEmpty = false;
    this.isChunked = false;
    this.left = -1;
    this.state = SIZE;
    this.digits = 0;
    this.searched = 0;
  }

  get isFull(): bool {
    return this.text.length === BODY_SIZE;
  }

  /** True if the end of the connection is the end of the body. */
  get endsWithConnection(): bool {
    return !this.isEmpty && !this.isChunked && this.left < 0;
  }

  /** Takes bytes as they came. COMPLETE at the end of the body, or when it is full. */
  take(at: ptr, length: i32): i32 {
    if (this.isEmpty) return COMPLETE;
    if (this.isChunked) return this.takeChunks(at, length);
    const count = this.left < 0 ? length : <i32>min<i64>(length, this.left);
    this.append(at, count);
    if (this.left >= 0) this.left -= count;
    return this.left === 0 || this.isFull ? COMPLETE : MORE;
  }

  /** True if the text at `at` stands in it. Each call looks only at what has come since the last one. */
  contains(at: ptr, length: i32): bool {
    const last = this.text.length - length;
    for (; this.searched <= last; this.searched++) {
      if (memory.compare(this.text.at + this.searched, at, length) === 0) return true;
    }
    return false;
  }

  private takeChunks(at: ptr, length: i32): i32 {
    let from = 0;
    while (from < length && !this.isFull) {
      if (this.state === DATA) {
        const count = <i32>min<i64>(length - from, this.left);
        this.append(at + from, count);
        from += count;
        this.left -= count;
        if (this.left === 0) this.state = DATA_END;
        continue;
      }
      const byte = load<u8>(at + from++);
      const status = this.state === DATA_END ? this.takeDataEnd(byte) : this.takeSize(byte);
      if (status !== MORE) return status;
    }
    return this.isFull ? COMPLETE : MORE;
  }

  private takeSize(byte: u8): i32 {
    if (byte === LF) {
      if (this.digits === 0) return BROKEN;
      this.digits = 0;
      this.state = DATA;
      return this.left === 0 ? COMPLETE : MORE;
    }
    if (this.state === EXTENSION) return MORE;
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.left = this.digits++ === 0 ? digit : (this.left << 4) | digit;
      return this.left > LARGEST_CHUNK ? BROKEN : MORE;
    }
    if (this.digits === 0) return BROKEN;
    if (byte !== SEMICOLON && byte !== SPACE && byte !== TAB && byte !== CR) return BROKEN;
    this.state = EXTENSION;
    return MORE;
  }

  private takeDataEnd(byte: u8): i32 {
    if (byte === CR) return MORE;
    if (byte !== LF) return BROKEN;
    this.state = SIZE;
    return MORE;
  }

  private append(at: ptr, length: i32): void {
    const count = min(length, BODY_SIZE - this.text.length);
    memory.copy(this.text.at + this.text.length, at, count);
    this.text.length += count;
  }
}
