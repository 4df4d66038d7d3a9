// `knell redis`: asks one server, prints one line, leaves with 0 or 1. No child process, so that nothing is left
// behind however it is killed (R9).

import { runAttempts } from "../probe/run";
import { buffer } from "../system/buffers";
import { printHelp } from "../system/help";
import { parseOptions, redisOptions } from "./options";
import { PROBE_SIZE, RedisProbe } from "./probe";

const STDOUT: i32 = 1;

const probe = new RedisProbe(redisOptions, buffer(PROBE_SIZE), STDOUT);

/** Runs `knell redis` with the options from argument `first` on; gives the exit status. */
export function redis(first: i32): i32 {
  const status = parseOptions(first, redisOptions);
  if (status >= 0) return status;
  if (redisOptions.help) return printHelp("redis");
  return runAttempts(probe, redisOptions.timeout, redisOptions.wait);
}
