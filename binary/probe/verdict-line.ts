// The one line that a probe leaves: `pass: PING 127.0.0.1:6379: PONG in 0.3 ms`, and behind it what to do and notes.

import { Target } from "../net/target";
import { SPACE } from "../system/ascii";
import { now } from "../system/clock";
import { fd, ptr } from "../system/host";
import { Writer } from "../system/writer";

/** The longest line with its newline (R10). */
export const LINE_SIZE: i32 = 1024;

export const WAIT_HINT: string = "check the server or raise --timeout";

export class VerdictLine {
  /** True once the verdict is there: `passed`, and `line` without its newline. */
  isDone: bool = false;
  passed: bool = false;
  line: Writer;
  /** Nanoseconds that the probe took. */
  duration: i64 = 0;
  protected startedAt: i64 = 0;

  /** `bytes` has room for LINE_SIZE bytes. The line is meant for descriptor `output`. */
  constructor(
    protected readonly target: Target,
    bytes: ptr,
    output: fd,
  ) {
    this.line = new Writer(output, bytes, LINE_SIZE, false);
  }

  start(): void {
    this.isDone = false;
    this.passed = false;
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

  /** Closes the line with the time it took, `hint` and notes. */
  finish(hint: string): void {
    this.duration = now() - this.startedAt;
    this.line.text(" in ").milliseconds(this.duration).text(" ms");
    if (hint.length > 0) this.line.text("; ").text(hint);
    this.writeNotes();
    this.isDone = true;
  }

  /** Takes the line of a probe that another process ran; it has its hint and its time. */
  takeLine(at: ptr, length: i32, passed: bool): void {
    this.duration = now() - this.startedAt;
    this.passed = passed;
    this.line.length = 0;
    this.line.bytes(at, length);
    this.isDone = true;
  }

  /** Appends the name of what the probe was at, for a kind of probe whose names are no constants. */
  protected writePhase(phase: string): void {
    this.line.text(phase);
  }

  /** Appends whom the probe asks. */
  protected writeTarget(): void {
    this.target.write(this.line);
  }

  /** For what a kind of probe has to add. */
  protected writeNotes(): void {}

  private begin(verdict: string, phase: string): Writer {
    const line = this.line;
    line.length = 0;
    line.text(verdict);
    this.writePhase(phase);
    line.byte(SPACE);
    this.writeTarget();
    return line.text(": ");
  }
}
