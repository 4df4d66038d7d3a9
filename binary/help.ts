// `knell --help` and `knell help MODE`. The modes' own texts lie beside them.

import { execHelp } from "./exec/help";
import { initHelp } from "./init/help";
import { pauseHelp } from "./pause/help";
import { psHelp } from "./ps/help";
import { redisHelp } from "./redis/help";
import { equals } from "./system/bytes";
import { ptr } from "./system/host";
import { out } from "./system/output";

/** Prints the help about the topic at `at`, or the overview when `length` is 0. False if there is no such topic. */
export function help(at: ptr, length: i32): bool {
  if (length === 0) overview();
  else if (equals(at, length, "init")) initHelp();
  else if (equals(at, length, "exec")) execHelp();
  else if (equals(at, length, "redis")) redisHelp();
  else if (equals(at, length, "ps")) psHelp();
  else if (equals(at, length, "pause")) pauseHelp();
  else return false;
  return true;
}

function overview(): void {
  out
    .text(`Usage: knell MODE [OPTIONS] ...

  init   PID 1: forward signals, reap zombies     knell init -- redis-server
`)
    .line(
      "  exec   run a command, leave nothing behind      knell exec --timeout 900ms -- ./check.sh",
    )
    .text(`  redis  ask Redis whether it is alive or ready   knell redis --live
  ps     show processes and who keeps zombies     knell ps --zombies
  pause  PID 1 of a pod: reap and wait            knell pause

  knell help MODE    the options of a mode
  knell --version    the version

Called as tini, dumb-init, catatonit or pause it speaks their command lines.
`);
}
