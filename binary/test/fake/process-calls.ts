// The imports of binary/system/host.ts about the start, processes and signals, on the fake kernel.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CLD_EXITED,
  E2BIG,
  EACCES,
  EAGAIN,
  EBADF,
  EINTR,
  EINVAL,
  ENOENT,
  EPERM,
  ESRCH,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_PDEATHSIG,
  SI_QUEUE,
  SIG_BLOCK,
  SIG_IGN,
  SIG_SETMASK,
  SIGKILL,
  SIGSTOP,
  WNOHANG,
  WNOWAIT,
} from "../../system/linux.ts";
import { type Calls, type Context, type Value, type Word, wordBytes } from "./context.ts";
import { Watch } from "./files.ts";
import { Left } from "./kernel.ts";
import { modeOf } from "./proc.ts";
import type { Process, Report } from "./processes.ts";
import { blockedFlagsOf, flagsOf, maskOf, type SignalInfo, sentBy } from "./signals.ts";
import { wait } from "./wait.ts";

const ELF_X86_64 = 62;
/** host.c has room for so many words besides the arguments. */
const PUSHED = 511;

/** What the process was started with. */
export function startCalls(context: Context): Calls {
  const { words, environment, memory } = context;
  type Words = (Word | null)[];
  const length = (from: Words, index: number) => {
    const word = from[index] ?? null;
    return word === null ? -1 : wordBytes(context, word).length;
  };
  const read = (from: Words, index: number, offset: number, to: number, size: number) => {
    const word = from[index] ?? null;
    if (word === null) return 0;
    const part = wordBytes(context, word).subarray(offset, offset + size);
    memory.write(to, part);
    return part.length;
  };
  const set = (from: Words, index: number, at: number): Value => {
    if ((from[index] ?? null) !== null) from[index] = { at };
    return undefined;
  };
  return {
    argv_length: (index: number) => length(words, index),
    argv_read: (index: number, offset: number, to: number, size: number) =>
      read(words, index, offset, to, size),
    argv_set: (index: number, at: number) => set(words, index, at),
    argv_push: (at: number) => {
      if (words.length - context.argumentCount - 1 >= PUSHED) return -E2BIG;
      return words.push(at === 0 ? null : { at }) - 1;
    },
    argv_scrub: (index: number, offset: number) => {
      const word = words[index] ?? null;
      if (word instanceof Uint8Array) word.fill(42, offset);
      else if (word !== null) {
        const size = wordBytes(context, word).length;
        memory.bytes(word.at, size).fill(42, Math.min(offset, size));
      }
      return undefined;
    },
    environ_length: (index: number) => length(environment, index),
    environ_read: (index: number, offset: number, to: number, size: number) =>
      read(environment, index, offset, to, size),
    environ_set: (index: number, at: number) => set(environment, index, at),
    environ_remove: (index: number) => {
      environment.splice(index, 1);
      return undefined;
    },
    help_length: (topic: number) => helpOf(memory.text(topic))?.length ?? -1,
    help_read: (topic: number, offset: number, to: number, size: number) => {
      const part = helpOf(memory.text(topic))?.subarray(offset, offset + size) ?? new Uint8Array(0);
      memory.write(to, part);
      return part.length;
    },
    initial_mask: () => BigInt.asIntN(64, context.initialMask),
    elf_machine: () => ELF_X86_64,
  };
}

/** binary/help/TOPIC.txt, or LICENSE. */
function helpOf(topic: string): Uint8Array | undefined {
  const path = topic === "license" ? "../LICENSE" : `help/${topic}.txt`;
  try {
    return readFileSync(join(import.meta.dirname, "../..", path));
  } catch {
    return undefined;
  }
}

