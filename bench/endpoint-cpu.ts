import { costRow } from "./probe-cost.ts";
import {
  AT_ONCE,
  compare,
  compile,
  cpuNanoseconds,
  type Endpoint,
  KNELL,
  numbersFrom,
  withEndpoint,
} from "./programs.ts";
import { median, microseconds, milliseconds, type Row } from "./row.ts";

const ROUNDS = 15;
const REQUESTS = 200;
const LAPS = 10;
/** With pauses, as in production: every request wakes an idle processor four times. */
const SPACED = 100;

/** CPU nanoseconds of one GET /livez: in knell and Redis, what they do meanwhile included; and in the client. */
function measureRequests(endpoint: Endpoint, get: string, perSecond: number) {
  const servers = () => cpuNanoseconds(endpoint.knell) + cpuNanoseconds(endpoint.redis);
  const before = servers();
  const lines = numbersFrom([get, endpoint.port, String(REQUESTS), String(perSecond)]);
  const served = (servers() - before) / REQUESTS;
  return { served, client: lines.reduce((sum, [, cpu = NaN]) => sum + cpu, 0) / REQUESTS };
}

/** What a health check over HTTP costs, against the process that an exec probe starts. */
export function measure(): Promise<Row[]> {
  const get = compile("http-paced");
  return withEndpoint((endpoint) => {
    const cli = ["redis-cli", "-p", endpoint.redisPort, "ping"];
    const recipe = ["tini", "-s", "--", ...cli];
    const probe = [KNELL, "redis", "--live", "-p", endpoint.redisPort];
    const once = { rounds: 1, laps: LAPS };
    measureRequests(endpoint, get, AT_ONCE);
    const rounds = Array.from({ length: ROUNDS }, () => {
      const { cpuA: ofRecipe, cpuB: ofProbe } = compare(recipe, probe, once);
      const { cpuB: ofExec } = compare(probe, [KNELL, "exec", "--", ...cli], once);
      const { served: spaced } = measureRequests(endpoint, get, SPACED);
      return { ...measureRequests(endpoint, get, AT_ONCE), spaced, ofRecipe, ofProbe, ofExec };
    });
    const middle = (figure: (round: (typeof rounds)[number]) => number) =>
      median(rounds.map(figure));
    const [served, ofRecipe] = [middle((round) => round.served), middle((round) => round.ofRecipe)];
    return [
      {
        what: "`tini -s -- redis-cli ping` ÷ `GET /livez` (knell and redis-server), CPU",
        value: middle((round) => round.ofRecipe / round.served),
        unit: "×",
        good: "at least",
        bound: 40,
        detail: `${milliseconds(ofRecipe)} ÷ ${microseconds(served)}`,
      },
      {
        what: "the same, the HTTP client's CPU added",
        value: middle((round) => round.ofRecipe / (round.served + round.client)),
        unit: "×",
        good: "at least",
        detail: `client ${microseconds(middle((round) => round.client))}`,
      },
      {
        what: `the same, ${SPACED} requests a second with pauses between them`,
        value: middle((round) => round.ofRecipe / round.spaced),
        unit: "×",
        good: "at least",
        detail: `${milliseconds(ofRecipe)} ÷ ${microseconds(middle((round) => round.spaced))}`,
      },
      costRow("recipe", ofRecipe),
      costRow(
        "execRecipe",
        middle((round) => round.ofExec),
      ),
      costRow(
        "probe",
        middle((round) => round.ofProbe),
      ),
      costRow("endpoint", served),
    ];
  });
}
