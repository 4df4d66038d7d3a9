// One pipe from the command to one of knell's own descriptors, with a buffer between them.

import { buffer } from "../system/buffers";
import { NEVER, SECOND } from "../system/clock";
import { aboveStandard } from "../system/descriptors";
import { close, dup2, fcntl, fd, isatty, pipe2, ptr, read, write } from "../system/host";
import {
  EAGAIN,
  EINTR,
  F_GETFD,
  F_SETFL,
  O_CLOEXEC,
  O_NONBLOCK,
  PIPE_BUF,
  POLLIN,
  POLLOUT,
} from "../system/linux";

/** A reader that takes nothing for this long while something waits for it gets no more. */
const STALL: i64 = SECOND;
/** After the end no more than this is taken from a pipe: whoever is still writing cannot be killed (E10). */
const DRAIN_LIMIT: i64 = 1_048_576;
/** A terminal that reports room takes at least this many bytes without blocking (n_tty WAKEUP_CHARS). */
const TERMINAL_CHUNK: i32 = 256;

const PIPE: ptr = buffer(8);
const DROPPED_SIZE: i32 = 65_536;
const DROPPED: ptr = buffer(DROPPED_SIZE);

export class Stream {
  /** Bytes that were read and not passed on. */
  dropped: i64 = 0;
  isReaderGone: bool = false;
  hasReaderStalled: bool = false;
  /** The end that the command or the guard writes to; -1 when it is closed here. */
  input: fd = -1;
  private output: fd = -1;
  /** How many more bytes may be passed on. */
  private allowed: i64 = 0;
  private drained: i64 = 0;
  // What is in the buffer and not yet written.
  private start: i32 = 0;
  private end: i32 = 0;
  private blockedSince: i64 = NEVER;
  /** As much as a write after POLLOUT takes without blocking: `to` may be shared and is not made non-blocking. */
  private chunk: i32 = 0;

  constructor(
    readonly to: fd,
    readonly buffer: ptr,
    readonly capacity: i32,
  ) {}

  /** Makes the pipe, which passes on `limit` bytes. 0, or a negated errno. */
  open(limit: i64): i32 {
    const error = pipe2(PIPE, O_CLOEXEC);
    if (error < 0) return error;
    this.output = aboveStandard(load<i32>(PIPE));
    this.input = aboveStandard(load<i32>(PIPE, 4));
    this.allowed = limit;
    return min(this.input, fcntl(this.output, F_SETFL, O_NONBLOCK));
  }

  /** In the command: the pipe becomes its descriptor, unless that was closed when knell was started (I18). */
  connect(): void {
    if (this.input >= 0 && fcntl(this.to, F_GETFD, 0) >= 0) dup2(this.input, this.to);
  }

  closeInput(): void {
    if (this.input >= 0) close(this.input);
    this.input = -1;
  }

  closeOutput(): void {
    if (this.output >= 0) close(this.output);
    this.output = -1;
  }

  /** True if nothing more comes and nothing waits. */
  isDone(): bool {
    return this.output < 0 && this.start === this.end;
  }

  /** Fills two pollfd records: for what comes in and for what goes out. */
  prepare(records: ptr): void {
    store<i32>(records, this.isFull() ? -1 : this.output);
    store<i32>(records, POLLIN, 4);
    store<i32>(records, this.start === this.end ? -1 : this.to, 8);
    store<i32>(records, POLLOUT, 12);
  }

  /** Copies as far as the two records allow. */
  move(records: ptr): void {
    if (load<u16>(records, 14) !== 0) this.deliver();
    if (load<u16>(records, 6) !== 0) this.take();
  }

  /** Takes what is in the pipe, as far as there is room; closes it when it is empty. */
  drain(): void {
    while (this.output >= 0 && !this.isFull()) {
      const taken = this.take();
      this.drained += taken;
      if (taken === 0 || this.drained > DRAIN_LIMIT) this.closeOutput();
    }
  }

  /** When the reader will be given up, NEVER if nobody waits for it. Gives it up if `time` is that instant. */
  giveUpAt(time: i64, isEnding: bool): i64 {
    if (this.start === this.end || !(isEnding || this.isFull())) {
      this.blockedSince = NEVER;
      return NEVER;
    }
    if (this.blockedSince === NEVER) this.blockedSince = time;
    if (time - this.blockedSince < STALL) return this.blockedSince + STALL;
    this.hasReaderStalled = true;
    this.abandon();
    return NEVER;
  }

  /** True if the command has to wait for the reader. */
  private isFull(): bool {
    return this.allowed > 0 && this.end === this.capacity;
  }

  /** One read; gives how many bytes it took. */
  private take(): i32 {
    const isWanted = this.allowed > 0;
    const room = isWanted ? <i32>min(this.allowed, <i64>(this.capacity - this.end)) : DROPPED_SIZE;
    const count = read(this.output, isWanted ? this.buffer + this.end : DROPPED, room);
    if (count <= 0) {
      if (count !== -EAGAIN && count !== -EINTR) this.closeOutput();
      return 0;
    }
    if (isWanted) {
      this.end += count;
      this.allowed -= count;
    } else {
      this.dropped += count;
    }
    return count;
  }

  private deliver(): void {
    if (this.chunk === 0) this.chunk = isatty(this.to) ? TERMINAL_CHUNK : PIPE_BUF;
    const count = write(this.to, this.buffer + this.start, min(this.end - this.start, this.chunk));
    if (count < 0) {
      if (count === -EAGAIN || count === -EINTR) return;
      this.isReaderGone = true;
      this.abandon();
      return;
    }
    this.start += count;
    this.blockedSince = NEVER;
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
    } else if (this.end === this.capacity && this.start >= this.capacity / 2) {
      memory.copy(this.buffer, this.buffer + this.start, this.end - this.start);
      this.end -= this.start;
      this.start = 0;
    }
  }

  private abandon(): void {
    this.dropped += this.end - this.start;
    this.start = 0;
    this.end = 0;
    this.allowed = 0;
  }
}
