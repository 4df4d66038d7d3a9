// argv[0] and the first word decide the mode. The only file that knows every mode.

import { exec } from "./exec/exec";
import { healthcheck } from "./healthcheck/healthcheck";
import { http } from "./http/http";
import { init } from "./init/init";
import { pause } from "./pause/pause";
import { catatonit, PAUSE } from "./personality/catatonit";
import { dumbInit } from "./personality/dumb-init";
import { tini } from "./personality/tini";
import { ps } from "./ps/ps";
import { redis } from "./redis/redis";
import { readArgument, WORD_SIZE } from "./system/arguments";
import { SLASH } from "./system/ascii";
import { buffer } from "./system/buffers";
import { equals } from "./system/bytes";
import { FAIL, PASS, USAGE } from "./system/exit-status";
import { printHelp, printTopic } from "./system/help";
import { ptr } from "./system/host";
import { FATAL, log, say } from "./system/log";
import { out } from "./system/output";
import { Suggestion } from "./system/suggestion";
import { printVersion } from "./system/version";
import { tcp } from "./tcp/tcp";

const MODES: string = "init, exec, redis, http, tcp, healthcheck, ps or pause";

const WORD: ptr = buffer(WORD_SIZE);

const suggestion = new Suggestion();

export function main(): i32 {
  const name = min(readArgument(0, WORD), WORD_SIZE - 1);
  let base = max(name, 0);
  while (base > 0 && load<u8>(WORD + base - 1) !== SLASH) base--;
  return called(WORD + base, max(name, 0) - base);
}

/** Other programs' names bring their command lines along. */
function called(name: ptr, length: i32): i32 {
  if (
    equals(name, length, "tini") ||
    equals(name, length, "tini-static") ||
    equals(name, length, "docker-init")
  ) {
    return tini();
  }
  if (equals(name, length, "dumb-init")) return dumbInit();
  if (equals(name, length, "pause")) return asPause(1);
  if (!equals(name, length, "catatonit")) return knell();
  const status = catatonit();
  return status === PAUSE ? asPause(1) : status;
}

function asPause(first: i32): i32 {
  log.mode = "pause";
  return pause(first);
}

function knell(): i32 {
  const length = min(readArgument(1, WORD), WORD_SIZE - 1);
  if (length < 0) {
    say(FATAL).text("no mode given; use ").text(MODES).text(", or see knell --help").end();
    return USAGE;
  }
  if (isMode(length, "init")) return init(2);
  if (isMode(length, "exec")) return exec(2);
  if (isMode(length, "redis")) return redis(2);
  if (isMode(length, "http")) return http(2);
  if (isMode(length, "tcp")) return tcp(2);
  if (isMode(length, "healthcheck")) return healthcheck(2);
  if (isMode(length, "ps")) return ps(2);
  if (isMode(length, "pause")) return pause(2);
  if (equals(WORD, length, "--version") || equals(WORD, length, "-V")) return printVersion();
  if (equals(WORD, length, "--help") || equals(WORD, length, "-h")) return printHelp("knell");
  return equals(WORD, length, "help") ? help() : unknown("mode ", length);
}

/** `knell help [TOPIC]`: the texts in binary/help. */
function help(): i32 {
  const length = min(readArgument(2, WORD), WORD_SIZE - 1);
  if (length < 0) return printHelp("knell");
  if (printTopic(WORD)) return out.flush() === 0 ? PASS : FAIL;
  suggestion.clear();
  isMode(length, "init");
  isMode(length, "exec");
  isMode(length, "redis");
  isMode(length, "http");
  isMode(length, "tcp");
  isMode(length, "healthcheck");
  isMode(length, "ps");
  isMode(length, "pause");
  return unknown("help topic ", length);
}

/** True if the word is `mode`, whose name then begins every diagnostic. */
function isMode(length: i32, mode: string): bool {
  if (!equals(WORD, length, mode)) {
    suggestion.offer(WORD, length, mode);
    return false;
  }
  log.mode = mode;
  return true;
}

function unknown(what: string, length: i32): i32 {
  const line = say(FATAL).text("unknown ").text(what).quoted(WORD, length);
  if (suggestion.name.length > 0)
    line.text('; did you mean "').text(suggestion.name).text('"? see knell --help');
  else line.text("; use ").text(MODES).text(", or see knell --help");
  line.end();
  return USAGE;
}
