// The one line that a probe leaves: `pass: PING 127.0.0.1:6379: PONG in 0.3 ms`, and behind it what to do and notes.

import { CLOSE_BRACKET, COLON, OPEN_BRACKET, SPACE } from "../system/ascii";
import { indexOf } from "../system/bytes";
import { now } from "../system/clock";
import { fd, ptr } from "../system/host";
import { Text } from "../system/text";
import { Writer } from "../system/writer";
import { RedisOptions } from "./options";
import { firstWordLength } from "./resp";

/** The longest line with its newline (R10). */
const LINE_SIZE: i32 = 1024;
/** How much is kept of an error line that is not the verdict. */
const ERROR_SIZE: i32 = 64;
/** The most of a server's word, and of a host name or path, that is shown. */
const WORD_LIMIT: i32 = 64;
const TARGET_LIMIT: i32 = 128;

export const WAIT_HINT: string = "check the server or raise --timeout";

// line | AUTH's error | HELLO's error
const AUTH_ERROR: i32 = LINE_SIZE;
const HELLO_ERROR: i32 = AUTH_ERROR + ERROR_SIZE;
export const VERDICT_SIZE: i32 = HELLO_ERROR + ERROR_SIZE;

export class VerdictLine {
  /** True once the verdict is there: `passed`, and `line` without its newline. */
  isDone: bool = false;
  passed: bool = false;
  line: Writer;
  /** What AUTH and HELLO were refused with, for notes. */
  authError: Text;
  authFailed: bool = false;
  helloError: Text;
  helloFailed: bool = false;

  private startedAt: i64 = 0;

  /** `bytes` has room for VERDICT_SIZE bytes. The line is meant for descriptor `output`. */
  constructor(
    private readonly options: RedisOptions,
    bytes: ptr,
    output: fd,
  ) {
    this.line = new Writer(output, bytes, LINE_SIZE, false);
    this.authError = new Text(bytes + AUTH_ERROR, ERROR_SIZE);
    this.helloError = new Text(bytes + HELLO_ERROR, ERROR_SIZE);
  }

  start(): void {
    this.isDone = false;
    this.authFailed = false;
    this.helloFailed = false;
    this.startedAt = now();
  }

  /** Begins the line; what happened is to be appended. `phase` is what the probe was at. */
  pass(phase: string): Writer {
    this.passed = true;
    return this.begin("pass: ", phase);
  }

  fail(phase: string): Writer {
    this.passed = false;
    return this.begin("fail: ", phase);
  }

  /** Appends the first word alone: the rest of an error line may repeat the password (R10). */
  word(at: ptr, length: i32): void {
    const wordLength = firstWordLength(at, length);
    if (wordLength === 0) this.line.text("an empty text");
    else this.line.escaped(at, min(wordLength, WORD_LIMIT));
  }

  /** Closes the line with the time it took, `hint` and notes. */
  finish(hint: string): void {
    const line = this.line;
    line.text(" in ").milliseconds(now() - this.startedAt);
    line.text(" ms");
    if (hint.length > 0) line.text("; ").text(hint);
    if (this.authFailed) {
      line.text("; note: AUTH: ");
      this.word(this.authError.at, this.authError.length);
    }
    if (this.helloFailed) {
      line.text("; note: went on with RESP2, HELLO: ");
      this.word(this.helloError.at, this.helloError.length);
    }
    this.options.writeNotes(line);
    this.isDone = true;
  }

  private begin(verdict: string, phase: string): Writer {
    const line = this.line;
    line.length = 0;
    line.text(verdict).text(phase).byte(SPACE);
    const isSocket = this.options.socket.length > 0;
    const target = isSocket ? this.options.socket : this.options.host;
    const isIpv6 = !isSocket && indexOf(target.at, target.length, COLON) >= 0;
    if (isIpv6) line.byte(OPEN_BRACKET);
    line.escaped(target.at, min(target.length, TARGET_LIMIT));
    if (isIpv6) line.byte(CLOSE_BRACKET);
    if (!isSocket) line.byte(COLON).number(this.options.port);
    return line.text(": ");
  }
}
