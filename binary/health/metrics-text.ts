// The metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Pure.

import { DOT, LF, SPACE } from "../system/ascii";
import { VERSION } from "../system/version";
import { Writer } from "../system/writer";
import { KIND_COUNT, kindName } from "./kinds";
import { BUCKET_COUNT, bucketBound, Metrics } from "./metrics";
import { STATUS_COUNT, statusAt } from "./status";

export const METRICS_TYPE: string = "text/plain; version=0.0.4; charset=utf-8";
/** The longest text: every probe listed, every number as long as it can be, and some room for a longer version. */
export const METRICS_SIZE: i32 = 6144;

const RESULTS: string = "knell_probe_results_total";
const DURATION: string = "knell_probe_duration_seconds";
const REQUESTS: string = "knell_http_requests_total";
const BUILD: string = "knell_build_info";

const US_PER_SECOND: i64 = 1_000_000;
const NS_PER_US: i64 = 1000;

/** Writes all of `from`. A probe that is not listed leaves no line; a status nobody got is there with 0. */
export function writeMetrics(to: Writer, from: Metrics): void {
  if (from.hasLive || from.hasReady || from.hasStartup) writeProbes(to, from);
  writeCounter(to, "knell_zombies_reaped_total", "Children reaped.", from.zombiesReaped);
  writeCounter(
    to,
    "knell_orphans_adopted_total",
    "Processes adopted when their parent ended.",
    from.orphansAdopted,
  );
  writeCounter(
    to,
    "knell_signals_forwarded_total",
    "Signals forwarded to the main child.",
    from.signalsForwarded,
  );
  describe(to, REQUESTS, "HTTP requests answered, by status code.", "counter");
  for (let i = 0; i < STATUS_COUNT; i++) {
    to.text(REQUESTS).text('{code="').number(statusAt(i)).text('"} ');
    to.number(from.answers(i)).byte(LF);
  }
  describe(to, "knell_uptime_seconds", "Time since knell started.", "gauge");
  writeSeconds(to.text("knell_uptime_seconds "), from.uptime / NS_PER_US, true).byte(LF);
  describe(to, "knell_main_child_up", "1 while the main child runs, 0 once it is dead.", "gauge");
  to.text("knell_main_child_up ").line(from.isMainChildUp ? "1" : "0");
  describe(to, BUILD, "The version of knell; always 1.", "gauge");
  to.text(BUILD).text('{version="').text(VERSION).line('"} 1');
}

function writeProbes(to: Writer, from: Metrics): void {
  describe(to, RESULTS, "Probes done, by probe and result.", "counter");
  for (let kind = 0; kind < KIND_COUNT; kind++) {
    if (!from.isListed(kind)) continue;
    writeResults(to, kind, "pass", from.results(kind, true));
    writeResults(to, kind, "fail", from.results(kind, false));
  }
  describe(to, DURATION, "How long a probe took.", "histogram");
  for (let kind = 0; kind < KIND_COUNT; kind++) {
    if (from.isListed(kind)) writeHistogram(to, from, kind);
  }
}

function writeResults(to: Writer, kind: i32, result: string, count: i64): void {
  to.text(RESULTS).text('{probe="').text(kindName(kind)).text('",result="').text(result);
  to.text('"} ').number(count).byte(LF);
}

/** Buckets are cumulative; the last holds all and equals the count. */
function writeHistogram(to: Writer, from: Metrics, kind: i32): void {
  let count: i64 = 0;
  for (let i = 0; i < BUCKET_COUNT; i++) {
    count += from.inBucket(kind, i);
    writeProbe(to, "_bucket", kind).text(',le="');
    if (i < BUCKET_COUNT - 1) writeSeconds(to, bucketBound(i), false);
    else to.text("+Inf");
    to.text('"} ').number(count).byte(LF);
  }
  writeProbe(to, "_sum", kind).text("} ");
  writeSeconds(to, from.spent(kind) / NS_PER_US, true).byte(LF);
  writeProbe(to, "_count", kind).text("} ").number(count).byte(LF);
}

/** Begins a histogram's line: its labels are still open. */
function writeProbe(to: Writer, suffix: string, kind: i32): Writer {
  return to.text(DURATION).text(suffix).text('{probe="').text(kindName(kind)).text('"');
}

function writeCounter(to: Writer, name: string, help: string, value: i64): void {
  describe(to, name, help, "counter");
  to.text(name).byte(SPACE).number(value).byte(LF);
}

function describe(to: Writer, name: string, help: string, type: string): void {
  to.text("# HELP ").text(name).byte(SPACE).line(help);
  to.text("# TYPE ").text(name).byte(SPACE).line(type);
}

/** Microseconds as seconds: "0.000500", or "0.0005" when not all `digits` are asked for. */
function writeSeconds(to: Writer, microseconds: i64, digits: bool): Writer {
  to.number(microseconds / US_PER_SECOND);
  let rest = microseconds % US_PER_SECOND;
  if (digits || rest > 0) to.byte(DOT);
  for (let unit = US_PER_SECOND / 10; unit > 0 && (digits || rest > 0); unit /= 10) {
    to.number(rest / unit);
    rest %= unit;
  }
  return to;
}
