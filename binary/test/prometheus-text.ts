// A strict reader of Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), for tests.
// The one on npm that reads this format loses the labels of histograms.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\]+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\d+(?:\.\d+)?)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\\n]*)"$/;

/** The families in their order. Throws on what the format or its rules of naming and grouping forbid. */
export function readMetrics(text: string): Family[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families: Family[] = [];
  const seen = new Set<string>();
  const lines = text.slice(0, -1).split("\n");
  for (let i = 0; i < lines.length; ) {
    const [, name = "", help = ""] = HELP.exec(lines[i++]!) ?? fail("no HELP", lines[i - 1]);
    const [, typed, type = ""] = TYPE.exec(lines[i++] ?? "") ?? fail("no TYPE", lines[i - 1]);
    if (typed !== name || seen.has(name)) fail("not the family's", name);
    const samples: Sample[] = [];
    while (i < lines.length && !lines[i]!.startsWith("#")) samples.push(readSample(lines[i++]!));
    for (const sample of samples) {
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
      if (seen.has(key)) fail("twice", key);
      seen.add(key);
      if (!namesOf(name, type).includes(sample.name)) fail(`not of ${name}`, sample.name);
    }
    if (samples.length === 0) fail("empty", name);
    if (type === "counter" && !name.endsWith("_total")) fail("a counter without _total", name);
    if (type === "histogram") checkHistogram(samples);
    seen.add(name);
    families.push({ name, help, type, samples });
  }
  return families;
}

function namesOf(name: string, type: string): string[] {
  return type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name];
}

function readSample(line: string): Sample {
  const [, name = "", labels, value = ""] = SAMPLE.exec(line) ?? fail("no sample", line);
  const pairs = labels === undefined ? [] : labels.split(",");
  return {
    name,
    value,
    labels: Object.fromEntries(
      pairs.map((pair) => (LABEL.exec(pair) ?? fail("no label", line)).slice(1)),
    ),
  };
}

/** Bounds go up, counts never down, and the last bucket is +Inf with the count of all. */
function checkHistogram(samples: readonly Sample[]): void {
  const groups = Object.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest));
  for (const [key, group = []] of Object.entries(groups)) {
    const buckets = group.filter(({ labels }) => "le" in labels);
    const ends = buckets.map(({ labels }) =>
      labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le),
    );
    const counts = buckets.map(({ value }) => BigInt(value));
    for (let i = 1; i < buckets.length; i++) {
      if (!(ends[i]! > ends[i - 1]!) || counts[i]! < counts[i - 1]!) fail("out of order", key);
    }
    const [sum, count, ...rest] = group.filter(({ labels }) => !("le" in labels));
    if (!sum?.name.endsWith("_sum") || !count?.name.endsWith("_count") || rest.length > 0)
      fail("not one _sum and one _count", key);
    if (ends.at(-1) !== Number.POSITIVE_INFINITY || String(counts.at(-1)) !== count?.value)
      fail("the count differs", key);
  }
}

function fail(what: string, where = "the end"): never {
  throw new Error(`${what}: ${where}`);
}
