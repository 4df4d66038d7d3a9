import { compare, compile, KNELL, withRedis } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

/** How near a probe comes to a program that does nothing. */
export function measure(): Promise<Row[]> {
  return withRedis((port) => {
    const cost = compare([KNELL, "redis", "--live", "-p", port], [compile("empty")]);
    const row = { unit: "×", good: "at most" } as const;
    return [
      {
        ...row,
        what: "`knell redis --live` ÷ empty static binary, wall",
        value: cost.wallRatio,
        bound: 2,
        goal: 1.3,
        detail: `${milliseconds(cost.wallA)} ÷ ${milliseconds(cost.wallB)}`,
      },
      {
        ...row,
        what: "the same, CPU",
        value: cost.cpuRatio,
        detail: `${milliseconds(cost.cpuA)} ÷ ${milliseconds(cost.cpuB)}`,
      },
    ];
  });
}
