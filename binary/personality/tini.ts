// knell under the names tini, tini-static and docker-init: tini 0.19.0's command line, texts and variables.

import { licence } from "../init/help";
import { supervise } from "../init/init";
import { HELP, LICENCE, RUN, readOptions, SHOW_VERSION } from "../init/options";
import { settings, TINI } from "../init/settings";
import { FAIL, PASS } from "../system/exit-status";
import { getppid } from "../system/host";
import { log, STYLE_TINI } from "../system/log";
import { out } from "../system/output";
import { VERSION } from "../system/version";

const STDERR: i32 = 2;

/** Runs as tini does; gives the exit status. */
export function tini(): i32 {
  settings.parent = getppid();
  settings.personality = TINI;
  log.style = STYLE_TINI;
  const outcome = readOptions(1);
  if (outcome === RUN) return supervise();
  if (outcome === FAIL) out.fd = STDERR;
  if (outcome === SHOW_VERSION) version();
  else if (outcome === LICENCE) licence();
  else if (outcome === HELP || outcome === FAIL) help();
  return out.flush() === 0 && outcome !== FAIL ? PASS : FAIL;
}

/** `docker info` wants the text to start so, and splits it on " - ". */
function version(): void {
  out.text("tini version 0.19.0 - knell ").line(VERSION);
}

function help(): void {
  out
    .text("tini (tini version 0.19.0 - knell ")
    .text(VERSION)
    .text(`)
Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version

Execute a program under the supervision of a valid init process (tini)

Command line options:

  --version: Show version and exit.
  -h: Show this help message and exit.
  -s: Register as a process subreaper (requires Linux >= 3.4).
  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL".
  -v: Generate more verbose output. Repeat up to 3 times.
  -w: Print a warning when processes are getting reaped.
  -g: Send signals to the child's process group.
  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0 (can be repeated).
  -l: Show license and exit.

Only a "--" before PROGRAM is taken away; one after it is passed on.

Environment variables:

  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).
  TINI_VERBOSITY: Set the verbosity level (default: 1).
  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.
`);
}
