// Diagnostics: stderr only, one write a line, never blocking (I62). A line that does not fit is cut,
// one that cannot be written is lost: forwarding and reaping matter more.

import { OPEN_BRACKET, SPACE } from "./ascii";
import { buffer } from "./buffers";
import { getpid } from "./host";
import { PIPE_BUF } from "./linux";
import { Writer } from "./writer";

/** Shown from this verbosity on; tini's scale, on which 1 is the default and each -v adds one. */
export const FATAL: i32 = 0;
export const WARN: i32 = 1;
export const INFO: i32 = 2;
export const DEBUG: i32 = 3;
export const TRACE: i32 = 4;

/** How a line begins. */
export const STYLE_KNELL: i32 = 0;
export const STYLE_TINI: i32 = 1;
export const STYLE_DUMB_INIT: i32 = 2;
export const STYLE_CATATONIT: i32 = 3;

const STDERR: i32 = 2;

class Log {
  verbosity: i32 = WARN;
  style: i32 = STYLE_KNELL;
  /** "init", "exec" …; empty when no mode is chosen yet. */
  mode: string = "";
  line: Writer = new Writer(STDERR, buffer(PIPE_BUF), PIPE_BUF, false);
}

export const log = new Log();

/** Begins a line of `level`. What is appended to it goes nowhere when the level is not shown. */
export function say(level: i32): Writer {
  const line = log.line;
  line.length = 0;
  line.enabled = level <= log.verbosity;
  if (line.enabled) prefix(line, level);
  return line;
}

function prefix(line: Writer, level: i32): void {
  if (log.style === STYLE_TINI) {
    line.byte(OPEN_BRACKET).text(levelName(level)).text(" tini (").number(getpid()).text(")] ");
  } else if (log.style === STYLE_DUMB_INIT) {
    line.text("[dumb-init] ");
  } else if (log.style === STYLE_CATATONIT) {
    line
      .text(level === FATAL ? "ERROR" : levelName(level))
      .text(" (catatonit:")
      .number(getpid())
      .text("): ");
  } else {
    line.text("knell");
    if (log.mode.length > 0) line.byte(SPACE).text(log.mode);
    line.text(level === WARN ? ": warning: " : ": ");
  }
}

/** Five characters, as tini pads them. */
function levelName(level: i32): string {
  if (level === FATAL) return "FATAL";
  if (level === WARN) return "WARN ";
  if (level === INFO) return "INFO ";
  return level === DEBUG ? "DEBUG" : "TRACE";
}
