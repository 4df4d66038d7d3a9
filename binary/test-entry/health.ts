// What the tests of the health endpoint's pure modules call: each function takes its input at `input()`.

import { bucketBound, COUNTERS_SIZE, Metrics } from "../health/metrics";
import { METRICS_SIZE, METRICS_TYPE, writeMetrics } from "../health/metrics-text";
import { HEAD_SIZE, RequestReader } from "../health/request";
import {
  ERROR_ROOM,
  HEAD_ROOM,
  JSON_TYPE,
  TEXT_TYPE,
  writeError,
  writeHead,
} from "../health/response";
import { buffer } from "../system/buffers";
import { ptr } from "../system/host";
import { Writer } from "../system/writer";

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

// --- response.ts ---

const OUTPUT_SIZE: i32 = 65_536;
const out = new Writer(-1, buffer(OUTPUT_SIZE), OUTPUT_SIZE, false);

export function output(): ptr {
  return out.buffer;
}

/** `type`: 0 text, 1 JSON, 2 metrics. Gives the length of the text at `output()`, as all that write do. */
export function head(status: i32, type: i32, contentLength: i32): i32 {
  out.length = 0;
  const name = type === 0 ? TEXT_TYPE : type === 1 ? JSON_TYPE : METRICS_TYPE;
  writeHead(out, status, name, contentLength);
  return out.length;
}

export function errorAnswer(status: i32, isHead: bool): i32 {
  out.length = 0;
  writeError(out, status, isHead);
  return out.length;
}

export function headRoom(): i32 {
  return HEAD_ROOM;
}

export function errorRoom(): i32 {
  return ERROR_ROOM;
}

// --- metrics.ts, metrics-text.ts ---

const COUNTERS: ptr = buffer(COUNTERS_SIZE);
const metrics = new Metrics(COUNTERS);

/** All counters zero; bit 0 of `probes`: live, 1: ready, 2: startup. */
export function metricsClear(probes: i32): void {
  memory.fill(COUNTERS, 0, COUNTERS_SIZE);
  metrics.hasLive = (probes & 1) !== 0;
  metrics.hasReady = (probes & 2) !== 0;
  metrics.hasStartup = (probes & 4) !== 0;
  metricsGauges(0, 0, 0, 0, false);
}

export function metricsGauges(
  zombies: i64,
  orphans: i64,
  signals: i64,
  uptime: i64,
  isUp: bool,
): void {
  metrics.zombiesReaped = zombies;
  metrics.orphansAdopted = orphans;
  metrics.signalsForwarded = signals;
  metrics.uptime = uptime;
  metrics.isMainChildUp = isUp;
}

export function counters(): ptr {
  return COUNTERS;
}

export function countersSize(): i32 {
  return COUNTERS_SIZE;
}

export function recordProbe(kind: i32, passed: bool, nanoseconds: i64): void {
  metrics.recordProbe(kind, passed, nanoseconds);
}

export function recordAnswer(status: i32): void {
  metrics.recordAnswer(status);
}

export function metricsText(): i32 {
  out.length = 0;
  writeMetrics(out, metrics);
  return out.length;
}

export function metricsSize(): i32 {
  return METRICS_SIZE;
}

export function boundMicroseconds(bucket: i32): i64 {
  return bucketBound(bucket);
}
