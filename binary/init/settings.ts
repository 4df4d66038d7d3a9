// What `knell init` was asked to do: the record that options.ts fills and the rest of init reads.

import { buffer } from "../system/buffers";
import { pid, ptr } from "../system/host";

/** The main child, its process group, or every process below knell (I27). */
export const FORWARD_CHILD: i32 = 0;
export const FORWARD_GROUP: i32 = 1;
export const FORWARD_TREE: i32 = 2;

/** Which command line is spoken. */
export const KNELL: i32 = 0;
export const TINI: i32 = 1;
export const DUMB_INIT: i32 = 2;
export const CATATONIT: i32 = 3;

// Both hold differences, so that zeros, which a buffer has at start, change nothing.
/** Exit status → exit status, one byte each. */
const EXIT_MAP: ptr = buffer(256);
/** Signal → signal, one byte each; 0 drops. */
const REWRITES: ptr = buffer(65);

class Settings {
  personality: i32 = KNELL;
  /** Index of PROG among the arguments. */
  program: i32 = 0;
  /** `-s`: refuse to run without being subreaper. */
  isSubreaperRequired: bool = false;
  forward: i32 = FORWARD_CHILD;
  /** Signals for knell, and for the main child, when their parent dies; 0 for none. */
  deathSignal: i32 = 0;
  childDeathSignal: i32 = 0;
  /** getppid as it was before anything else. */
  parent: pid = 0;
  warnsOnReap: bool = false;
  /** Nanoseconds, 0 for off. */
  drain: i64 = 0;
  stopTimeout: i64 = 0;
  waitsForAll: bool = false;
  leadsSession: bool = false;
  leadsGroup: bool = true;
  /** The command line has a probe. */
  isProbed: bool = false;
  /** dumb-init: TERM to the child's group once the child has ended. */
  endsGroup: bool = false;

  mapExit(from: i32, to: i32): void {
    store<u8>(EXIT_MAP + from, <u8>(from ^ to));
  }

  /** The status knell leaves with for a child's `status` of 0–255. */
  mappedExit(status: i32): i32 {
    const at = status & 255;
    return load<u8>(EXIT_MAP + at) ^ at;
  }

  rewrite(from: i32, to: i32): void {
    store<u8>(REWRITES + from, <u8>(from ^ to));
  }

  /** The signal to pass on in place of `signal`, 0 for none. */
  rewritten(signal: i32): i32 {
    return load<u8>(REWRITES + signal) ^ signal;
  }
}

export const settings = new Settings();
