// `npm start`: Redis under `knell init`, probed once per second as a kubelet would.

import { type Endpoint, findPort, SetUpError } from "./container.ts";
import { keepAlive } from "./kubelet.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { Report } from "./report.ts";

const CLEAN = 0;
const FINDINGS = 1;
const COULD_NOT = 2;
/** Any that is free. */
const ENDPOINT_PORT = 0;

/** Runs until interrupted or until --for is over. 0, or with --for 1 if a probe did not pass. */
async function run(options: Options): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stop.abort());
  }
  // The reader has gone (npm start | head).
  process.stdout.on("error", () => stop.abort());
  const port = await findPort(options.redisPort);
  const probe = options.probe.map((word) => word.replaceAll("{port}", String(port)));
  const endpoint = options.isOverHttp ? await endpointFor(probe) : undefined;
  const report = new Report();
  report.opening(port, endpoint ? `GET /livez, which asks: ${endpoint.live}` : probe.join(" "));
  let isOver = false;
  const end = () => {
    isOver = true;
    stop.abort();
  };
  if (options.forMs !== undefined) setTimeout(end, options.forMs).unref();
  await keepAlive(port, { ...options, probe, endpoint }, report, stop.signal);
  console.log(report.summary());
  if (options.forMs === undefined) return CLEAN;
  return isOver && report.isClean ? CLEAN : FINDINGS;
}

/** What follows "knell" is a probe of PID 1's own (D9); any other command becomes one by exec. */
async function endpointFor(probe: readonly string[]): Promise<Endpoint> {
  const words = probe[0] === "knell" ? probe.slice(1) : ["exec", "--", ...probe];
  const quoted = words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`);
  const isPlain = words.every((word) => /^[\w./:=-]+$/.test(word));
  return { port: await findPort(ENDPOINT_PORT), live: (isPlain ? words : quoted).join(" ") };
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options) process.exitCode = await run(options);
  else console.log(HELP);
} catch (error) {
  if (error instanceof UsageError)
    console.error(`npm start: ${error.message}; see npm start -- --help`);
  else if (error instanceof SetUpError) console.error(`npm start: ${error.message}`);
  else throw error;
  process.exitCode = COULD_NOT;
}
