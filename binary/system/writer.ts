// Bytes on their way out: a diagnostic line to stderr (log.ts), or an answer to stdout (output.ts).

import { DOT, DOUBLE_QUOTE, LF, SPACE } from "./ascii";
import { buffer } from "./buffers";
import { copyText, formatDecimal } from "./bytes";
import { errnoName, errnoText } from "./errors";
import { isatty, ppoll, ptr, write } from "./host";
import { EAGAIN, EINTR, POLLOUT } from "./linux";

/** Longest part of a user's word that a message repeats, in bytes. */
const QUOTE_LIMIT: i32 = 256;
/** A terminal that reports room takes at least this many bytes without blocking (n_tty WAKEUP_CHARS). */
const TERMINAL_CHUNK: i32 = 256;

const DECIMAL: ptr = buffer(24);
const POLL: ptr = buffer(8);

export class Writer {
  length: i32 = 0;
  /** When false, what is appended goes nowhere. */
  enabled: bool = true;
  /** A negated errno once `flush` failed; what follows is dropped. */
  error: i32 = 0;

  /**
   * `buffer` has room for `capacity` bytes. When it is full a writer that `flushes` writes them out and waits as
   * long as its reader needs; the other kind drops what follows and never waits.
   */
  constructor(
    public fd: i32,
    readonly buffer: ptr,
    readonly capacity: i32,
    readonly flushes: bool,
  ) {}

  byte(value: u8): Writer {
    if (!this.enabled) return this;
    if (this.length === this.capacity && this.flushes) this.flush();
    if (this.length < this.capacity) store<u8>(this.buffer + this.length++, value);
    return this;
  }

  text(value: string): Writer {
    if (!this.enabled) return this;
    for (let i = 0; i < value.length; i++) this.byte(<u8>value.charCodeAt(i));
    return this;
  }

  bytes(at: ptr, length: i32): Writer {
    if (!this.enabled) return this;
    for (let i = 0; i < length; i++) this.byte(load<u8>(at + i));
    return this;
  }

  number(value: i64): Writer {
    if (!this.enabled) return this;
    return this.bytes(DECIMAL, formatDecimal(DECIMAL, value));
  }

  /** `value` as "0x0a": two hexadecimal digits. */
  hex(value: u8): Writer {
    return this.text("0x")
      .nibble(value >> 4)
      .nibble(value & 15);
  }

  /** Bytes as they may stand in one line of a terminal: control bytes and those above ASCII as \xNN. */
  escaped(at: ptr, length: i32): Writer {
    for (let i = 0; i < length; i++) this.escapedByte(load<u8>(at + i));
    return this;
  }

  escapedByte(byte: u8): Writer {
    if (byte >= 32 && byte < 127) return this.byte(byte);
    return this.text("\\x")
      .nibble(byte >> 4)
      .nibble(byte & 15);
  }

  /** A word in double quotes, escaped, cut after 256 bytes. */
  quoted(at: ptr, length: i32): Writer {
    const shown = min(length, QUOTE_LIMIT);
    this.byte(DOUBLE_QUOTE).escaped(at, shown);
    if (shown < length) this.text("...");
    return this.byte(DOUBLE_QUOTE);
  }

  /** Nanoseconds as milliseconds with one decimal: "12.5". */
  milliseconds(nanoseconds: i64): Writer {
    const tenths = (nanoseconds + 50_000) / 100_000;
    return this.number(tenths / 10)
      .byte(DOT)
      .number(tenths % 10);
  }

  spaces(count: i32): Writer {
    for (let i = 0; i < count; i++) this.byte(SPACE);
    return this;
  }

  /** "no such file or directory (ENOENT)" for an errno, negated or not. */
  errno(error: i32): Writer {
    const positive = error < 0 ? -error : error;
    return this.text(errnoText(positive)).text(" (").text(errnoName(positive)).text(")");
  }

  /** Appends `text` and a newline. */
  line(text: string): Writer {
    return this.text(text).byte(LF);
  }

  /** Writes what is buffered, waiting for room. Gives 0 or the negated errno. */
  flush(): i32 {
    let written = 0;
    while (written < this.length && this.error === 0) {
      const result = write(this.fd, this.buffer + written, this.length - written);
      if (result >= 0) written += result;
      else if (result === -EAGAIN) this.hasRoom(-1);
      else if (result !== -EINTR) this.error = result;
    }
    this.length = 0;
    return this.error;
  }

  /** Writes the buffered line with a newline in one write, or loses what does not go out at once (I62). */
  end(): void {
    if (!this.enabled) return;
    store<u8>(this.buffer + min(this.length, this.capacity - 1), LF);
    const length = min(this.length + 1, this.capacity);
    const chunk = isatty(this.fd) ? TERMINAL_CHUNK : length;
    let written = 0;
    while (written < length && this.hasRoom(0)) {
      const result = write(this.fd, this.buffer + written, min(chunk, length - written));
      if (result > 0) written += result;
      else if (result !== -EINTR) break;
    }
    this.length = 0;
  }

  private hasRoom(timeoutNs: i64): bool {
    store<i32>(POLL, this.fd);
    store<i32>(POLL + 4, POLLOUT);
    return ppoll(POLL, 1, timeoutNs) === 1 && (load<u16>(POLL + 6) & POLLOUT) !== 0;
  }

  private nibble(value: u8): Writer {
    return this.byte(value < 10 ? 48 + value : 87 + value);
  }
}

/** Copies a text with a closing NUL to `to`; gives the length without it. For paths handed to the host. */
export function copyPath(to: ptr, text: string): i32 {
  const length = copyText(to, text);
  store<u8>(to + length, 0);
  return length;
}
