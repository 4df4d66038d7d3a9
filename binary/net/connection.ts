// A stream socket to the first of several addresses that takes one, or to a unix socket. Nothing blocks.

import { buffer } from "../system/buffers";
import { earlier, MILLISECOND, NEVER, now } from "../system/clock";
import { close, connect, fd, ptr, socket } from "../system/host";
import { AF_UNIX, EAGAIN, EINPROGRESS, EINTR, SOCK_STREAM } from "../system/linux";
import { Text } from "../system/text";
import { AddressList } from "./address-list";

/** Longest path of a unix socket (unix(7): sun_path with its NUL). */
export const SOCKET_PATH_SIZE: i32 = 107;
/** How long to wait before a unix socket whose accept queue is full is tried again. */
const RETRY: i64 = 10 * MILLISECOND;

const SOCKADDR: ptr = buffer(2 + SOCKET_PATH_SIZE + 1);

export class Connection {
  fd: fd = -1;
  /** errno of the last try that failed, 0 if none did. */
  error: i32 = 0;
  /** When the current try is given up, or the pause before the next one is over. */
  wakeAt: i64 = NEVER;

  private path: Text | null = null;
  private next: i32 = 0;
  private port: i32 = 0;
  private deadline: i64 = 0;

  constructor(readonly addresses: AddressList) {}

  /** Prepares for the addresses in `addresses`, or for `path` if it is given. `open` does the first try. */
  start(port: i32, path: Text | null, deadline: i64): void {
    this.path = path;
    this.port = port;
    this.deadline = deadline;
    this.next = 0;
    this.error = 0;
  }

  /**
   * Begins the next try: `fd` is a socket that is or will be connected, which the first write tells, or -1 for
   * a pause until `wakeAt`. False when there is nothing left to try: `error` says why.
   *
   * Every address gets an equal part of the time that is left, so that one that hangs leaves room for the
   * others; the last one gets all of it.
   */
  open(): bool {
    this.close();
    const path = this.path;
    if (path !== null) return this.openPath(path);
    while (this.next < this.addresses.count) {
      const time = now();
      this.wakeAt = time + (this.deadline - time) / (this.addresses.count - this.next);
      const family = this.addresses.familyOf(this.next);
      const length = this.addresses.sockaddr(this.next++, this.port, SOCKADDR);
      if (this.connect(family, length)) return true;
    }
    return false;
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }

  private openPath(path: Text): bool {
    if (this.next > 0) return false;
    store<u16>(SOCKADDR, AF_UNIX);
    memory.copy(SOCKADDR + 2, path.at, path.length);
    store<u8>(SOCKADDR + 2 + path.length, 0);
    this.wakeAt = this.deadline;
    if (this.connect(AF_UNIX, 2 + path.length + 1)) {
      this.next = 1;
      return true;
    }
    // connect(2): EAGAIN is what a unix socket says when its accept queue is full.
    if (this.error !== EAGAIN) return false;
    this.wakeAt = earlier(now() + RETRY, this.deadline);
    return true;
  }

  private connect(family: i32, length: i32): bool {
    const opened = socket(family, SOCK_STREAM);
    if (opened < 0) {
      this.error = -opened;
      return false;
    }
    const result = connect(opened, SOCKADDR, length);
    if (result === 0 || result === -EINPROGRESS || result === -EINTR) {
      this.fd = opened;
      return true;
    }
    close(opened);
    this.error = -result;
    return false;
  }
}
