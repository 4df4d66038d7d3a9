import { compile, numbersFrom, withEndpoint } from "./programs.ts";
import { microseconds, percentile, type Row } from "./row.ts";

const REQUESTS = 3_000;
const PER_SECOND = 100;

/** From connect(2) to the end of the answer, a connection for each request. */
export function measure(): Promise<Row[]> {
  return withEndpoint(({ port }) => {
    const lines = numbersFrom([compile("http-paced"), port, String(REQUESTS), String(PER_SECOND)]);
    const times = lines.map(([time = NaN]) => time);
    const at = (share: number) => percentile(times, share);
    const row = { unit: "ms", good: "at most" } as const;
    return [
      {
        ...row,
        what: `\`GET /livez\` on loopback, ${PER_SECOND} a second, median`,
        value: at(0.5) / 1e6,
        bound: 0.2,
        detail: `${REQUESTS} requests, the fastest ${microseconds(at(0))}`,
      },
      {
        ...row,
        what: "the same, 99th percentile",
        value: at(0.99) / 1e6,
        bound: 1,
        detail: `the slowest ${microseconds(at(1))}`,
      },
    ];
  });
}
