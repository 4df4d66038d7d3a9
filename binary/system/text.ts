import { ptr } from "./host";

/** A value of bounded length that is kept: up to `size` bytes in static memory at `at`. */
export class Text {
  length: i32 = 0;

  constructor(
    readonly at: ptr,
    readonly size: i32,
  ) {}

  /** Keeps a copy; false, and nothing changes, if it is longer than `size`. */
  set(from: ptr, length: i32): bool {
    if (length > this.size) return false;
    memory.copy(this.at, from, length);
    this.length = length;
    return true;
  }

  /** Keeps a copy of as much as fits. */
  cut(from: ptr, length: i32): void {
    this.set(from, min(length, this.size));
  }

  clear(): void {
    this.length = 0;
  }
}

/** A part of a text that is parsed; empty when it is not given. It lasts as long as the text. */
export class Part {
  at: ptr = 0;
  length: i32 = 0;

  set(at: ptr, length: i32): void {
    this.at = at;
    this.length = length;
  }
}
