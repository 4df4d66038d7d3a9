// Every rule, in the order of their ids. `npm run new-rule NAME` adds to it.

import type { Rule } from "./rule.ts";
import { rule as commandNotArgv } from "./rules/command-not-argv.ts";
import { rule as execDefaultTimeout } from "./rules/exec-default-timeout.ts";
import { rule as redisExitStatus } from "./rules/redis-exit-status.ts";

export const RULES: readonly Rule[] = [commandNotArgv, execDefaultTimeout, redisExitStatus];
