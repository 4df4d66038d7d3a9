import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";
import { readMetrics } from "./prometheus-text.ts";

const entry = loadEntry("health");
const { call, memory } = entry;
const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

const NAMES = ["live", "ready", "startup"] as const;
const ALL = 7;
const BOUNDS = ["0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05"].concat([
  "0.1",
  "0.25",
  "0.5",
  "1",
  "+Inf",
]);
const CODES = [200, 400, 404, 405, 408, 413, 431, 500, 503, 505];
const LARGEST = 2n ** 63n - 1n;

const metricsText = () => {
  const length = call.metricsText!();
  return entry.text(call.output!(), length);
};

/** Every sample as "name{label=value,…}" → value. */
function samples(): Map<string, string> {
  const all = readMetrics(metricsText()).flatMap((family) => family.samples);
  return new Map(
    all.map(({ name, labels, value }) => {
      const inside = Object.entries(labels).map((pair) => pair.join("="));
      return [inside.length === 0 ? name : `${name}{${inside.join(",")}}`, value];
    }),
  );
}

const probe = (kind: number, passed: boolean, nanoseconds: bigint) =>
  call.recordProbe!(kind, passed ? 1 : 0, nanoseconds);

test("without probes: the other families, each number as it is", () => {
  call.metricsClear!(0);
  call.metricsGauges!(1n, 2n, 3n, 61_000_500_999n, 1);
  call.recordAnswer!(200);
  expect(metricsText()).toBe(
    `${[
      "# HELP knell_zombies_reaped_total Children reaped.",
      "# TYPE knell_zombies_reaped_total counter",
      "knell_zombies_reaped_total 1",
      "# HELP knell_orphans_adopted_total Processes adopted when their parent ended.",
      "# TYPE knell_orphans_adopted_total counter",
      "knell_orphans_adopted_total 2",
      "# HELP knell_signals_forwarded_total Signals forwarded to the main child.",
      "# TYPE knell_signals_forwarded_total counter",
      "knell_signals_forwarded_total 3",
      "# HELP knell_http_requests_total HTTP requests answered, by status code.",
      "# TYPE knell_http_requests_total counter",
      ...CODES.map((code) => `knell_http_requests_total{code="${code}"} ${code === 200 ? 1 : 0}`),
      "# HELP knell_uptime_seconds Time since knell started.",
      "# TYPE knell_uptime_seconds gauge",
      "knell_uptime_seconds 61.000500",
      "# HELP knell_main_child_up 1 while the main child runs, 0 once it is dead.",
      "# TYPE knell_main_child_up gauge",
      "knell_main_child_up 1",
      "# HELP knell_build_info The version of knell; always 1.",
      "# TYPE knell_build_info gauge",
      `knell_build_info{version="${version}"} 1`,
    ].join("\n")}\n`,
  );
});

test("a probe's lines, as they are", () => {
  call.metricsClear!(2);
  probe(1, true, 700_000n);
  probe(1, false, 2_000_001_999n);
  const lines = metricsText().split("\n");
  const bucket = (le: string, count: number) =>
    `knell_probe_duration_seconds_bucket{probe="ready",le="${le}"} ${count}`;
  expect(
    lines.slice(0, lines.indexOf("# HELP knell_zombies_reaped_total Children reaped.")),
  ).toEqual([
    "# HELP knell_probe_results_total Probes done, by probe and result.",
    "# TYPE knell_probe_results_total counter",
    'knell_probe_results_total{probe="ready",result="pass"} 1',
    'knell_probe_results_total{probe="ready",result="fail"} 1',
    "# HELP knell_probe_duration_seconds How long a probe took.",
    "# TYPE knell_probe_duration_seconds histogram",
    bucket("0.0005", 0),
    ...BOUNDS.slice(1, -1).map((le) => bucket(le, 1)),
    bucket("+Inf", 2),
    'knell_probe_duration_seconds_sum{probe="ready"} 2.000701',
    'knell_probe_duration_seconds_count{probe="ready"} 2',
  ]);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7])("probes %i: those that are there are listed", (probes) => {
  call.metricsClear!(probes);
  for (const kind of [0, 1, 2]) probe(kind, true, 1n);
  const listed = [...samples().keys()].filter((key) => key.includes("_duration_seconds_count"));
  expect(listed).toEqual(
    NAMES.filter((_, kind) => probes & (1 << kind)).map(
      (name) => `knell_probe_duration_seconds_count{probe=${name}}`,
    ),
  );
});