export function processCalls(context: Context): Calls {
  const { kernel, memory } = context;
  const { processes } = kernel;
  return {
    fork: () => fork(context),
    execve: (path: number, index: number) => execve(context, memory.text(path), index),
    exit: (status: number) => leave(context, status),
    getpid: () => kernel.program.pid,
    getppid: () => kernel.program.parent.pid,
    geteuid: () => kernel.program.uid,
    waitid: (idType: number, id: number, info: number, options: number) =>
      waitid(context, idType, id, info, options),
    setpgid: (target: number, group: number) => setpgid(kernel.program, context, target, group),
    getpgid: (target: number) =>
      target === 0 ? kernel.program.group : (processes.find(target)?.group ?? -ESRCH),
    getsid: (target: number) =>
      target === 0 ? kernel.program.session : (processes.find(target)?.session ?? -ESRCH),
    setsid: () => {
      const { program } = kernel;
      if (processes.inGroup(program.pid).length > 0) return -EPERM;
      program.group = program.pid;
      program.session = program.pid;
      return program.pid;
    },
    prctl: (option: number, argument: number) => {
      if (option === PR_SET_PDEATHSIG) kernel.program.parentDeathSignal = argument;
      else if (option === PR_SET_CHILD_SUBREAPER) kernel.program.isSubreaper = argument !== 0;
      else return -EINVAL;
      return 0;
    },
    get_child_subreaper: () => Number(kernel.program.isSubreaper),
    ptrace_detach: (target: number, signal: number) =>
      processes.detach(kernel.program, target, signal),
    ptrace_getsiginfo: (target: number, info: number) => {
      const process = processes.find(target);
      if (process?.tracer !== kernel.program || process.trap === null) return -ESRCH;
      writeSignalInfo(context, info, process.trap);
      return 0;
    },
  };
}

/** Those that send, with a record of what was sent. */
export function sendCalls(context: Context): Calls {
  const { kernel } = context;
  const { processes } = kernel;
  const send = (target: number, info: SignalInfo) => {
    const result = processes.kill(kernel.program, target, info);
    return record(context, target, info, result);
  };
  return {
    kill: (target: number, signal: number) => send(target, sentBy(kernel.program, signal)),
    sigqueue: (target: number, signal: number, value: bigint) => {
      if (target <= 0) return -ESRCH;
      const info = sentBy(kernel.program, signal);
      return send(target, { ...info, code: SI_QUEUE, value: BigInt.asUintN(64, value) });
    },
    pidfd_open: (target: number) => {
      const process = processes.find(target);
      if (process === undefined) return target > 0 ? -ESRCH : -EINVAL;
      const watch = new Watch(`pidfd of ${target}`, () => !process.isAlive, process);
      return kernel.program.files!.add(watch, true);
    },
    pidfd_send_signal: (fd: number, signal: number) => {
      const file = kernel.program.files!.get(fd);
      if (!(file instanceof Watch) || file.target === undefined) return -EBADF;
      const process = file.target as Process;
      const info = sentBy(kernel.program, signal);
      if (process.state === "X") return record(context, process.pid, info, -ESRCH);
      return send(process.pid, info);
    },
  };
}

export function signalCalls(context: Context): Calls {
  const { kernel } = context;
  return {
    rt_sigprocmask: (how: number, set: bigint) => {
      const { program } = kernel;
      const given = BigInt.asUintN(64, set);
      const before = maskOf(program.blocked);
      if (how === SIG_SETMASK) program.blocked = blockedFlagsOf(given);
      else program.blocked = blockedFlagsOf(how === SIG_BLOCK ? before | given : before & ~given);
      return 0;
    },
    sigaction: (signal: number, disposition: number) => {
      const { program } = kernel;
      const before = program.disposition[signal];
      if (before === undefined || signal < 1) return -EINVAL;
      program.disposition[signal] = disposition;
      if (disposition === SIG_IGN) program.pending.discard([signal]);
      return before;
    },
    rt_sigtimedwait: (set: bigint, info: number, timeout: bigint) => {
      const wanted = flagsOf(BigInt.asUintN(64, set));
      wanted[SIGKILL] = 0;
      wanted[SIGSTOP] = 0;
      const pending = kernel.program.pending;
      const taken = kernel.block<SignalInfo | "interrupted">(
        () => pending.take((signal) => wanted[signal] === 1) ?? null,
        Number(timeout),
        "interrupted",
      );
      if (taken === null) return -EAGAIN;
      if (taken === "interrupted") return -EINTR;
      writeSignalInfo(context, info, taken);
      return taken.signal;
    },
    signalfd4: (mask: bigint) => {
      const wanted = flagsOf(BigInt.asUintN(64, mask));
      const isReady = () => kernel.program.pending.peek((signal) => wanted[signal] === 1) > 0;
      return kernel.program.files!.add(new Watch("signalfd", isReady), true);
    },
  };
}

