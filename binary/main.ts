// argv[0] and the first word decide the mode. The only file that knows every mode.

import { exec } from "./exec/exec";
import { init } from "./init/init";
import { pause } from "./pause/pause";
import { ps } from "./ps/ps";
import { redis } from "./redis/redis";
import { readArgument, WORD_SIZE } from "./system/arguments";
import { equals } from "./system/bytes";
import { USAGE } from "./system/exit-status";
import { ptr } from "./system/host";
import { FATAL, log, say } from "./system/log";

const WORD: ptr = memory.data(WORD_SIZE);

export function main(): i32 {
  const length = readArgument(1, WORD);
  if (isMode(length, "init")) return init(2);
  if (isMode(length, "exec")) return exec(2);
  if (isMode(length, "redis")) return redis(2);
  if (isMode(length, "ps")) return ps(2);
  if (isMode(length, "pause")) return pause(2);
  say(FATAL).text("unknown mode ").quoted(WORD, max(length, 0)).end();
  return USAGE;
}

/** True if the word is `mode`, whose name then begins every diagnostic. */
function isMode(length: i32, mode: string): bool {
  if (length < 0 || !equals(WORD, length, mode)) return false;
  log.mode = mode;
  return true;
}
