// The imports of binary/system/host.ts about descriptors, the terminal, sockets and clocks, on the fake kernel.

import {
  EAFNOSUPPORT,
  EBADF,
  EINVAL,
  ENOENT,
  ENOTDIR,
  ENOTTY,
  EPIPE,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  POLLERR,
  POLLHUP,
  SIGPIPE,
  TIOCNOTTY,
  TIOCSCTTY,
} from "../../system/linux.ts";
import { SECOND } from "./clock.ts";
import type { Calls, Context } from "./context.ts";
import { Directory, type OpenFile, Pipe } from "./files.ts";
import type { Kernel } from "./kernel.ts";
import { linkOf, modeOf, openPath, SLEPT_NS } from "./proc.ts";
import { sentBy } from "./signals.ts";
import { addressText, Socket } from "./sockets.ts";
import { Terminal } from "./terminal.ts";

const POLLNVAL = 32;
const ERANGE = 34;
const ENOTSOCK = 88;
const F_DUPFD = 0;
const F_DUPFD_CLOEXEC = 1030;
/** 2026-01-01. */
const EPOCH_SECONDS = 1_767_225_600;

function tableOf(kernel: Kernel) {
  return kernel.program.files!;
}

export function fileCalls({ kernel, memory }: Context): Calls {
  const { clock } = kernel;
  return {
    open: (path: number, flags: number) => {
      const file = openPath(kernel, memory.text(path));
      if (typeof file === "number") return file;
      file.isNonBlocking = (flags & O_NONBLOCK) !== 0;
      return tableOf(kernel).add(file, true);
    },
    close: (fd: number) => tableOf(kernel).close(fd),
    close_range: (first: number, last: number) => {
      if (first >>> 0 > last >>> 0) return -EINVAL;
      for (const fd of tableOf(kernel).numbers) {
        if (fd >= first >>> 0 && fd <= last >>> 0) tableOf(kernel).close(fd);
      }
      return 0;
    },
    read: (fd: number, to: number, length: number) => {
      const file = tableOf(kernel).get(fd);
      if (file === undefined) return -EBADF;
      const attempt = () =>
        (file instanceof Terminal ? file.readBy(kernel.program) : null) ?? file.read(length);
      const result = kernel.block(attempt, -1);
      if (!(result instanceof Uint8Array)) return result ?? -EBADF;
      memory.write(to, result);
      return result.length;
    },
    write: (fd: number, from: number, length: number) => {
      const file = tableOf(kernel).get(fd);
      if (file === undefined) return -EBADF;
      const result = kernel.block(() => file.write(memory.bytes(from, length)), -1) ?? -EBADF;
      if (result === -EPIPE) kernel.processes.send(kernel.program, sentBy(kernel.program, SIGPIPE));
      return result;
    },
    lseek: (fd: number, offset: bigint) =>
      BigInt(tableOf(kernel).get(fd)?.seek(Number(offset)) ?? -EBADF),
    dup2: (from: number, to: number) => {
      const file = tableOf(kernel).get(from);
      if (file === undefined) return -EBADF;
      if (from === to) return -EINVAL;
      tableOf(kernel).set(to, file, false);
      return to;
    },
    fcntl: (fd: number, command: number, argument: number) => fcntl(kernel, fd, command, argument),
    pipe2: (fds: number, flags: number) => {
      const pipe = new Pipe(flags);
      const isCloseOnExec = (flags & O_CLOEXEC) !== 0;
      const ends = [pipe.reader, pipe.writer].map((end) => tableOf(kernel).add(end, isCloseOnExec));
      const failed = ends.find((fd) => fd < 0);
      ends.forEach((fd, i) => {
        if (failed === undefined) memory.view.setInt32(fds + 4 * i, fd, true);
        else tableOf(kernel).close(fd);
      });
      return failed ?? 0;
    },
    getdents64: (fd: number, to: number, length: number) => {
      const file = tableOf(kernel).get(fd);
      if (!(file instanceof Directory)) return file === undefined ? -EBADF : -ENOTDIR;
      const records = file.next(length);
      if (typeof records === "number") return records;
      memory.write(to, records);
      return records.length;
    },
    readlink: (path: number, to: number, length: number) => {
      const link = linkOf(kernel, memory.text(path));
      if (typeof link === "number") return link;
      const bytes = new TextEncoder().encode(link).subarray(0, length);
      memory.write(to, bytes);
      return bytes.length;
    },
    stat_mode: (path: number) => modeOf(kernel, memory.text(path)),
    chdir: (path: number) => {
      kernel.directory = memory.text(path);
      return 0;
    },
    getcwd: (to: number, length: number) => {
      const path = new TextEncoder().encode(`${kernel.directory}\0`);
      if (path.length > length) return -ERANGE;
      memory.write(to, path);
      return path.length;
    },
    unlink: (path: number) => (kernel.network.unlink(memory.text(path)) ? 0 : -ENOENT),
    ppoll: (fds: number, count: number, timeout: bigint) => {
      if (count > tableOf(kernel).limit) return -EINVAL;
      const attempt = () => pollOnce(kernel, memory.view, fds, count) || null;
      return kernel.block(attempt, Number(timeout)) ?? 0;
    },
    clock_monotonic: () => BigInt(clock.now),
    clock_boottime: () => BigInt(clock.now + SLEPT_NS),
    clock_realtime: () => BigInt(Math.floor(clock.now / SECOND) + EPOCH_SECONDS),
    getrandom: (to: number, length: number) => {
      memory.bytes(to, length).fill(0x5a);
      return length;
    },
  };
}

