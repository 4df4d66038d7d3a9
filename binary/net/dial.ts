// From a target to a socket that is connected and has taken the first bytes: name lookup, then one address after the
// other. A state machine for any loop around ppoll(2).

import { earlier, NEVER, now } from "../system/clock";
import { fd, ptr, write } from "../system/host";
import { EAGAIN, ECONNRESET, EINTR, EPIPE, POLLIN, POLLOUT } from "../system/linux";
import { AddressList, LIST_SIZE } from "./address-list";
import { Connection } from "./connection";
import { LOOKUP_FOUND, LOOKUP_NO_NAME, LOOKUP_PENDING, Resolver } from "./resolver";
import { Target } from "./target";

const LOOKUP: i32 = 0;
const CONNECT: i32 = 1;

/** What `advance` gives. */
export const DIALLING: i32 = 0;
/** Connected: `sent` bytes of the first write are on their way. */
export const CONNECTED: i32 = 1;
export const NO_NAME: i32 = 2;
export const NO_NAME_SERVER: i32 = 3;
/** `error` says why, 0 for addresses of another family only. */
export const NO_CONNECTION: i32 = 4;

export const DIAL_SIZE: i32 = LIST_SIZE;

export class Dial {
  /** While DIALLING: wait for `events` on `fd`, but not longer than until `wakeAt`. */
  fd: fd = -1;
  events: i32 = 0;
  wakeAt: i64 = NEVER;
  /** How much of the first bytes is written. */
  sent: i32 = 0;
  /** When the lookup was over and connecting began. */
  connectingAt: i64 = 0;

  private target: Target;
  private addresses: AddressList;
  private connection: Connection;
  private phase: i32 = LOOKUP;
  private deadline: i64 = 0;

  /** `bytes` has room for DIAL_SIZE bytes. */
  constructor(
    target: Target,
    bytes: ptr,
    private readonly resolver: Resolver,
  ) {
    const addresses = new AddressList(bytes, true);
    this.target = target;
    this.addresses = addresses;
    this.connection = new Connection(addresses);
  }

  /** The socket, -1 if there is none. */
  get socket(): fd {
    return this.connection.fd;
  }

  get isLookingUp(): bool {
    return this.phase === LOOKUP;
  }

  /** errno of the last try that failed, 0 if none did. */
  get error(): i32 {
    return this.connection.error;
  }

  get addressCount(): i32 {
    return this.addresses.count;
  }

  /** Begins anew; `advance` goes on at once. */
  start(deadline: i64): void {
    const target = this.target;
    this.close();
    this.deadline = deadline;
    this.sent = 0;
    this.addresses.clear();
    this.connection.start(target.port, target.isSocket ? target.socket : null, deadline);
    const host = target.host;
    if (target.isSocket || this.addresses.addLiteral(host.at, host.length, target.family)) {
      this.phase = CONNECT;
      this.connectingAt = now();
    } else {
      this.phase = LOOKUP;
      this.resolver.start(host.at, host.length, target.family, deadline, this.addresses);
    }
  }

  /** Goes on after a wait. The `length` bytes at `first` are written as soon as there is a connection. */
  advance(first: ptr, length: i32): i32 {
    if (this.phase === LOOKUP) {
      const status = this.lookUp();
      if (this.phase === LOOKUP) return status;
    }
    return this.connect(first, length);
  }

  /** Closes the socket and ends a lookup. */
  close(): void {
    this.connection.close();
    this.resolver.stop();
  }

  private lookUp(): i32 {
    const resolver = this.resolver;
    if (resolver.status === LOOKUP_PENDING) resolver.advance();
    if (resolver.status === LOOKUP_PENDING) {
      return this.wait(resolver.fd, POLLIN, resolver.wakeAt);
    }
    if (resolver.status === LOOKUP_FOUND) {
      this.phase = CONNECT;
      this.connectingAt = now();
      return DIALLING;
    }
    return resolver.status === LOOKUP_NO_NAME ? NO_NAME : NO_NAME_SERVER;
  }

  /** Tries one address after the other. A write, of no byte too, tells whether a connection stands: it saves a poll. */
  private connect(first: ptr, length: i32): i32 {
    const connection = this.connection;
    while (connection.fd >= 0 || connection.open()) {
      if (connection.fd < 0) return this.wait(-1, 0, connection.wakeAt);
      const result = write(connection.fd, first, length);
      // The peer has closed already; what it said before that is still there to read (R12).
      const isOver = result === -ECONNRESET || result === -EPIPE;
      if (result >= 0 || isOver) {
        this.sent = isOver ? length : result;
        return CONNECTED;
      }
      if (result === -EINTR) continue;
      if (result === -EAGAIN && now() < connection.wakeAt) {
        return this.wait(connection.fd, POLLOUT, connection.wakeAt);
      }
      connection.error = result === -EAGAIN ? 0 : -result;
      connection.close();
    }
    return NO_CONNECTION;
  }

  private wait(descriptor: fd, events: i32, until: i64): i32 {
    this.fd = descriptor;
    this.events = events;
    this.wakeAt = earlier(until, this.deadline);
    return DIALLING;
  }
}
