// knell under the name catatonit: catatonit 0.2.1's command line.

import { isVariableOn, readEndpointVariables } from "../init/environment";
import { supervise } from "../init/init";
import { finish, RUN } from "../init/options";
import { CATATONIT, FORWARD_GROUP, settings } from "../init/settings";
import { FAIL, PASS } from "../system/exit-status";
import { printHelp } from "../system/help";
import { getppid } from "../system/host";
import { DEBUG, log, STYLE_CATATONIT } from "../system/log";
import { options } from "../system/options";
import { out } from "../system/output";
import { VERSION } from "../system/version";

/** `-P` was given: the caller runs `knell pause`. */
export const PAUSE: i32 = -5;

/** Runs as catatonit does; gives the exit status, or PAUSE. */
export function catatonit(): i32 {
  settings.parent = getppid();
  settings.personality = CATATONIT;
  settings.isSubreaperRequired = true;
  log.style = STYLE_CATATONIT;
  if (isVariableOn("CATATONIT_DEBUG")) log.verbosity = DEBUG;
  if (!readEndpointVariables()) return FAIL;
  options.start(1, "catatonit -h");
  while (options.next()) {
    if (options.isFlag("h", "--help")) return printHelp("catatonit");
    if (options.isFlag("L", "--license")) return printHelp("license");
    if (options.isFlag("V", "--version")) return version();
    if (options.isFlag("P", "--pause")) return PAUSE;
    if (options.isFlag("g", "--group")) settings.forward = FORWARD_GROUP;
    else options.unknown();
  }
  if (options.failed) return FAIL;
  const outcome = finish();
  return outcome === RUN ? supervise() : outcome;
}

/** Docker looks for a line in tini's shape. */
function version(): i32 {
  out.text("tini version 0.2.1_catatonit - knell ").line(VERSION);
  return out.flush() === 0 ? PASS : FAIL;
}
