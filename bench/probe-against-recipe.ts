import { compare, KNELL, withRedis } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

/** How many times less a probe costs than the usual recipe. */
export function measure(): Promise<Row[]> {
  return withRedis((port) => {
    const recipe = ["tini", "-s", "--", "redis-cli", "-p", port, "ping"];
    const cost = compare(recipe, [KNELL, "redis", "--live", "-p", port], { laps: 10 });
    const row = { unit: "×", good: "at least", bound: 8, goal: 12 } as const;
    return [
      {
        ...row,
        what: "`tini -s -- redis-cli ping` ÷ `knell redis --live`, wall",
        value: cost.wallRatio,
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
