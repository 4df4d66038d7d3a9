import { compile, KNELL, numbersFrom } from "./programs.ts";
import { median, milliseconds, type Row } from "./row.ts";

const SIGNALS = 12_000;

/** From kill(2) at the init to the child's handler, signals to both inits in turn. */
export async function measure(): Promise<Row[]> {
  const latency = [compile("signal-latency"), String(SIGNALS), "--"];
  const pairs = numbersFrom([...latency, KNELL, "init", "--", "--then", "tini", "-s", "--"]);
  const [knell, tini] = [0, 1].map((column) => median(pairs.map((pair) => pair[column] ?? NaN)));
  return [
    {
      what: "signal → child, median, knell ÷ tini",
      value: (knell ?? NaN) / (tini ?? NaN),
      unit: "×",
      good: "at most",
      bound: 1,
      detail: `${milliseconds(knell ?? NaN)} ÷ ${milliseconds(tini ?? NaN)}`,
    },
  ];
}
