// Reads requests with binary/health/request.ts for tests and the fuzzer, and sees what it touches beside them.

import type { Entry } from "./load.ts";

export const MORE = 0;
export const COMPLETE = 1;
export const HEAD_SIZE = 4096;

const ROUTES = ["live", "ready", "startup", "metrics", "none"] as const;

/** What a request comes to: MORE, a status to answer, or what a good one asks for. */
export interface Outcome {
  readonly status: number;
  readonly isHead: boolean;
  readonly route?: string;
  readonly verbose?: true;
  readonly json?: true;
}

export interface Reading {
  /** How many of the bytes that are left come next. */
  readonly next: (left: number) => number;
  /** What lies around the received bytes. */
  readonly fill?: number;
  /** Overwrites lines once they are read: a second look at them changes the outcome. */
  readonly isForgetful?: boolean;
}

/** Throws if a byte outside the received ones changes, or if bytes that follow the head change the outcome. */
export function readRequest(entry: Entry, bytes: Buffer, reading: Reading): Outcome {
  const { call, memory } = entry;
  const { next, fill = 0xaa, isForgetful = false } = reading;
  const from = call.guarded!();
  const guarded = memory.subarray(from, from + call.guardedSize!());
  guarded.fill(fill);
  call.requestClear!();
  const start = call.requestTail!();
  let offset = 0;
  let status = MORE;
  while (status === MORE && offset < bytes.length) {
    const count = Math.min(next(bytes.length - offset), bytes.length - offset, call.requestRoom!());
    if (count < 1) throw new Error("asks for more and has no room");
    memory.set(bytes.subarray(offset, offset + count), call.requestTail!());
    offset += count;
    status = call.requestReceived!(count);
    if (isForgetful)
      memory.fill(fill, start, start + bytes.subarray(0, offset).lastIndexOf(10) + 1);
  }
  const before = guarded.subarray(0, start - from);
  const behind = guarded.subarray(start - from + offset);
  const isUntouched = (part: Uint8Array) => Buffer.alloc(part.length, fill).equals(part);
  if (!isUntouched(before) || !isUntouched(behind)) throw new Error("wrote beside its input");
  const outcome = outcomeOf(entry, status);
  const again = call.requestReceived!(Math.min(1, call.requestRoom!()));
  if (status !== MORE && again !== status) throw new Error(`${status}, then ${again}`);
  return outcome;
}

function outcomeOf({ call }: Entry, status: number): Outcome {
  const flags = call.requestFlags!();
  const isHead = (flags & 1) !== 0;
  if (status !== COMPLETE) return { status, isHead };
  return {
    status,
    isHead,
    route: ROUTES[call.requestRoute!()] ?? "?",
    ...(flags & 2 ? { verbose: true } : {}),
    ...(flags & 4 ? { json: true } : {}),
  };
}
