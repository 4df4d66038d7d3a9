// Lines of blank-separated words, as hosts(5) and resolv.conf(5) have them. Pure.

import { CR, HASH, LF, SEMICOLON, SPACE, TAB } from "../system/ascii";
import { ptr } from "../system/host";

/** Walks a text by lines and words. A comment runs from "#" or ";" to the end of its line. */
export class Words {
  /** The current word, after `next()` gave true. */
  at: ptr = 0;
  length: i32 = 0;

  private cursor: ptr = 0;
  private end: ptr = 0;
  private started: bool = false;

  start(text: ptr, length: i32): void {
    this.cursor = text;
    this.end = text + length;
    this.started = false;
  }

  /** Moves to the next line, the first one at first; false after the last. */
  nextLine(): bool {
    if (this.started) {
      while (this.cursor < this.end && load<u8>(this.cursor) !== LF) this.cursor++;
      this.cursor++;
    }
    this.started = true;
    return this.cursor < this.end;
  }

  /** Moves to the next word of the line; false if it has no more. */
  next(): bool {
    while (this.cursor < this.end && isBlank(load<u8>(this.cursor))) this.cursor++;
    this.at = this.cursor;
    while (this.cursor < this.end && !endsWord(load<u8>(this.cursor))) this.cursor++;
    this.length = <i32>(this.cursor - this.at);
    return this.length > 0;
  }
}

function isBlank(byte: u8): bool {
  return byte === SPACE || byte === TAB || byte === CR;
}

function endsWord(byte: u8): bool {
  return isBlank(byte) || byte === LF || byte === HASH || byte === SEMICOLON;
}
