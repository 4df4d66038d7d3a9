// Descriptors and what they stand for: pipes, files, directories, captured output.

import {
  EAGAIN,
  EBADF,
  EINVAL,
  EISDIR,
  EMFILE,
  EPIPE,
  O_NONBLOCK,
  PIPE_BUF,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from "../../system/linux.ts";

const PIPE_SIZE = 65_536;

/** An open file description. Calls give null where a blocking descriptor would wait. */
export abstract class OpenFile {
  references = 0;
  isNonBlocking = false;
  /** What /proc/self/fd shows, for the trace. */
  abstract readonly name: string;

  read(_length: number): Uint8Array | number | null {
    return -EINVAL;
  }

  write(_bytes: Uint8Array): number | null {
    return -EINVAL;
  }

  /** POLL* bits that hold now. */
  get ready(): number {
    return POLLIN | POLLOUT;
  }

  seek(_offset: number): number {
    return -EINVAL;
  }

  /** The last reference is gone. */
  onClose(): void {}
}

interface Descriptor {
  readonly file: OpenFile;
  isCloseOnExec: boolean;
}

/** The descriptors of one process. */
export class FileTable {
  readonly #descriptors = new Map<number, Descriptor>();
  limit = 1024;

  get numbers(): number[] {
    return [...this.#descriptors.keys()].sort((a, b) => a - b);
  }

  get(fd: number): OpenFile | undefined {
    return this.#descriptors.get(fd)?.file;
  }

  isCloseOnExec(fd: number): boolean {
    return this.#descriptors.get(fd)?.isCloseOnExec ?? false;
  }

  setCloseOnExec(fd: number, on: boolean): number {
    const descriptor = this.#descriptors.get(fd);
    if (descriptor === undefined) return -EBADF;
    descriptor.isCloseOnExec = on;
    return 0;
  }

  /** Gives the lowest free number from `lowest` on, or -EMFILE. */
  add(file: OpenFile, isCloseOnExec: boolean, lowest = 0): number {
    let fd = lowest;
    while (this.#descriptors.has(fd)) fd++;
    if (fd >= this.limit) return -EMFILE;
    this.set(fd, file, isCloseOnExec);
    return fd;
  }

  set(fd: number, file: OpenFile, isCloseOnExec: boolean): void {
    file.references++;
    this.close(fd);
    this.#descriptors.set(fd, { file, isCloseOnExec });
  }

  close(fd: number): number {
    const descriptor = this.#descriptors.get(fd);
    if (descriptor === undefined) return -EBADF;
    this.#descriptors.delete(fd);
    descriptor.file.references--;
    if (descriptor.file.references === 0) descriptor.file.onClose();
    return 0;
  }

  closeAll(): void {
    for (const fd of this.numbers) this.close(fd);
  }

  /** What execve(2) does to descriptors. */
  closeOnExec(): void {
    for (const fd of this.numbers) if (this.isCloseOnExec(fd)) this.close(fd);
  }

  copy(): FileTable {
    const copy = new FileTable();
    copy.limit = this.limit;
    for (const [fd, { file, isCloseOnExec }] of this.#descriptors)
      copy.set(fd, file, isCloseOnExec);
    return copy;
  }
}

/** Both ends of a pipe. Its ends count as open while a descriptor of any process refers to them. */
export class Pipe {
  readonly chunks: Uint8Array[] = [];
  length = 0;
  capacity = PIPE_SIZE;
  readonly reader = new PipeReader(this);
  readonly writer = new PipeWriter(this);

  constructor(flags = 0) {
    this.reader.isNonBlocking = (flags & O_NONBLOCK) !== 0;
    this.writer.isNonBlocking = this.reader.isNonBlocking;
  }

  get room(): number {
    return this.capacity - this.length;
  }

  /** Takes everything that is in it. */
  drain(): string {
    return new TextDecoder().decode(this.take(this.length));
  }

  put(bytes: Uint8Array): void {
    this.chunks.push(bytes.slice());
    this.length += bytes.length;
  }

  take(length: number): Uint8Array {
    const taken = new Uint8Array(Math.min(length, this.length));
    let filled = 0;
    while (filled < taken.length) {
      const chunk = this.chunks[0]!;
      const part = chunk.subarray(0, taken.length - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.chunks.shift();
      else this.chunks[0] = chunk.subarray(part.length);
    }
    this.length -= taken.length;
    return taken;
  }
}

class PipeReader extends OpenFile {
  readonly name = "pipe (read end)";
  readonly pipe: Pipe;

  constructor(pipe: Pipe) {
    super();
    this.pipe = pipe;
  }

  override read(length: number): Uint8Array | number | null {
    if (this.pipe.length > 0) return this.pipe.take(length);
    if (this.pipe.writer.references === 0) return new Uint8Array(0);
    return this.isNonBlocking ? -EAGAIN : null;
  }

  override get ready(): number {
    const hangUp = this.pipe.writer.references === 0 ? POLLHUP : 0;
    return (this.pipe.length > 0 ? POLLIN : 0) | hangUp;
  }
}

class PipeWriter extends OpenFile {
  readonly name = "pipe (write end)";
  readonly pipe: Pipe;

  constructor(pipe: Pipe) {
    super();
    this.pipe = pipe;
  }

  /** -EPIPE comes with a SIGPIPE, which is the caller's part. A write up to PIPE_BUF is whole or not at all. */
  override write(bytes: Uint8Array): number | null {
    if (this.pipe.reader.references === 0) return -EPIPE;
    const { room } = this.pipe;
    const fits = bytes.length <= PIPE_BUF ? bytes.length <= room : room > 0;
    if (!fits) return this.isNonBlocking ? -EAGAIN : null;
    if (!this.isNonBlocking && bytes.length > room) return null;
    const part = bytes.subarray(0, room);
    this.pipe.put(part);
    return part.length;
  }

  override get ready(): number {
    const room = this.pipe.room >= PIPE_BUF ? POLLOUT : 0;
    return room | (this.pipe.reader.references === 0 ? POLLERR : 0);
  }
}

/** Takes everything and remembers it: where the program's stdout and stderr go. */
export class Capture extends OpenFile {
  readonly name = "capture";
  readonly #pipe = new Pipe();

  override write(bytes: Uint8Array): number {
    this.#pipe.put(bytes);
    return bytes.length;
  }

  override get ready(): number {
    return POLLOUT;
  }

  /** What was written since the last call. */
  take(): string {
    return this.#pipe.drain();
  }
}

/** Bytes that do not change: a regular file, one of /proc, or /dev/null when there are none. */
export class Content extends OpenFile {
  readonly name: string;
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(name: string, bytes: Uint8Array | string = "") {
    super();
    this.name = name;
    this.#bytes = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  }

  override read(length: number): Uint8Array {
    const part = this.#bytes.slice(this.#offset, this.#offset + length);
    this.#offset += part.length;
    return part;
  }

  override write(bytes: Uint8Array): number {
    return bytes.length;
  }

  override seek(offset: number): number {
    this.#offset = offset;
    return offset;
  }
}

/** A directory: `entries` is asked again after each rewind. */
export class Directory extends OpenFile {
  readonly name: string;
  readonly #list: () => readonly string[];
  #entries: readonly string[];

  constructor(name: string, list: () => readonly string[]) {
    super();
    this.name = name;
    this.#list = list;
    this.#entries = list();
  }

  override read(): number {
    return -EISDIR;
  }

  override seek(offset: number): number {
    if (offset !== 0) return -EINVAL;
    this.#entries = this.#list();
    return 0;
  }

  /** getdents64(2): as many records as fit, empty at the end. { ino u64, off i64, reclen u16, type u8, name } */
  next(length: number): Uint8Array | number {
    const records = new Uint8Array(length);
    const view = new DataView(records.buffer);
    let used = 0;
    while (this.#entries.length > 0) {
      const name = new TextEncoder().encode(this.#entries[0]);
      const size = (19 + name.length + 1 + 7) & ~7;
      if (used + size > length) break;
      view.setBigUint64(used, 1n, true);
      view.setUint16(used + 16, size, true);
      records.set(name, used + 19);
      used += size;
      this.#entries = this.#entries.slice(1);
    }
    return used === 0 && this.#entries.length > 0 ? -EINVAL : records.subarray(0, used);
  }
}

/** A descriptor that can only be polled: signalfd(2), pidfd_open(2). */
export class Watch extends OpenFile {
  readonly name: string;
  readonly #isReady: () => boolean;
  /** For a pidfd: the process. */
  readonly target: unknown;

  constructor(name: string, isReady: () => boolean, target?: unknown) {
    super();
    this.name = name;
    this.#isReady = isReady;
    this.target = target;
  }

  override get ready(): number {
    return this.#isReady() ? POLLIN : 0;
  }
}
