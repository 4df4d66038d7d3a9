// One connection to the endpoint: a request's head comes in, an answer goes out, once.

import { earlier, MILLISECOND, NEVER, now, SECOND } from "../system/clock";
import { close, fd, ptr, read, shutdown, write } from "../system/host";
import { EAGAIN, EINTR, POLLIN, POLLOUT, SHUT_WR } from "../system/linux";
import { Writer } from "../system/writer";
import { writeAnswer } from "./answer";
import { Asked } from "./asked";
import { metrics } from "./metrics";
import { METRICS_SIZE, METRICS_TYPE, writeMetrics } from "./metrics-text";
import { COMPLETE, HEAD_SIZE, MORE, RequestReader } from "./request";
import { METRICS, NOT_FOUND } from "./request-target";
import { HEAD_ROOM, writeError, writeHead } from "./response";
import { state } from "./state";
import { NO_SUCH_PATH, OK, REQUEST_TIMEOUT } from "./status";

/** How long a client may take to send its head, and then to take the answer. */
const HEAD_TIME: i64 = 2 * SECOND;
const ANSWER_TIME: i64 = 2 * SECOND;
/** What a client still sends after its answer is read for so long: closed before, the answer could be lost to it. */
const LINGER_TIME: i64 = 500 * MILLISECOND;
const LINGER_READS: i32 = 64;

const FREE: i32 = 0;
const READING: i32 = 1;
const ASKING: i32 = 2;
const WRITING: i32 = 3;
const LINGERING: i32 = 4;

/** The answer takes the place of the head, which is understood by then; /metrics needs more than that had. */
export const CLIENT_SIZE: i32 = HEAD_ROOM + METRICS_SIZE;

export class Client {
  fd: fd = -1;
  /** When it is given up. */
  deadline: i64 = NEVER;
  /** When it came: the oldest idle one gives way. */
  acceptedAt: i64 = 0;
  /** True once the probe that it waits for cannot have ended before its request. */
  isAdmitted: bool = false;

  private phase: i32 = FREE;
  private readonly reader: RequestReader;
  private readonly answer: Writer;
  private written: i32 = 0;
  private lingerReads: i32 = 0;

  /** `bytes` has room for CLIENT_SIZE bytes. */
  constructor(bytes: ptr) {
    this.reader = new RequestReader(bytes);
    this.answer = new Writer(-1, bytes, CLIENT_SIZE, false);
  }

  get isFree(): bool {
    return this.phase === FREE;
  }

  /** True if it may be closed for another: nobody waits for an answer of it. */
  get isIdle(): bool {
    return this.phase === READING || this.phase === LINGERING;
  }

  /** What to wait for on `fd`; 0 while the probe runs. */
  get events(): i32 {
    if (this.phase === WRITING) return POLLOUT;
    return this.phase === ASKING ? 0 : POLLIN;
  }

  /** The kind whose probe the client waits for, -1 for none. */
  get waitsFor(): i32 {
    return this.phase === ASKING ? this.reader.route : -1;
  }

  /** Takes a new connection. What it has sent already is read at once. */
  accept(socket: fd): void {
    this.fd = socket;
    this.phase = READING;
    this.acceptedAt = now();
    this.deadline = this.acceptedAt + HEAD_TIME;
    this.reader.clear();
    this.receive();
  }

  /** Goes on after a wait that found `fd` ready. */
  advance(): void {
    if (this.phase === READING) this.receive();
    else if (this.phase === WRITING) this.send();
    else if (this.phase === LINGERING) this.linger();
    // Nothing was waited for: it is broken, and its answer has no reader.
    else if (this.phase === ASKING) this.close();
  }

  /** The deadline has come. */
  expire(): void {
    if (this.phase === READING) this.answerError(REQUEST_TIMEOUT);
    else if (this.phase !== ASKING) this.close();
  }

  /** The probe that the client waits for has its verdict, or needs none. */
  answerFor(asked: Asked): void {
    const reader = this.reader;
    this.answer.length = 0;
    const status = writeAnswer(
      this.answer,
      asked,
      reader.isHead,
      reader.isVerbose,
      reader.wantsJson,
    );
    this.begin(status);
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
    this.phase = FREE;
    this.deadline = NEVER;
  }

  private receive(): void {
    const reader = this.reader;
    const result = read(this.fd, reader.tail(), reader.room());
    if (result === -EAGAIN || result === -EINTR) return;
    if (result <= 0) {
      this.close();
      return;
    }
    const status = reader.received(result);
    if (status === MORE) return;
    if (status !== COMPLETE) this.answerError(status);
    else if (reader.route === NOT_FOUND) this.answerError(NO_SUCH_PATH);
    else if (reader.route === METRICS) this.answerMetrics();
    else {
      this.phase = ASKING;
      this.isAdmitted = false;
      this.deadline = NEVER;
    }
  }

  private answerError(status: i32): void {
    this.answer.length = 0;
    writeError(this.answer, status, this.reader.isHead);
    this.begin(status);
  }

  /** The text is made behind the room for its head, whose length it decides, and moved there. */
  private answerMetrics(): void {
    const answer = this.answer;
    metrics.uptime = now() - state.startedAt;
    metrics.isMainChildUp = !state.isMainGone;
    answer.length = HEAD_ROOM;
    metrics.uptime = now() - state.startedAt;
    metrics.isMainChildUp = !state.isMainGone;
    writeMetrics(answer, metrics);
    const length = answer.length - HEAD_ROOM;
    answer.length = 0;
    writeHead(answer, OK, METRICS_TYPE, length);
    if (!this.reader.isHead) {
      memory.copy(answer.buffer + answer.length, answer.buffer + HEAD_ROOM, length);
      answer.length += length;
    }
    this.begin(OK);
  }

  private begin(status: i32): void {
    metrics.recordAnswer(status);
    this.phase = WRITING;
    this.written = 0;
    this.deadline = now() + ANSWER_TIME;
    this.send();
  }

  private send(): void {
    const answer = this.answer;
    const result = write(this.fd, answer.buffer + this.written, answer.length - this.written);
    if (result === -EAGAIN || result === -EINTR) return;
    if (result < 0) {
      this.close();
      return;
    }
    this.written += result;
    if (this.written < answer.length) return;
    // Closing while unread bytes are there resets the connection, and the answer may be lost with it.
    if (this.reader.status === COMPLETE && !this.reader.hasExtra) this.close();
    else this.beginLinger();
  }

  private beginLinger(): void {
    shutdown(this.fd, SHUT_WR);
    this.phase = LINGERING;
    this.lingerReads = 0;
    this.deadline = earlier(this.deadline, now() + LINGER_TIME);
    this.linger();
  }

  private linger(): void {
    const result = read(this.fd, this.answer.buffer, HEAD_SIZE);
    if (result === -EAGAIN || result === -EINTR) return;
    if (result <= 0 || ++this.lingerReads === LINGER_READS) this.close();
  }
}
