// knell under the names tini, tini-static and docker-init: tini 0.19.0's command line, texts and variables.

import { readEndpointVariables } from "../init/environment";
import { supervise } from "../init/init";
import { HELP, LICENCE, RUN, readOptions, SHOW_VERSION } from "../init/options";
import { settings, TINI } from "../init/settings";
import { FAIL, PASS } from "../system/exit-status";
import { printHelp } from "../system/help";
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
  if (!readEndpointVariables()) return FAIL;
  const outcome = readOptions(1);
  if (outcome === RUN) return supervise();
  if (outcome === SHOW_VERSION) return version();
  if (outcome === LICENCE) return printHelp("license");
  if (outcome === HELP) return printHelp("tini");
  out.fd = STDERR;
  printHelp("tini");
  return FAIL;
}

/** `docker info` wants the text to start so, and splits it on " - ". */
function version(): i32 {
  out.text("tini version 0.19.0 - knell ").line(VERSION);
  return out.flush() === 0 ? PASS : FAIL;
}
