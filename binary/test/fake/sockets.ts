// Stream sockets with scripted peers. What is received is at once in the program's buffer, without limits.

import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  ENOENT,
  ENOTCONN,
  EPIPE,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from "../../system/linux.ts";
import { type Clock, MILLISECOND } from "./clock.ts";
import { OpenFile, Pipe } from "./files.ts";

/** The other side of one connection, as its script sees it. */
export interface Connection {
  send(bytes: Uint8Array | string, afterMs?: number): void;
  close(afterMs?: number): void;
  reset(afterMs?: number): void;
}

export interface Peer {
  /** An errno the connection fails with; or "silent": no answer at all. Without it the connection is accepted. */
  readonly connect?: number | "silent";
  readonly connectMs?: number;
  onOpen?(connection: Connection): void;
  onData?(bytes: Uint8Array, connection: Connection): void;
}

/** Peers by address: "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock". An address without one refuses. */
export class Network {
  readonly peers = new Map<string, Peer>();
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }
}

export class Socket extends OpenFile implements Connection {
  readonly name = "socket";
  override isNonBlocking = true;
  #state: "new" | "connecting" | "connected" | "closed" = "new";
  #error = 0;
  #isEnded = false;
  #peer: Peer = {};
  readonly #received = new Pipe();
  readonly #network: Network;

  constructor(network: Network) {
    super();
    this.#network = network;
  }

  connect(address: string): number {
    const peer = this.#network.peers.get(address);
    if (this.#state !== "new") return -EINVAL;
    if (peer === undefined) return address.startsWith("/") ? -ENOENT : this.#refuse(ECONNREFUSED);
    this.#peer = peer;
    this.#state = "connecting";
    if (peer.connect !== "silent") this.#later(peer.connectMs, () => this.#established(peer));
    return -EINPROGRESS;
  }

  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  override read(length: number): Uint8Array | number {
    if (this.#received.length > 0) return this.#received.take(length);
    if (this.#error > 0) return -this.takeError();
    if (this.#isEnded) return new Uint8Array(0);
    return this.#state === "connected" ? -EAGAIN : -ENOTCONN;
  }

  override write(bytes: Uint8Array): number {
    if (this.#error > 0) return -this.takeError();
    if (this.#isEnded) return -EPIPE;
    if (this.#state !== "connected") return -ENOTCONN;
    const sent = bytes.slice();
    this.#later(0, () => this.#peer.onData?.(sent, this));
    return bytes.length;
  }

  override get ready(): number {
    if (this.#error > 0) return POLLERR | POLLHUP | POLLIN | POLLOUT;
    if (this.#state === "connecting") return 0;
    if (this.#state !== "connected") return POLLHUP | POLLOUT;
    return POLLOUT | (this.#received.length > 0 || this.#isEnded ? POLLIN : 0);
  }

  send(bytes: Uint8Array | string, afterMs = 0): void {
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    this.#later(afterMs, () => this.#received.put(data));
  }

  close(afterMs = 0): void {
    this.#later(afterMs, () => {
      this.#isEnded = true;
    });
  }

  reset(afterMs = 0): void {
    this.#later(afterMs, () => this.#refuse(ECONNRESET));
  }

  #established(peer: Peer): void {
    if (typeof peer.connect === "number") {
      this.#refuse(peer.connect);
      return;
    }
    this.#state = "connected";
    peer.onOpen?.(this);
  }

  #refuse(error: number): number {
    this.#error = error;
    this.#state = "closed";
    return -EINPROGRESS;
  }

  #later(afterMs: number | undefined, action: () => void): void {
    this.#network.clock.after((afterMs ?? 0) * MILLISECOND, action);
  }
}

/** A struct sockaddr in the machine's layout as a key of `Network.peers`; undefined for another family. */
export function addressText(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  if (family === AF_UNIX) {
    const path = bytes.subarray(2);
    const end = path.indexOf(0);
    return new TextDecoder().decode(end < 0 ? path : path.subarray(0, end));
  }
  const port = view.getUint16(2);
  if (family === AF_INET) return `${bytes.subarray(4, 8).join(".")}:${port}`;
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i).toString(16));
  return `[${groups.join(":")}]:${port}`;
}
