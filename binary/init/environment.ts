// What init takes from the environment: tini's variables as tini reads them (I7), knell's own (I8), and the two
// that a service manager addresses to a pid (I9).

import { LIVE, READY, STARTUP } from "../health/kinds";
import { askedOf } from "../health/server";
import { addressText } from "../health/setup";
import { findVariable, isOff, readValue, WORD_SIZE } from "../system/arguments";
import { EQUALS_SIGN } from "../system/ascii";
import { buffer } from "../system/buffers";
import { copyText, equals, formatDecimal, parseDecimal } from "../system/bytes";
import { parseDuration } from "../system/duration";
import { environ_remove, environ_set, getpid, pid, ptr } from "../system/host";
import { FATAL, log, say, WARN } from "../system/log";
import { FORWARD_GROUP, settings } from "./settings";
import { isOn, readExitMaps, readRewrites } from "./values";

const VALUE: ptr = buffer(WORD_SIZE);
const VERBOSITY_LIMIT: i64 = 9;
/** Each takes "NAME=" and a pid; they must stay in place for execve. */
const LISTEN_TEXT: ptr = buffer(40);
const WATCHDOG_TEXT: ptr = buffer(40);

/** Before the command line, which wins. False after a bad value, with the message written. */
export function readKnellVariables(): bool {
  let length = find("KNELL_SUBREAPER");
  if (isSet(length)) {
    if (!isOn(VALUE, length)) return refuse("KNELL_SUBREAPER", length, "1 or 0");
    settings.isSubreaperRequired = true;
  }
  length = find("KNELL_GROUP");
  if (isSet(length)) {
    if (!isOn(VALUE, length)) return refuse("KNELL_GROUP", length, "1 or 0");
    settings.forward = FORWARD_GROUP;
  }
  length = find("KNELL_VERBOSITY");
  if (length > 0 && !readVerbosity(length)) return refuse("KNELL_VERBOSITY", length, "0 to 4");
  length = find("KNELL_REMAP_EXIT");
  // "0" and its like turn the setting off; exit status 0 is never mapped by itself.
  if (isSet(length) && !readExitMaps(VALUE, length))
    return refuse("KNELL_REMAP_EXIT", length, "143 or 143,130:0");
  length = find("KNELL_REWRITE");
  if (isSet(length) && !readRewrites(VALUE, length))
    return refuse("KNELL_REWRITE", length, "TERM:QUIT,HUP:0");
  return readDurations() && readEndpointVariables();
}

/** The endpoint's address and probes: an image can set them, and a manifest change or clear them. False as above. */
export function readEndpointVariables(): bool {
  const length = find("KNELL_LISTEN");
  if (isSet(length) && !addressText.set(VALUE, length))
    return refuse("KNELL_LISTEN", length, "an address such as :8086 or unix:/path");
  return (
    readProbe("KNELL_LIVE", LIVE) &&
    readProbe("KNELL_READY", READY) &&
    readProbe("KNELL_STARTUP", STARTUP)
  );
}

function readProbe(name: string, kind: i32): bool {
  const length = find(name);
  if (!isSet(length) || askedOf(kind).text.set(VALUE, length)) return true;
  return refuse(name, length, 'a probe such as "redis --live", of at most 4095 bytes');
}

function readDurations(): bool {
  let length = find("KNELL_DRAIN");
  if (isSet(length)) {
    settings.drain = parseDuration(VALUE, length);
    if (settings.drain < 0) return refuse("KNELL_DRAIN", length, "a duration such as 5s");
  }
  length = find("KNELL_STOP_TIMEOUT");
  if (isSet(length)) {
    settings.stopTimeout = parseDuration(VALUE, length);
    if (settings.stopTimeout < 0)
      return refuse("KNELL_STOP_TIMEOUT", length, "a duration such as 20s");
  }
  return true;
}

/** After the command line: tini's variables count as set for any value, and its verbosity replaces -v (I7). */
export function readTiniVariables(): void {
  if (find("TINI_SUBREAPER") >= 0) settings.isSubreaperRequired = true;
  if (find("TINI_KILL_PROCESS_GROUP") >= 0) settings.forward = FORWARD_GROUP;
  const length = find("TINI_VERBOSITY");
  if (length >= 0 && !readVerbosity(length)) log.verbosity = FATAL;
}

/** dumb-init's and catatonit's switch for debug lines. */
export function isVariableOn(name: string): bool {
  const length = find(name);
  return length >= 0 && equals(VALUE, length, "1");
}

/** dumb-init's DUMB_INIT_SETSID=0. */
export function isVariableZero(name: string): bool {
  const length = find(name);
  return length >= 0 && equals(VALUE, length, "0");
}

/** In the child: what was addressed to knell by pid is now addressed to the child, which is this process (I9). */
export function readdressToSelf(knell: pid): void {
  if (readdress("LISTEN_PID", LISTEN_TEXT, knell)) {
    const stale = findVariable("LISTEN_PIDFDID");
    if (stale >= 0) environ_remove(stale);
  }
  readdress("WATCHDOG_PID", WATCHDOG_TEXT, knell);
}

function readdress(name: string, text: ptr, knell: pid): bool {
  const index = findVariable(name);
  if (index < 0) return false;
  const length = readValue(index, name.length, VALUE, WORD_SIZE);
  if (parseDecimal(VALUE, length) !== knell) return false;
  let end = text + copyText(text, name);
  store<u8>(end++, EQUALS_SIGN);
  end += formatDecimal(end, getpid());
  store<u8>(end, 0);
  environ_set(index, text);
  return true;
}

/** The length of the variable's value in VALUE, -1 if it is not there. */
function find(name: string): i32 {
  const index = findVariable(name);
  return index < 0 ? -1 : min(readValue(index, name.length, VALUE, WORD_SIZE), WORD_SIZE - 1);
}

function isSet(length: i32): bool {
  return length >= 0 && !isOff(VALUE, length);
}

function readVerbosity(length: i32): bool {
  const value = parseDecimal(VALUE, length);
  if (value < 0) return false;
  log.verbosity = <i32>min(value, VERBOSITY_LIMIT);
  return true;
}

function refuse(name: string, length: i32, allowed: string): bool {
  log.verbosity = WARN;
  say(FATAL)
    .text("variable ")
    .text(name)
    .text(": bad value ")
    .quoted(VALUE, length)
    .text("; use ")
    .text(allowed)
    .text(", or 0 for off")
    .end();
  return false;
}
