// Collects children one at a time. Whoever loops over this bounds the loop and owns every child of the process:
// nothing else may wait.

import { buffer } from "./buffers";
import { pid, ptr, ptrace_detach, ptrace_getsiginfo, waitid } from "./host";
import {
  CLD_STOPPED,
  CLD_TRAPPED,
  ECHILD,
  P_ALL,
  P_PID,
  SI_USER,
  SIGTRAP,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from "./linux";

/** There are children, and none has anything to report. */
export const NOTHING: i32 = 0;
export const NO_CHILDREN: i32 = 1;
/** `reaped` has ended and is gone. */
export const ENDED: i32 = 2;
/** `reaped` was stopped by the signal in `status`. */
export const STOPPED: i32 = 3;
/** `reaped` had made knell its tracer and was let go (I39). */
export const RELEASED: i32 = 4;

const WAIT_INFO: ptr = buffer(16);
const SIGNAL_INFO: ptr = buffer(24);

/** The child of the last `reapNext` or `peekNext`. */
class Reaped {
  pid: pid = 0;
  /** CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_STOPPED or CLD_TRAPPED. */
  code: i32 = 0;
  /** The exit code or the signal. */
  status: i32 = 0;
}

export const reaped = new Reaped();

/** Takes what one child has to report, without waiting. */
export function reapNext(): i32 {
  return take(P_ALL, 0, WEXITED | WSTOPPED | WNOHANG);
}

/** As `reapNext` for one child. */
export function reapOnly(process: pid): i32 {
  return take(P_PID, process, WEXITED | WSTOPPED | WNOHANG);
}

/** As `reapNext`, but an ended child stays a zombie, so that it still has its name and its group is still its own. */
export function peekNext(): i32 {
  return peek(P_ALL, 0);
}

/** As `peekNext` for one child. */
export function peekOnly(process: pid): i32 {
  return peek(P_PID, process);
}

function peek(idType: i32, id: pid): i32 {
  const outcome = take(idType, id, WEXITED | WSTOPPED | WNOHANG | WNOWAIT);
  if (outcome === STOPPED) waitid(P_PID, reaped.pid, WAIT_INFO, WSTOPPED | WNOHANG);
  return outcome;
}

function take(idType: i32, id: pid, flags: i32): i32 {
  const error = waitid(idType, id, WAIT_INFO, flags);
  if (error === -ECHILD) return NO_CHILDREN;
  if (error < 0) return NOTHING;
  reaped.pid = load<i32>(WAIT_INFO);
  reaped.code = load<i32>(WAIT_INFO, 4);
  reaped.status = load<i32>(WAIT_INFO, 8);
  if (reaped.pid === 0) return NOTHING;
  if (reaped.code === CLD_TRAPPED) return release();
  return reaped.code === CLD_STOPPED ? STOPPED : ENDED;
}

/**
 * A child that calls PTRACE_TRACEME, or an adopted orphan that did, has knell as its tracer and would stand still
 * for ever (ptrace(2)). It goes on with the signal that stopped it. A failure means that it is gone.
 */
function release(): i32 {
  ptrace_detach(reaped.pid, isTrapOfExec() ? 0 : reaped.status);
  return RELEASED;
}

/** The SIGTRAP after execve(2) exists only because of the tracing; delivered, it would kill. */
function isTrapOfExec(): bool {
  if (reaped.status !== SIGTRAP || ptrace_getsiginfo(reaped.pid, SIGNAL_INFO) < 0) return false;
  return load<i32>(SIGNAL_INFO, 4) === SI_USER && load<i32>(SIGNAL_INFO, 8) === reaped.pid;
}
