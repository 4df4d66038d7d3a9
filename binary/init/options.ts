// The command line of `knell init` and of tini; dumb-init's and catatonit's are in binary/personality.

import { LIVE, READY, STARTUP } from "../health/kinds";
import { askedOf } from "../health/server";
import { addressText } from "../health/setup";
import { findVariable, readArgument, WORD_SIZE } from "../system/arguments";
import { buffer } from "../system/buffers";
import { equals } from "../system/bytes";
import { SECOND } from "../system/clock";
import { parseDuration } from "../system/duration";
import { FAIL } from "../system/exit-status";
import { ptr } from "../system/host";
import { FATAL, log, say } from "../system/log";
import { options } from "../system/options";
import { parseSignal } from "../system/signals";
import {
  CATATONIT,
  DUMB_INIT,
  FORWARD_CHILD,
  FORWARD_GROUP,
  FORWARD_TREE,
  settings,
  TINI,
} from "./settings";
import { readExitMap, readRewrite } from "./values";

/** There is a program to run: `settings` is filled. */
export const RUN: i32 = -1;
/** The user asked for one of these texts and nothing else. */
export const HELP: i32 = -2;
export const LICENCE: i32 = -3;
export const SHOW_VERSION: i32 = -4;

const DEFAULT_DRAIN: i64 = 5 * SECOND;
const SIGNAL_ALLOWED: string = "a name such as TERM or RTMIN+3, or 1 to 64";

const WORD: ptr = buffer(WORD_SIZE);

/** Reads from argument `first` on. Gives RUN, HELP, LICENCE, SHOW_VERSION, or FAIL with the message written. */
export function readOptions(first: i32): i32 {
  const isVersion = isArgument(first, "--version") && readArgument(first + 1, WORD) < 0;
  if (isVersion) return SHOW_VERSION;
  let verbosity = log.verbosity;
  let isVerbose = false;
  options.start(first, helpCommand());
  while (options.next()) {
    if (options.isFlag("h", "--help")) return HELP;
    if (options.isFlag("l", "--license")) return LICENCE;
    if (options.isFlag("v", "--verbose")) {
      // The command line wins over KNELL_VERBOSITY: the first -v starts again from the default.
      verbosity = isVerbose ? verbosity + 1 : 2;
      isVerbose = true;
    } else if (!readOption()) options.unknown();
  }
  if (options.failed) return FAIL;
  log.verbosity = verbosity;
  return finish();
}

/** True if the current option is one of init's; whether its value was good is in `options.failed`. */
function readOption(): bool {
  if (options.isFlag("s", "--subreaper")) settings.isSubreaperRequired = true;
  else if (options.isFlag("g", "--group")) settings.forward = FORWARD_GROUP;
  else if (options.isFlag("w", "--warn-on-reap")) settings.warnsOnReap = true;
  else if (options.is("p", "--pdeathsig")) settings.deathSignal = readSignal();
  else if (options.is("e", "--remap-exit")) readExit();
  else if (options.is("", "--child-pdeathsig")) settings.childDeathSignal = readSignal();
  else if (options.is("", "--drain")) readDrain();
  else if (options.is("", "--stop-timeout")) settings.stopTimeout = readDuration();
  else if (options.isFlag("", "--wait-all")) settings.waitsForAll = true;
  else if (options.is("", "--rewrite")) readRewriteOption();
  else if (options.is("", "--forward")) readForward();
  else if (options.isFlag("", "--setsid")) settings.leadsSession = true;
  else if (options.isFlag("", "--no-setpgid")) settings.leadsGroup = false;
  else if (options.is("", "--listen")) readListen();
  else if (options.is("", "--live")) readProbe(LIVE);
  else if (options.is("", "--ready")) readProbe(READY);
  else if (options.is("", "--startup")) readProbe(STARTUP);
  else return false;
  return true;
}

function readListen(): void {
  if (options.value() && !addressText.set(options.valueAt, options.valueLength))
    options.refuse("an address such as :8086, 127.0.0.1:8086 or unix:/path");
}

function readProbe(kind: i32): void {
  if (!options.value()) return;
  settings.isProbed = true;
  const asked = askedOf(kind);
  if (options.valueLength === 0 || !asked.text.set(options.valueAt, options.valueLength))
    options.refuse('a probe such as "redis --live", of at most 4095 bytes');
  asked.cameFrom(options.valueIndex, options.valueOffset);
}

/** After the last option: is there a program, and do the options go together? */
export function finish(): i32 {
  settings.program = options.index;
  if (readArgument(options.index, WORD) < 0) {
    say(FATAL).text("no program given; see ").text(helpCommand()).end();
    return FAIL;
  }
  if (hasProbeInVain()) {
    say(FATAL).text("a probe without --listen; add --listen :8086, or KNELL_LISTEN").end();
    return FAIL;
  }
  if (settings.leadsSession) settings.leadsGroup = true;
  if (settings.leadsGroup || settings.forward !== FORWARD_GROUP) return RUN;
  say(FATAL)
    .text("--no-setpgid leaves the child in knell's own group; use --forward tree instead of -g")
    .end();
  return FAIL;
}

/** With KNELL_LISTEN=0 a manifest turns an image's endpoint off: its probes may stay. */
function hasProbeInVain(): bool {
  return settings.isProbed && addressText.length === 0 && findVariable("KNELL_LISTEN") < 0;
}

function helpCommand(): string {
  if (settings.personality === TINI) return "tini -h";
  if (settings.personality === DUMB_INIT) return "dumb-init --help";
  return settings.personality === CATATONIT ? "catatonit -h" : "knell init --help";
}

function readSignal(): i32 {
  if (!options.value()) return 0;
  const signal = parseSignal(options.valueAt, options.valueLength);
  if (signal < 1) options.refuse(SIGNAL_ALLOWED);
  return signal;
}

function readDuration(): i64 {
  if (!options.value()) return 0;
  const duration = parseDuration(options.valueAt, options.valueLength);
  if (duration < 0) options.refuse("a duration such as 900ms, 5s or 1m");
  return duration;
}

function readDrain(): void {
  settings.drain = options.hasGluedValue() ? readDuration() : DEFAULT_DRAIN;
}

function readExit(): void {
  if (options.value() && !readExitMap(options.valueAt, options.valueLength))
    options.refuse("N or A:B, each 0 to 255");
}

function readRewriteOption(): void {
  if (options.value() && !readRewrite(options.valueAt, options.valueLength)) {
    options.refuse("SIGNAL:SIGNAL or SIGNAL:0");
  }
}

function readForward(): void {
  if (!options.value()) return;
  if (equals(options.valueAt, options.valueLength, "child")) settings.forward = FORWARD_CHILD;
  else if (equals(options.valueAt, options.valueLength, "group")) settings.forward = FORWARD_GROUP;
  else if (equals(options.valueAt, options.valueLength, "tree")) settings.forward = FORWARD_TREE;
  else options.refuse("child, group or tree");
}

export function isArgument(index: i32, text: string): bool {
  const length = readArgument(index, WORD);
  return length >= 0 && equals(WORD, length, text);
}