/** The end of the program: `_exit`, or `main` coming back. */
export function leave({ kernel }: Context, status: number): never {
  const { program, processes } = kernel;
  kernel.noteLeft();
  processes.exit(program, CLD_EXITED, status & 0xff);
  throw new Left({ kind: "exited", status: status & 0xff });
}

function fork(context: Context): number {
  const { kernel } = context;
  const plan = context.forks.shift() ?? [["pause"] as const];
  if (typeof plan === "number") return -plan;
  const child = kernel.processes.fork(kernel.program);
  if (plan === "child") {
    kernel.program = child;
    return 0;
  }
  child.blocked = blockedFlagsOf(context.initialMask);
  if (!plan.some(([word]) => word === "exec")) child.files?.closeOnExec();
  context.forked.push(child);
  kernel.startScript(child, plan);
  return child.pid;
}

function execve(context: Context, path: string, index: number): number {
  const { kernel } = context;
  const entry = kernel.tree.get(path);
  if (entry === undefined) return -ENOENT;
  const mode = modeOf(kernel, path);
  if (mode < 0) return mode;
  if (entry.entries !== undefined || (mode & 0o111) === 0) return -EACCES;
  if (entry.execError !== undefined) return -entry.execError;
  kernel.program.files!.closeOnExec();
  const args: string[] = [];
  for (let at = index; ; at++) {
    const word = context.words[at] ?? null;
    if (word === null) break;
    args.push(new TextDecoder().decode(wordBytes(context, word)));
  }
  throw new Left({ kind: "executed", path, args });
}

function waitid(
  context: Context,
  idType: number,
  id: number,
  info: number,
  options: number,
): number {
  const { kernel, memory } = context;
  kernel.lastWait = kernel.calls;
  const attempt = () => wait(kernel.processes, kernel.program, idType, id, options);
  const result = options & WNOHANG ? attempt() : kernel.block<Report | number>(attempt, -1);
  if (typeof result === "number") return result;
  const { pid, code, status, uid } = result ?? { pid: 0, code: 0, status: 0, uid: 0 };
  [pid, code, status, uid].forEach((value, i) => {
    memory.view.setInt32(info + 4 * i, value, true);
  });
  const isGone = pid > 0 && !kernel.processes.all.has(pid);
  if (isGone && (options & WNOWAIT) === 0 && context.isRecording) context.reaped.push(pid);
  return 0;
}

/** setpgid(2) with its order of checks (kernel/sys.c). */
function setpgid(caller: Process, { kernel }: Context, target: number, wanted: number): number {
  const { processes } = kernel;
  const process = target === 0 ? caller : processes.find(target);
  if (process === undefined || wanted < 0) return wanted < 0 ? -EINVAL : -ESRCH;
  const group = wanted === 0 ? process.pid : wanted;
  if (process.parent === caller) {
    if (process.session !== caller.session) return -EPERM;
    if (process.hasExecuted) return -EACCES;
  } else if (process !== caller) return -ESRCH;
  if (process.pid === process.session) return -EPERM;
  const members = processes.inGroup(group);
  if (group !== process.pid && members[0]?.session !== caller.session) return -EPERM;
  process.group = group;
  return 0;
}

function record(context: Context, target: number, info: SignalInfo, result: number): number {
  if (context.isRecording) {
    const { signal, value } = info;
    const time = context.kernel.clock.now;
    const reapedBefore = context.reaped.length;
    context.sent.push({ target, signal, value, result, time, reapedBefore });
  }
  return result;
}

function writeSignalInfo({ memory }: Context, at: number, info: SignalInfo): void {
  const { view } = memory;
  view.setInt32(at, info.signal, true);
  view.setInt32(at + 4, info.code, true);
  view.setInt32(at + 8, info.pid, true);
  view.setInt32(at + 12, info.uid, true);
  view.setBigUint64(at + 16, info.value, true);
}
