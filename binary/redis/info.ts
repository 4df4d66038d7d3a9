// The text of INFO and CLUSTER INFO: lines "name:value" (redis.io/docs/latest/commands/info). Pure.

import { COLON, COMMA, CR, EQUALS_SIGN, LF } from "../system/ascii";
import { indexOf, isDigit, startsWith } from "../system/bytes";
import { ptr } from "../system/host";

/** A value inside a longer text; `found` is false when it is not there. */
export class Field {
  found: bool = false;
  at: ptr = 0;
  length: i32 = 0;

  set(at: ptr, length: i32): void {
    this.found = true;
    this.at = at;
    this.length = length;
  }
}

/** Finds the first line "name:value". */
export function findField(text: ptr, length: i32, name: string, to: Field): bool {
  to.found = false;
  for (let from = 0; from < length; ) {
    const end = lineEnd(text, length, from);
    const start = from + name.length;
    if (
      start < end &&
      startsWith(text + from, end - from, name) &&
      load<u8>(text + start) === COLON
    ) {
      to.set(text + start + 1, withoutCr(text, start + 1, end) - start - 1);
      return true;
    }
    from = end + 1;
  }
  return false;
}

/** Walks the lines "slave0:ip=…,state=online,offset=…,lag=…" of a master. */
export class ReplicaLines {
  private text: ptr = 0;
  private length: i32 = 0;
  private from: i32 = 0;
  private line: Field = new Field();

  start(text: ptr, length: i32): void {
    this.text = text;
    this.length = length;
    this.from = 0;
  }

  next(): bool {
    while (this.from < this.length) {
      const start = this.from;
      const end = lineEnd(this.text, this.length, start);
      this.from = end + 1;
      const colon = indexOf(this.text + start, end - start, COLON);
      if (colon < 0 || !isReplicaName(this.text + start, colon)) continue;
      const value = start + colon + 1;
      this.line.set(this.text + value, withoutCr(this.text, value, end) - value);
      return true;
    }
    return false;
  }

  /** Finds "name=value" in the current line. */
  find(name: string, to: Field): bool {
    to.found = false;
    for (let from = 0; from < this.line.length; ) {
      const rest = this.line.length - from;
      const at = this.line.at + from;
      const comma = indexOf(at, rest, COMMA);
      const length = comma < 0 ? rest : comma;
      const value = name.length + 1;
      if (
        startsWith(at, length, name) &&
        length >= value &&
        load<u8>(at + name.length) === EQUALS_SIGN
      ) {
        to.set(at + value, length - value);
        return true;
      }
      from += length + 1;
    }
    return false;
  }
}

/** "slave" and digits: "slave_priority" and others are no replicas. */
function isReplicaName(at: ptr, length: i32): bool {
  if (length < 6 || !startsWith(at, length, "slave")) return false;
  for (let i = 5; i < length; i++) if (!isDigit(load<u8>(at + i))) return false;
  return true;
}

function lineEnd(text: ptr, length: i32, from: i32): i32 {
  const found = indexOf(text + from, length - from, LF);
  return found < 0 ? length : from + found;
}

function withoutCr(text: ptr, start: i32, end: i32): i32 {
  return end > start && load<u8>(text + end - 1) === CR ? end - 1 : end;
}
