// waitid(2): who may wait for what (`wait_consider_task` in kernel/exit.c).

import {
  CLD_STOPPED,
  CLD_TRAPPED,
  ECHILD,
  EINVAL,
  P_ALL,
  P_PID,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from "../../system/linux.ts";
import type { Process, ProcessTable, Report } from "./processes.ts";

export const WCONTINUED = 8;
/** __WALL and its like are taken for granted. */
const CLONE_FLAGS = 0xf0000000;
const KNOWN = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED;

/** A report; null when nothing is ready; a negated errno. Takes the report unless WNOWAIT. */
export function wait(
  table: ProcessTable,
  process: Process,
  idType: number,
  id: number,
  options: number,
): Report | null | number {
  if ((options & ~CLONE_FLAGS & ~KNOWN) !== 0) return -EINVAL;
  if ((options & (WEXITED | WSTOPPED | WCONTINUED)) === 0) return -EINVAL;
  if (idType !== P_ALL && !(idType === P_PID && id > 0)) return -EINVAL;
  let isAny = false;
  for (const child of waitable(table, process)) {
    if (idType === P_PID && child.pid !== id) continue;
    // A zombie counts for nothing when only stops are asked for.
    isAny ||= child.state !== "Z" || (options & (WEXITED | WCONTINUED)) !== 0;
    const report = reportOf(child, process, options);
    if (report === null) continue;
    if ((options & WNOWAIT) === 0) take(table, child);
    return report;
  }
  return isAny ? null : -ECHILD;
}

function* waitable(table: ProcessTable, process: Process): Generator<Process> {
  yield* process.children;
  for (const other of table.all.values()) {
    if (other.tracer === process && other.parent !== process) yield other;
  }
}

function take(table: ProcessTable, child: Process): void {
  if (child.state === "Z") table.release(child);
  else child.report = null;
}

function reportOf(child: Process, waiter: Process, options: number): Report | null {
  if (child.tracer !== null && child.tracer !== waiter) return null;
  if (child.state === "Z") return options & WEXITED ? child.end : null;
  const { report } = child;
  if (report === null) return null;
  // A ptrace-stop is shown to the tracer whether it asked for stops or not.
  if (report.code === CLD_TRAPPED) return report;
  return options & (report.code === CLD_STOPPED ? WSTOPPED : WCONTINUED) ? report : null;
}
