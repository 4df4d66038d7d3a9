// The table with its tree, for people.

import {
  CLOSE_BRACKET,
  DASH,
  DIGIT_0,
  LF,
  OPEN_BRACKET,
  QUESTION_MARK,
  SPACE,
} from "../system/ascii";
import { buffer } from "../system/buffers";
import { out } from "../system/output";
import { Writer } from "../system/writer";
import { command } from "./command";
import { OUTSIDE, Process, table } from "./table";
import { users } from "./users";
import { view } from "./view";

const GUTTER: i32 = 2;
const STATE_WIDTH: i32 = 8;
const AGE_WIDTH: i32 = 6;
const THREADS_WIDTH: i32 = 7;
/** One level of the tree, and how many levels a line shows: those next to the process. */
const LEVEL_WIDTH: i32 = 3;
const DEEPEST: i32 = 40;

const CELL_SIZE: i32 = 160;
const cell = new Writer(-1, buffer(CELL_SIZE), CELL_SIZE, false);

/** The columns that are as wide as what they hold. */
class Widths {
  pid: i32 = 0;
  parent: i32 = 0;
  user: i32 = 0;
}

const widths = new Widths();

/** Writes a header and one line a process: as a tree, or the zombies alone by pid. */
export function renderTable(onlyZombies: bool): void {
  measure();
  view.dim();
  writeHeader();
  view.plain();
  if (onlyZombies) {
    for (let index = 1; index <= table.last; index++) {
      if (table.at(index).isZombie) writeRow(table.at(index), false);
    }
    return;
  }
  let index = table.at(OUTSIDE).firstChild;
  while (index !== OUTSIDE) {
    writeRow(table.at(index), true);
    index = following(index);
  }
}

/** The next in the tree: the first child, else the next sibling of the nearest that has one. */
function following(index: i32): i32 {
  let process = table.at(index);
  if (process.firstChild !== OUTSIDE) return process.firstChild;
  while (process.nextSibling === OUTSIDE && process.up !== OUTSIDE) process = table.at(process.up);
  return process.nextSibling;
}

function measure(): void {
  widths.pid = "PID".length;
  widths.parent = "PARENT".length;
  widths.user = "USER".length;
  for (let index = 1; index <= table.last; index++) {
    const process = table.at(index);
    widths.pid = max(widths.pid, start().number(process.pid).length);
    widths.parent = max(widths.parent, writeParent(process).length);
    widths.user = max(widths.user, writeUser(process).length);
  }
}

function writeHeader(): void {
  right(start().text("PID"), widths.pid);
  right(start().text("PARENT"), widths.parent);
  left(start().text("STATE"), STATE_WIDTH);
  right(start().text("AGE"), AGE_WIDTH);
  right(start().text("THREADS"), THREADS_WIDTH);
  left(start().text("USER"), widths.user);
  out.line("COMMAND");
}

function writeRow(process: Process, isTree: bool): void {
  if (process.isZombie) view.red();
  right(start().number(process.pid), widths.pid);
  right(writeParent(process), widths.parent);
  left(start().text(process.isZombie ? "ZOMBIE" : stateName(process)), STATE_WIDTH);
  right(writeAge(table.ageSeconds(process)), AGE_WIDTH);
  right(start().number(process.threads), THREADS_WIDTH);
  left(writeUser(process), widths.user);
  const used = widths.pid + widths.parent + STATE_WIDTH + AGE_WIDTH + THREADS_WIDTH + widths.user;
  const branch = isTree ? writeBranch(process) : 0;
  writeCommand(process, view.columns - used - 6 * GUTTER - branch);
  if (process.isZombie) view.plain();
  out.byte(LF);
}