export function terminalCalls({ kernel }: Context): Calls {
  const withTerminal = (fd: number, action: (terminal: Terminal) => number): number => {
    const file = tableOf(kernel).get(fd);
    if (file === undefined) return -EBADF;
    return file instanceof Terminal ? action(file) : -ENOTTY;
  };
  return {
    tcgetpgrp: (fd: number) => withTerminal(fd, (t) => t.getForeground(kernel.program)),
    tcsetpgrp: (fd: number, group: number) =>
      withTerminal(
        fd,
        (t) => kernel.block(() => t.setForeground(kernel.program, group), -1) ?? -ENOTTY,
      ),
    ioctl: (fd: number, request: number) =>
      withTerminal(fd, (t) => {
        if (request === TIOCSCTTY) return t.control(kernel.program);
        return request === TIOCNOTTY ? t.release(kernel.program) : -EINVAL;
      }),
    isatty: (fd: number) => (tableOf(kernel).get(fd) instanceof Terminal ? 1 : 0),
    terminal_columns: (fd: number) => withTerminal(fd, (t) => t.columns),
  };
}

export function socketCalls({ kernel, memory }: Context): Calls {
  const withSocket = (fd: number, action: (socket: Socket) => number): number => {
    const file = tableOf(kernel).get(fd);
    if (file === undefined) return -EBADF;
    return file instanceof Socket ? action(file) : -ENOTSOCK;
  };
  const withAddress = (at: number, length: number, action: (address: string) => number): number => {
    const address = addressText(memory.bytes(at, length).slice());
    return address === undefined ? -EAFNOSUPPORT : action(address);
  };
  return {
    socket: (domain: number) => tableOf(kernel).add(new Socket(kernel.network, domain), true),
    connect: (fd: number, at: number, length: number) =>
      withSocket(fd, (socket) => withAddress(at, length, (address) => socket.connect(address))),
    bind: (fd: number, at: number, length: number) =>
      withSocket(fd, (socket) => withAddress(at, length, (address) => socket.bind(address))),
    listen: (fd: number, backlog: number) => withSocket(fd, (socket) => socket.listen(backlog)),
    accept4: (fd: number) =>
      withSocket(fd, (socket) => socket.accept((accepted) => tableOf(kernel).add(accepted, true))),
    shutdown: (fd: number, how: number) => withSocket(fd, (socket) => socket.shutdown(how)),
    setsockopt: (fd: number, level: number, option: number, value: number) =>
      withSocket(fd, (socket) => socket.setOption(level, option, value)),
    socket_error: (fd: number) => Math.abs(withSocket(fd, (socket) => socket.takeError())),
  };
}

function fcntl(kernel: Kernel, fd: number, command: number, argument: number): number {
  const table = tableOf(kernel);
  const file = table.get(fd);
  if (file === undefined) return -EBADF;
  switch (command) {
    case F_GETFD:
      return table.isCloseOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      return table.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
    case F_GETFL:
      return O_RDWR | (file.isNonBlocking ? O_NONBLOCK : 0);
    case F_SETFL:
      file.isNonBlocking = (argument & O_NONBLOCK) !== 0;
      return 0;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return table.add(file, command === F_DUPFD_CLOEXEC, argument);
    default:
      return -EINVAL;
  }
}

/** Fills revents of { fd: i32, events: i16, revents: i16 }; gives how many are not 0. */
function pollOnce(kernel: Kernel, view: DataView, fds: number, count: number): number {
  let ready = 0;
  for (let at = fds; at < fds + 8 * count; at += 8) {
    const fd = view.getInt32(at, true);
    const events = view.getInt16(at + 4, true) | POLLERR | POLLHUP;
    const file: OpenFile | undefined = tableOf(kernel).get(fd);
    const found = fd < 0 ? 0 : file === undefined ? POLLNVAL : file.ready & events;
    view.setInt16(at + 6, found, true);
    if (found !== 0) ready++;
  }
  return ready;
}
