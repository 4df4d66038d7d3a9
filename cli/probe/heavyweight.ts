// Programs that boot a runtime on every run (KN207, KN302).

import type { Invocation } from "./script.ts";

const HEAVY =
  /^(?:rabbitmqctl|rabbitmq-diagnostics|nodetool|cqlsh|kafka-.*\.sh|mongosh|java|jcmd|cypher-shell|manage\.py|artisan|rails|npm|kubectl)$/;
const SCRIPT_OF_RUNTIME = /(?:^|\/)(?:manage\.py|artisan|rails)$/;

/** True if the program takes seconds of CPU to start. */
export function isHeavyweight({ program, args }: Invocation): boolean {
  if (HEAVY.test(program)) return true;
  if (program === "celery") return args.some(({ text }) => text === "inspect");
  return (
    /^(?:python[\d.]*|php|ruby|bundle)$/.test(program) &&
    args.some(({ text }) => SCRIPT_OF_RUNTIME.test(text))
  );
}
