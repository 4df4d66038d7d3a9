// What the tests of the health endpoint's pure modules call: each function takes its input at `input()`.

import { HEAD_SIZE, RequestReader } from "../health/request";
import { buffer } from "../system/buffers";
import { ptr } from "../system/host";

const INPUT_SIZE: i32 = 65_536;
const INPUT: ptr = buffer(INPUT_SIZE);

export function input(): ptr {
  return INPUT;
}

// --- request.ts ---

// guard | the reader's bytes | guard
const GUARD_SIZE: i32 = 256;
const READER: ptr = buffer(GUARD_SIZE + HEAD_SIZE + GUARD_SIZE);
const reader = new RequestReader(READER + GUARD_SIZE);

export function guarded(): ptr {
  return READER;
}

export function guardedSize(): i32 {
  return GUARD_SIZE + HEAD_SIZE + GUARD_SIZE;
}

export function requestClear(): void {
  reader.clear();
}

export function requestTail(): ptr {
  return reader.tail();
}

export function requestRoom(): i32 {
  return reader.room();
}

/** Takes bytes that are at `requestTail()` already. */
export function requestReceived(count: i32): i32 {
  return reader.received(count);
}

export function requestRoute(): i32 {
  return reader.route;
}

/** Bit 0: HEAD, 1: verbose, 2: JSON. */
export function requestFlags(): i32 {
  return (reader.isHead ? 1 : 0) | (reader.isVerbose ? 2 : 0) | (reader.wantsJson ? 4 : 0);
}
