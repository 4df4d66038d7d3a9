// Who must wait for which zombies, what that process does about SIGCHLD, and how many there are.

import { COMMA, LF, SPACE } from "../system/ascii";
import { out } from "../system/output";
import {
  OUTSIDE,
  Process,
  SIGCHLD_BLOCKED,
  SIGCHLD_CAUGHT,
  SIGCHLD_DEFAULT,
  SIGCHLD_IGNORED,
  table,
} from "./table";
import { view } from "./view";

/** A line names this many zombies. */
const NAMED: i32 = 8;

/** Writes one line for each process that has zombies to wait for, and for each zombie whose parent is not in the table. */
export function writeReapers(): void {
  for (let index = 1; index <= table.last; index++) {
    if (table.at(index).zombies > 0) writeReaper(index);
  }
  for (let index = 1; index <= table.last; index++) {
    const process = table.at(index);
    if (process.isZombie && process.waiter === OUTSIDE) writeUnseenReaper(process);
  }
}

/** "zombie 41 redis-cli: parent 1 redis-server must wait for it; it does not catch SIGCHLD (default)" */
function writeReaper(reaper: i32): void {
  const process = table.at(reaper);
  const isOne = process.zombies === 1;
  let isTracer = false;
  view.red();
  out.text(isOne ? "zombie" : "zombies");
  let named = 0;
  for (let index = 1; named < min(process.zombies, NAMED); index++) {
    const zombie = table.at(index);
    if (!zombie.isZombie || zombie.waiter !== reaper) continue;
    if (named++ > 0) out.byte(COMMA);
    writeProcess(zombie);
    isTracer = zombie.up !== reaper;
  }
  if (named < process.zombies) {
    out
      .text(" and ")
      .number(process.zombies - named)
      .text(" more");
  }
  view.plain();
  out.text(isTracer ? ": tracer" : ": parent");
  writeProcess(process);
  out.text(isOne ? " must wait for it; it " : " must wait for them; it ");
  out.text(habitOf(process));
  if (process.isStopped) out.text(", and is stopped");
  out.byte(LF);
}

function writeUnseenReaper(zombie: Process): void {
  view.red();
  out.text("zombie");
  writeProcess(zombie);
  view.plain();
  if (zombie.isEntered) {
    out.line(": it was started from outside; the runtime that did so must wait for it");
    return;
  }
  out
    .text(": parent ")
    .number(zombie.parent)
    .line(" must wait for it; it cannot be seen from here");
}

/** What a process that has zombies does about SIGCHLD: a predicate. */
function habitOf(process: Process): string {
  switch (process.sigchld) {
    case SIGCHLD_DEFAULT:
      return "does not catch SIGCHLD (default)";
    case SIGCHLD_IGNORED:
      return "ignores SIGCHLD, which only takes effect for later ends (ignored)";
    case SIGCHLD_CAUGHT:
      return "catches SIGCHLD, but has not waited yet (caught)";
    case SIGCHLD_BLOCKED:
      return "blocks SIGCHLD, as for sigwait or signalfd, but has not waited yet (blocked)";
    default:
      return "does not show what it does about SIGCHLD";
  }
}

function writeProcess(process: Process): void {
  out.byte(SPACE).number(process.pid).byte(SPACE).escaped(process.nameAt, process.nameLength);
}

/** "12 processes, 1 zombie" */
export function writeCount(): void {
  out.number(table.total).text(table.total === 1 ? " process, " : " processes, ");
  writeZombieCount();
  if (table.last < table.total) out.text("; shown: the first ").number(table.last);
  if (table.isHiding) out.text("; /proc hides others from this user (hidepid)");
  out.byte(LF);
}

/** "2 zombies" */
export function writeZombieCount(): void {
  if (table.zombies > 0) view.red();
  if (table.zombies === 0) out.text("no");
  else out.number(table.zombies);
  out.text(table.zombies === 1 ? " zombie" : " zombies");
  if (table.zombies > 0) view.plain();
}
