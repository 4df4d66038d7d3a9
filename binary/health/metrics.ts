// What the endpoint counts. Counters only: they are written out by metrics-text.ts. Pure.

import { buffer } from "../system/buffers";
import { ptr } from "../system/host";
import { KIND_COUNT, LIVE, READY } from "./kinds";
import { STATUS_COUNT, statusIndex } from "./status";

/** Buckets of a probe's duration; the last has no bound. */
export const BUCKET_COUNT: i32 = 12;
const NS_PER_US: i64 = 1000;

/** The upper bound of bucket `index`, which belongs to it, in microseconds; the last has none: the largest i64. */
export function bucketBound(index: i32): i64 {
  switch (index) {
    case 0:
      return 500;
    case 1:
      return 1000;
    case 2:
      return 2500;
    case 3:
      return 5000;
    case 4:
      return 10_000;
    case 5:
      return 25_000;
    case 6:
      return 50_000;
    case 7:
      return 100_000;
    case 8:
      return 250_000;
    case 9:
      return 500_000;
    case 10:
      return 1_000_000;
    default:
      return i64.MAX_VALUE;
  }
}

// counters of one probe, each an i64:  passed | failed | nanoseconds | bucket 0 … bucket 11
const PASSED: i32 = 0;
const FAILED: i32 = 1;
const NANOSECONDS: i32 = 2;
const BUCKETS: i32 = 3;
const PROBE_COUNTERS: i32 = BUCKETS + BUCKET_COUNT;

// all of them:  live | ready | startup | one for each status code
const ANSWERS: i32 = KIND_COUNT * PROBE_COUNTERS;
const COUNTERS: i32 = ANSWERS + STATUS_COUNT;
/** Bytes that a `Metrics` needs. */
export const COUNTERS_SIZE: i32 = COUNTERS * 8;

export class Metrics {
  /** True for the probes there are; the others are not listed. */
  hasLive: bool = false;
  hasReady: bool = false;
  hasStartup: bool = false;

  zombiesReaped: i64 = 0;
  orphansAdopted: i64 = 0;
  signalsForwarded: i64 = 0;
  /** Since knell started, in nanoseconds; set, like what follows, before the text is written. */
  uptime: i64 = 0;
  isMainChildUp: bool = false;

  /** `counters` has room for COUNTERS_SIZE bytes, all zero. */
  constructor(private readonly counters: ptr) {}

  /** Counts one finished probe of LIVE, READY or STARTUP; one that was cut off counts as failed, with its time. */
  recordProbe(kind: i32, passed: bool, nanoseconds: i64): void {
    const first = kind * PROBE_COUNTERS;
    const spent = max<i64>(nanoseconds, 0);
    this.add(first + (passed ? PASSED : FAILED), 1);
    this.add(first + NANOSECONDS, spent);
    let bucket = 0;
    while (bucket < BUCKET_COUNT - 1 && spent > bucketBound(bucket) * NS_PER_US) bucket++;
    this.add(first + BUCKETS + bucket, 1);
  }

  /** Counts one answer. A status that is not in status.ts is not counted. */
  recordAnswer(status: i32): void {
    const index = statusIndex(status);
    if (index >= 0) this.add(ANSWERS + index, 1);
  }

  isListed(kind: i32): bool {
    if (kind === LIVE) return this.hasLive;
    return kind === READY ? this.hasReady : this.hasStartup;
  }

  results(kind: i32, passed: bool): i64 {
    return this.counter(kind * PROBE_COUNTERS + (passed ? PASSED : FAILED));
  }

  /** Time spent in all probes of a kind, in nanoseconds. */
  spent(kind: i32): i64 {
    return this.counter(kind * PROBE_COUNTERS + NANOSECONDS);
  }

  /** Probes in this bucket and in no lower one. */
  inBucket(kind: i32, bucket: i32): i64 {
    return this.counter(kind * PROBE_COUNTERS + BUCKETS + bucket);
  }

  /** Answers with the `index`th code of status.ts. */
  answers(index: i32): i64 {
    return this.counter(ANSWERS + index);
  }

  private counter(index: i32): i64 {
    return load<i64>(this.counters + ((<usize>index) << 3));
  }

  private add(index: i32, value: i64): void {
    store<i64>(this.counters + ((<usize>index) << 3), this.counter(index) + value);
  }
}

export const metrics = new Metrics(buffer(COUNTERS_SIZE));