/** What the letter in /proc/PID/stat stands for (proc(5)); "headless": the main thread ended, others go on. */
export function stateName(process: Process): string {
  switch (process.state) {
    case 82: // R
      return "running";
    case 83: // S
      return "sleeping";
    case 68: // D
      return "blocked";
    case 84: // T
      return "stopped";
    case 116: // t
      return "traced";
    case 73: // I
      return "idle";
    case 90: // Z
      return process.isZombie ? "zombie" : "headless";
    default:
      return "dead";
  }
}

function start(): Writer {
  cell.length = 0;
  return cell;
}

function left(text: Writer, width: i32): void {
  out.bytes(text.buffer, text.length).spaces(width - text.length + GUTTER);
}

function right(text: Writer, width: i32): void {
  out
    .spaces(width - text.length)
    .bytes(text.buffer, text.length)
    .spaces(GUTTER);
}

function writeParent(process: Process): Writer {
  if (process.isEntered) return start().text("outside");
  return process.parent === 0 ? start().byte(DASH) : start().number(process.parent);
}

function writeUser(process: Process): Writer {
  if (users.find(process.uid)) return start().escaped(users.nameAt, users.nameLength);
  return process.uid < 0 ? start().byte(QUESTION_MARK) : start().number(process.uid);
}

/** "59s", "12m03s", "2h14m", "3d04h", "400d": two units, as long as they say something. */
function writeAge(seconds: i64): Writer {
  if (seconds < 60) return start().number(seconds).text("s");
  if (seconds < 3_600) return twoUnits(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86_400) return twoUnits(seconds / 3_600, "h", (seconds / 60) % 60, "m");
  if (seconds < 8_640_000) return twoUnits(seconds / 86_400, "d", (seconds / 3_600) % 24, "h");
  return start()
    .number(seconds / 86_400)
    .text("d");
}

function twoUnits(large: i64, largeName: string, small: i64, smallName: string): Writer {
  start().number(large).text(largeName);
  if (small < 10) cell.byte(DIGIT_0);
  return cell.number(small).text(smallName);
}

/** Draws the tree in front of a process; gives the columns it took. */
function writeBranch(process: Process): i32 {
  let lines: u64 = 0;
  let depth = 0;
  for (let node = process; node.up !== OUTSIDE && depth < DEEPEST; node = table.at(node.up)) {
    if (node.nextSibling !== OUTSIDE) lines |= u64(1) << depth;
    depth++;
  }
  for (let level = depth - 1; level >= 0; level--) {
    const goesOn = ((lines >> level) & 1) !== 0;
    if (level > 0) out.text(!goesOn ? "   " : view.isUtf8 ? "\xe2\x94\x82  " : "|  ");
    else if (goesOn) out.text(view.isUtf8 ? "\xe2\x94\x9c\xe2\x94\x80 " : "|- ");
    else out.text(view.isUtf8 ? "\xe2\x94\x94\xe2\x94\x80 " : "`- ");
  }
  return depth * LEVEL_WIDTH;
}

/** Writes the arguments with spaces between, or "[name]" if there are none, in `room` columns if this is a terminal. */
function writeCommand(process: Process, room: i32): void {
  command.read(process.pid);
  if (command.length === 0) {
    out.byte(OPEN_BRACKET).escaped(process.nameAt, process.nameLength).byte(CLOSE_BRACKET);
    return;
  }
  const limit = view.columns === 0 ? i32.MAX_VALUE : max(room, 1);
  let isCut = command.isCut;
  let width = 0;
  for (let i = 0; i < command.length && !isCut; i++) {
    width += columnsOf(command.byteAt(i));
    isCut = width > limit;
  }
  width = isCut ? 1 : 0;
  for (let i = 0; i < command.length; i++) {
    width += columnsOf(command.byteAt(i));
    if (width > limit) break;
    out.escapedByte(command.byteAt(i));
  }
  if (isCut) out.text(view.isUtf8 ? "\xe2\x80\xa6" : ">");
}

/** As many as `escapedByte` takes. */
function columnsOf(byte: u8): i32 {
  return byte >= SPACE && byte < 127 ? 1 : 4;
}