test.each(BOUNDS.slice(0, -1).map((le, index) => [le, index] as const))(
  "a probe of %s s belongs to that bucket, one nanosecond more to the next",
  (le, index) => {
    const bound = BigInt(Math.round(Number(le) * 1e9));
    expect((call.boundMicroseconds!(index) as unknown as bigint) * 1000n).toBe(bound);
    const at = (end: string) =>
      samples().get(`knell_probe_duration_seconds_bucket{probe=live,le=${end}}`);
    call.metricsClear!(1);
    probe(0, true, bound);
    expect(at(le)).toBe("1");
    if (index > 0) expect(at(BOUNDS[index - 1]!)).toBe("0");
    call.metricsClear!(1);
    probe(0, true, bound + 1n);
    expect([at(le), at(BOUNDS[index + 1]!)]).toEqual(["0", "1"]);
  },
);

test("a time below 0 counts as 0", () => {
  call.metricsClear!(1);
  probe(0, true, -5_000_000n);
  expect(samples().get("knell_probe_duration_seconds_sum{probe=live}")).toBe("0.000000");
  expect(samples().get("knell_probe_duration_seconds_bucket{probe=live,le=0.0005}")).toBe("1");
});

test.each(CODES)("an answer %i is counted, by itself", (code) => {
  call.metricsClear!(0);
  call.recordAnswer!(code);
  const counted = [...samples()].filter(([key, value]) => key.includes("{code=") && value !== "0");
  expect(counted).toEqual([[`knell_http_requests_total{code=${code}}`, "1"]]);
});

test("an answer of another code changes nothing", () => {
  call.metricsClear!(ALL);
  const before = metricsText();
  for (const code of [0, -1, 1, 201, 399, 418, 504, 506, 2 ** 31 - 1]) call.recordAnswer!(code);
  expect(metricsText()).toBe(before);
});

describe("any history", () => {
  const runs = fc.array(
    fc.record({
      kind: fc.integer({ min: 0, max: 2 }),
      passed: fc.boolean(),
      nanoseconds: fc.oneof(
        fc.bigInt({ min: 0n, max: 2_000_000_000n }),
        fc.constantFrom(...BOUNDS.slice(0, -1).map((le) => BigInt(Math.round(Number(le) * 1e9)))),
      ),
    }),
  );

  test("counts, buckets and sums are those of the probes recorded", () => {
    fc.assert(
      fc.property(runs, (history) => {
        call.metricsClear!(ALL);
        for (const { kind, passed, nanoseconds } of history) probe(kind, passed, nanoseconds);
        const seen = samples();
        for (const [kind, name] of NAMES.entries()) {
          const own = history.filter((run) => run.kind === kind);
          const within = (le: string) =>
            own.filter(
              ({ nanoseconds }) => le === "+Inf" || Number(nanoseconds) <= Number(le) * 1e9,
            );
          const passes = own.filter(({ passed }) => passed).length;
          const sum = own.reduce((total, { nanoseconds }) => total + nanoseconds, 0n) / 1000n;
          const duration = "knell_probe_duration_seconds";
          expect(seen.get(`knell_probe_results_total{probe=${name},result=pass}`)).toBe(
            `${passes}`,
          );
          expect(seen.get(`knell_probe_results_total{probe=${name},result=fail}`)).toBe(
            `${own.length - passes}`,
          );
          for (const le of BOUNDS) {
            const count = `${within(le).length}`;
            expect(seen.get(`${duration}_bucket{probe=${name},le=${le}}`)).toBe(count);
          }
          expect(seen.get(`${duration}_sum{probe=${name}}`)).toBe(
            `${sum / 1_000_000n}.${String(sum % 1_000_000n).padStart(6, "0")}`,
          );
        }
      }),
    );
  });

  test("every moment of uptime has six digits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: LARGEST }), (uptime) => {
        call.metricsClear!(0);
        call.metricsGauges!(0n, 0n, 0n, uptime, 0);
        const microseconds = uptime / 1000n;
        expect(samples().get("knell_uptime_seconds")).toBe(
          `${microseconds / 1_000_000n}.${String(microseconds % 1_000_000n).padStart(6, "0")}`,
        );
      }),
    );
  });
});

test("the longest text fits METRICS_SIZE, with room for a longer version", () => {
  call.metricsClear!(ALL);
  const counters = new DataView(memory.buffer, call.counters!(), call.countersSize!());
  for (let at = 0; at < counters.byteLength; at += 8) counters.setBigInt64(at, LARGEST, true);
  // Buckets add up: the first holds all, so that each line is as long as it can be.
  for (let kind = 0; kind < 3; kind++) {
    for (let bucket = 1; bucket < 12; bucket++)
      counters.setBigInt64((kind * 15 + 3 + bucket) * 8, 0n, true);
  }
  call.metricsGauges!(LARGEST, LARGEST, LARGEST, LARGEST, 1);
  const text = metricsText();
  readMetrics(text);
  expect(text.match(new RegExp(` ${LARGEST}$`, "gm"))).toHaveLength(6 + 3 * 13 + 3 + 10);
  const slack = call.metricsSize!() - text.length;
  expect(slack).toBeGreaterThanOrEqual(32);
  expect(slack).toBeLessThan(1024);
});
