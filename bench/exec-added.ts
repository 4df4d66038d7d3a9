import { compare, KNELL } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

/** What the wrapper adds to a command that does nothing. */
export async function measure(): Promise<Row[]> {
  const cost = compare([KNELL, "exec", "--", "true"], ["true"]);
  return [
    {
      what: "`knell exec -- true` added to `true`",
      value: (cost.wallA - cost.wallB) / 1e6,
      unit: "ms",
      good: "at most",
      bound: 3,
      goal: 1,
      detail: `${milliseconds(cost.wallA)} − ${milliseconds(cost.wallB)}`,
    },
  ];
}
