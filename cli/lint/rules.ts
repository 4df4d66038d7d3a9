// Every rule, in the order of their ids. `npm run new-rule NAME` adds to it.

import type { Rule } from "./rule.ts";
import { rule as clientOutlivesProbe } from "./rules/client-outlives-probe.ts";
import { rule as commandNotArgv } from "./rules/command-not-argv.ts";
import { rule as execDefaultTimeout } from "./rules/exec-default-timeout.ts";
import { rule as postmasterAdoptsProbe } from "./rules/postmaster-adopts-probe.ts";
import { rule as probeOrphansOnTimeout } from "./rules/probe-orphans-on-timeout.ts";
import { rule as redisExitStatus } from "./rules/redis-exit-status.ts";

export const RULES: readonly Rule[] = [
  probeOrphansOnTimeout,
  postmasterAdoptsProbe,
  commandNotArgv,
  clientOutlivesProbe,
  execDefaultTimeout,
  redisExitStatus,
];
