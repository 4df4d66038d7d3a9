import { compare, compile, KNELL, withRedis } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

/** What a probe costs over a program that only starts and ends; and what the least that can be called a probe does. */
export function measure(): Promise<Row[]> {
  return withRedis((port) => {
    const empty = [compile("empty")];
    const result = compare([KNELL, "redis", "--live", "-p", port], empty);
    const least = compare([compile("ping"), port], empty);
    return [
      {
        what: "`knell redis --live` ÷ empty static binary, wall",
        value: result.wallRatio,
        unit: "×",
        good: "at most",
        bound: 2,
        goal: 1.3,
        detail: `${milliseconds(result.wallA)} ÷ ${milliseconds(result.wallB)}`,
      },
      {
        what: "the same, CPU",
        value: result.cpuRatio,
        unit: "×",
        good: "at most",
        detail: `${milliseconds(result.cpuA)} ÷ ${milliseconds(result.cpuB)}`,
      },
      {
        what: "for comparison: 20 lines of C that send PING and read PONG ÷ the empty one, wall",
        value: least.wallRatio,
        unit: "×",
        good: "at most",
        detail: `${milliseconds(least.wallA)} ÷ ${milliseconds(least.wallB)}`,
      },
    ];
  });
}
