// What one run of the program is given, for the calls to share.

import type { Kernel } from "./kernel.ts";
import type { Memory } from "./memory.ts";
import type { Process } from "./processes.ts";
import type { Step } from "./script.ts";

/**
 * What fork(2) does: give the parent a child that runs these steps, as if behind its execve unless "exec" is one of
 * them; put the program itself
 * into the child; or fail with an errno.
 */
export type Fork = readonly Step[] | "child" | number;

/** An argument or a variable: its bytes, or where the program keeps them. */
export type Word = Uint8Array | { readonly at: number };

/** A signal that the program sent, as it said it. */
export interface Sent {
  /** As kill(2) takes it. */
  readonly target: number;
  readonly signal: number;
  readonly value: bigint;
  readonly result: number;
  readonly time: number;
  /** Pids the program had reaped by then. */
  readonly reapedBefore: number;
}

export interface Context {
  readonly kernel: Kernel;
  readonly memory: Memory;
  /** The arguments, the null that ends them, and the words of argv_push with null behind each command line. */
  readonly words: (Word | null)[];
  readonly argumentCount: number;
  readonly environment: Word[];
  /** In the order of the program's forks; a child that only pauses when they run out. */
  readonly forks: Fork[];
  readonly initialMask: bigint;
  /** The children that fork gave the program, in order. */
  readonly forked: Process[];
  readonly sent: Sent[];
  /** Pids that the program's waits took from the table, in order. */
  readonly reaped: number[];
  /** False: `sent` and `reaped` stay empty, for runs of a million events. */
  isRecording: boolean;
}

export type Value = number | bigint | undefined;
export type Calls = Record<string, (...args: never[]) => Value>;

export function wordBytes({ memory }: Context, word: Word): Uint8Array {
  return word instanceof Uint8Array ? word : new TextEncoder().encode(memory.text(word.at));
}
