// `knell ps`: the processes of this PID namespace, for images that have no ps.

import { readArgument, WORD_SIZE } from "../system/arguments";
import { buffer } from "../system/buffers";
import { parseDecimal } from "../system/bytes";
import { MILLISECOND, now, SECOND, timeLeft } from "../system/clock";
import { parseDuration } from "../system/duration";
import { FAIL, PASS, USAGE } from "../system/exit-status";
import { printHelp } from "../system/help";
import { initial_mask, ptr, rt_sigprocmask, rt_sigtimedwait } from "../system/host";
import {
  EAGAIN,
  EPIPE,
  SIG_SETMASK,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGWINCH,
} from "../system/linux";
import { FATAL, say } from "../system/log";
import { options } from "../system/options";
import { out } from "../system/output";
import { ALL_SIGNALS } from "../system/signals";
import { writeJson } from "./json";
import { renderTable } from "./render";
import { table } from "./table";
import { users } from "./users";
import { view } from "./view";
import { writeCount, writeReapers, writeZombieCount } from "./zombies";

const HELP = "knell ps --help";
const SHORTEST_INTERVAL: i64 = 100 * MILLISECOND;
const UNLIMITED: i64 = i64.MAX_VALUE;
const WORD: ptr = buffer(WORD_SIZE);
const SIGNAL_INFO: ptr = buffer(24);

class Wanted {
  help: bool = false;
  onlyZombies: bool = false;
  json: bool = false;
  maxZombies: i64 = UNLIMITED;
  /** Nanoseconds between two lists; 0 for one list. */
  interval: i64 = 0;
}

const wanted = new Wanted();

/** Runs `knell ps` with the options from argument `first` on; gives PASS, FAIL or USAGE. */
export function ps(first: i32): i32 {
  if (!readOptions(first)) return USAGE;
  if (wanted.help) return printHelp("ps");
  view.detect();
  users.load();
  if (wanted.interval > 0) return watch();
  // With the signals as they came: a reader that stalls does not keep SIGTERM or Ctrl-C from ending it.
  rt_sigprocmask(SIG_SETMASK, initial_mask());
  return show();
}

/** False after a message about the command line. */
function readOptions(first: i32): bool {
  options.start(first, HELP);
  while (options.next()) {
    if (options.isFlag("h", "--help")) wanted.help = true;
    else if (options.isFlag("", "--zombies")) wanted.onlyZombies = true;
    else if (options.isFlag("", "--json")) wanted.json = true;
    else if (options.is("", "--max-zombies")) readMaxZombies();
    else if (options.is("", "--watch")) readInterval();
    else options.unknown();
  }
  if (options.failed) return false;
  const length = readArgument(options.index, WORD);
  if (length < 0) return true;
  say(FATAL).text("unexpected argument ").quoted(WORD, length).text("; see ").text(HELP).end();
  return false;
}

function readMaxZombies(): void {
  if (!options.value()) return;
  wanted.maxZombies = parseDecimal(options.valueAt, options.valueLength);
  if (wanted.maxZombies < 0) options.refuse("a number from 0 on");
}

function readInterval(): void {
  wanted.interval = SECOND;
  if (!options.hasGluedValue() || !options.value()) return;
  wanted.interval = parseDuration(options.valueAt, options.valueLength);
  if (wanted.interval < SHORTEST_INTERVAL) options.refuse("100ms to 24h, such as 500ms or 2s");
}

/** Shows the list until a signal ends it; gives the last verdict. */
function watch(): i32 {
  let status = PASS;
  let next: i64 = 0;
  do {
    if (next > 0 && !view.isScreen && !wanted.json) out.line("");
    next = now() + wanted.interval;
    view.clear();
    status = show();
  } while (out.error === 0 && waitUntil(next));
  return status;
}

/** False if a signal came that ends a program. A resized terminal ends the wait at once. */
function waitUntil(instant: i64): bool {
  let signal = rt_sigtimedwait(ALL_SIGNALS, SIGNAL_INFO, timeLeft(instant));
  while (!endsProgram(signal) && signal !== -EAGAIN && signal !== SIGWINCH)
    signal = rt_sigtimedwait(ALL_SIGNALS, SIGNAL_INFO, timeLeft(instant));
  return !endsProgram(signal);
}

function endsProgram(signal: i32): bool {
  return signal === SIGINT || signal === SIGTERM || signal === SIGHUP || signal === SIGQUIT;
}

/** Writes one list; gives PASS or FAIL. */
function show(): i32 {
  const error = table.scan();
  if (error < 0 || table.total === 0) {
    const line = say(FATAL).text('"/proc": ');
    if (error < 0) line.errno(error);
    else line.text("no processes there");
    line.text("; mount it with: mount -t proc proc /proc").end();
    return FAIL;
  }
  const isTooMany = i64(table.zombies) > wanted.maxZombies;
  if (wanted.json) writeJson(wanted.onlyZombies);
  else writeText(isTooMany);
  return finish(isTooMany ? FAIL : PASS);
}

/** The verdict comes first: of a probe's output the kubelet shows only the beginning. */
function writeText(isTooMany: bool): void {
  view.measure();
  if (isTooMany) {
    writeZombieCount();
    out.text(", more than --max-zombies ").number(wanted.maxZombies).line("");
  }
  if (!wanted.onlyZombies || table.zombies > 0) {
    renderTable(wanted.onlyZombies);
    if (table.zombies > 0) out.line("");
    writeReapers();
  }
  writeCount();
}

/** `status`, or FAIL after a message if stdout did not take everything. A reader that has left has no wish to know. */
function finish(status: i32): i32 {
  const error = out.flush();
  if (error === 0) return status;
  if (error !== -EPIPE) say(FATAL).text("cannot write to stdout: ").errno(error).end();
  return FAIL;
}
