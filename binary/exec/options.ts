// The command line of `knell exec`.

import { equals, isDigit, parseDecimal, toLower } from "../system/bytes";
import { MILLISECOND } from "../system/clock";
import { parseDuration } from "../system/duration";
import { TIMED_OUT } from "../system/exit-status";
import { argv_length, ptr } from "../system/host";
import { FATAL, say } from "../system/log";
import { options } from "../system/options";

/** `--output`: through pipes and copied, the descriptors themselves, or nowhere. */
export const RELAY: i32 = 0;
export const INHERIT: i32 = 1;
export const NULL: i32 = 2;

class Settings {
  /** Nanoseconds from start to the KILL, 0 for no deadline. */
  timeout: i64 = 0;
  /** Nanoseconds between TERM and KILL. */
  grace: i64 = 0;
  /** Exit status when the deadline came first. */
  onTimeout: i32 = 0;
  output: i32 = RELAY;
  /** Bytes of stdout, and as many of stderr, that are passed on. */
  maxOutput: i64 = 0;
  isStdinNull: bool = false;
  hasGuard: bool = false;
  /** Descendants may outlive a command that ends by itself (E9). */
  keepsDescendants: bool = false;
  wantsHelp: bool = false;
  /** The argument that names the command. */
  command: i32 = 0;

  /** The defaults: one process may read several command lines. */
  reset(): void {
    this.timeout = 0;
    this.grace = 100 * MILLISECOND;
    this.onTimeout = TIMED_OUT;
    this.output = RELAY;
    this.maxOutput = 8192;
    this.isStdinNull = false;
    this.hasGuard = true;
    this.keepsDescendants = false;
    this.wantsHelp = false;
  }
}

export const settings = new Settings();

/** Reads the options from argument `first` on into `settings`; false if the message about a mistake is written. */
export function readSettings(first: i32): bool {
  settings.reset();
  options.start(first, "knell exec --help");
  while (options.next()) readOption();
  if (options.failed) return false;
  if (settings.timeout > 0 && settings.grace > settings.timeout / 4)
    settings.grace = settings.timeout / 4;
  settings.command = options.index;
  if (settings.wantsHelp || argv_length(options.index) >= 0) return true;
  say(FATAL).text("no command; see knell exec --help").end();
  return false;
}

function readOption(): void {
  if (options.isFlag("h", "--help")) settings.wantsHelp = true;
  else if (options.isFlag("", "--keep")) settings.keepsDescendants = true;
  else if (options.isFlag("", "--no-guard")) settings.hasGuard = false;
  else if (options.is("", "--timeout")) settings.timeout = readDuration();
  else if (options.is("", "--grace")) settings.grace = readDuration();
  else if (options.is("", "--on-timeout")) readOnTimeout();
  else if (options.is("", "--output")) readOutput();
  else if (options.is("", "--stdin")) readStdin();
  else if (options.is("", "--max-output")) readMaxOutput();
  else options.unknown();
}

function readDuration(): i64 {
  if (!options.value()) return 0;
  const duration = parseDuration(options.valueAt, options.valueLength);
  if (duration < 0) options.refuse("a duration such as 900ms, 1.5s or 2m, at most 24h");
  return duration;
}

function readOnTimeout(): void {
  if (!options.value()) return;
  const status = parseDecimal(options.valueAt, options.valueLength);
  if (status < 0 || status > 255) options.refuse("an exit code from 0 to 255");
  settings.onTimeout = <i32>status;
}

function readOutput(): void {
  if (!options.value()) return;
  if (isValue("relay")) settings.output = RELAY;
  else if (isValue("inherit")) settings.output = INHERIT;
  else if (isValue("null")) settings.output = NULL;
  else options.refuse("relay, inherit or null");
}

function readStdin(): void {
  if (!options.value()) return;
  settings.isStdinNull = isValue("null");
  if (!settings.isStdinNull && !isValue("inherit")) options.refuse("inherit or null");
}

function readMaxOutput(): void {
  if (!options.value()) return;
  settings.maxOutput = parseSize(options.valueAt, options.valueLength);
  if (settings.maxOutput < 0) options.refuse("a size such as 512, 8k or 1m");
}

function isValue(word: string): bool {
  return equals(options.valueAt, options.valueLength, word);
}

/** Bytes of "512", "8k", "1M" or "2g" (powers of 1024, nine digits at most), -1 for anything else. */
function parseSize(at: ptr, length: i32): i64 {
  let digits = 0;
  while (digits < length && isDigit(load<u8>(at + digits))) digits++;
  if (digits > 9 || length > digits + 1) return -1;
  const number = parseDecimal(at, digits);
  if (number < 0 || digits === length) return number;
  const unit = toLower(load<u8>(at + digits));
  if (unit === 107) return number << 10;
  if (unit === 109) return number << 20;
  return unit === 103 ? number << 30 : -1;
}
