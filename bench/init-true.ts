import { compare, KNELL } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

/** Start to exit of an init over a program that does nothing. */
export async function measure(): Promise<Row[]> {
  const cost = compare([KNELL, "init", "--", "true"], ["tini-static", "--", "true"]);
  const row = { unit: "×", good: "at most" } as const;
  return [
    {
      ...row,
      what: "`knell init -- true` ÷ `tini-static -- true`, wall",
      value: cost.wallRatio,
      bound: 0.9,
      goal: 0.7,
      detail: `${milliseconds(cost.wallA)} ÷ ${milliseconds(cost.wallB)}`,
    },
    {
      ...row,
      what: "the same, CPU",
      value: cost.cpuRatio,
      detail: `${milliseconds(cost.cpuA)} ÷ ${milliseconds(cost.cpuB)}`,
    },
  ];
}
