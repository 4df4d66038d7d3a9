import { compile, cpuNanoseconds, numbersFrom, withEndpoint } from "./programs.ts";
import { median, microseconds, type Row } from "./row.ts";

const ROUNDS = 15;
const REQUESTS = 20_000;
const CONNECTIONS = 12;

const core = (number: number) => ["taskset", "--cpu-list", String(number)];

/** What one core gives: knell and Redis on one, the client on another. Each request is a connection of its own. */
export function measure(): Promise<Row[]> {
  const flood = [...core(1), compile("http-flood")];
  return withEndpoint(({ port, knell, redis }) => {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const before = [knell, redis].map(cpuNanoseconds);
      const [[wall = NaN] = []] = numbersFrom([
        ...flood,
        port,
        String(REQUESTS),
        String(CONNECTIONS),
      ]);
      const after = [knell, redis].map(cpuNanoseconds);
      return { wall, cpu: after.map((time, i) => (time - (before[i] ?? NaN)) / REQUESTS) };
    });
    const cpu = (index: number) => microseconds(median(rounds.map((round) => round.cpu[index]!)));
    return [
      {
        what: `\`GET /livez\` from one core, ${CONNECTIONS} connections at once`,
        value: REQUESTS / (median(rounds.map((round) => round.wall)) / 1e9),
        unit: "/s",
        good: "at least",
        bound: 20_000,
        detail: `CPU for each: knell ${cpu(0)}, redis-server ${cpu(1)}`,
      },
    ];
  }, core(0));
}
