// Stream sockets of the program (tcp(7), unix(7)). Whoever is at the other end is in network.ts; what one end does is
// at once in the other's buffer.

import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  ENOENT,
  ENOTCONN,
  EPIPE,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SHUT_WR,
  SO_REUSEADDR,
  SOL_SOCKET,
} from "../../system/linux.ts";
import { MILLISECOND } from "./clock.ts";
import { OpenFile, Pipe } from "./files.ts";
import { type Network, type Peer, ScriptedPeer } from "./network.ts";

const EISCONN = 106;
const EALREADY = 114;

/** The other end of a connection. */
export interface Remote {
  /** How much it takes before a write has to wait. */
  readonly room: number;
  take(bytes: Uint8Array): void;
  /** Nothing more will come. `isGone`: nobody is there to read either, as after close(2). */
  takeEnd(isGone: boolean): void;
  takeReset(): void;
  /** Its connection is there. */
  opened(socket: Socket): void;
  refused(): void;
}

type State = "new" | "listening" | "connecting" | "connected" | "closed";

export class Socket extends OpenFile implements Remote {
  readonly name = "socket";
  readonly domain: number;
  override isNonBlocking = true;
  /** Where it is bound, "" for nowhere. */
  address = "";
  /** It came from a listener's queue. */
  isAccepted = false;
  isReusing = false;
  isV6Only = false;
  #state: State = "new";
  #error = 0;
  #hasEnded = false;
  /** False until a second connect(2) was told that the first, which did not wait, has succeeded. */
  #isTold = true;
  #isShut = false;
  #isRemoteGone = false;
  /** By the program: what still comes is answered by a reset. */
  #isClosed = false;
  #remote: Remote | null = null;
  #backlog = 0;
  readonly #queue: Socket[] = [];
  readonly #received = new Pipe();
  readonly #network: Network;

  constructor(network: Network, domain: number) {
    super();
    this.#network = network;
    this.domain = domain;
  }

  get isListening(): boolean {
    return this.#state === "listening";
  }

  get #isLocal(): boolean {
    return this.domain === AF_UNIX;
  }

  // --- the program's calls ---

  bind(address: string): number {
    if (this.#state !== "new" || this.address !== "") return -EINVAL;
    return this.#network.bind(this, address);
  }

  listen(backlog: number): number {
    if (this.#state === "listening") {
      this.#backlog = backlog;
      return 0;
    }
    if (this.#state !== "new" || this.address === "") return -EINVAL;
    if (this.#network.rivals(this, this.address).some((other) => other.isListening))
      return -EADDRINUSE;
    this.#backlog = backlog;
    this.#state = "listening";
    return 0;
  }

  /** The first of the queue, or -EAGAIN; `install` gives it a descriptor, and it stays queued if there is none. */
  accept(install: (socket: Socket) => number): number {
    if (this.#state !== "listening") return -EINVAL;
    const first = this.#queue[0];
    if (first === undefined) return -EAGAIN;
    const fd = install(first);
    if (fd >= 0) this.#queue.shift();
    return fd;
  }

  connect(address: string): number {
    if (this.#state === "connecting") return -EALREADY;
    if (this.#state === "connected") {
      const isTold = this.#isTold;
      this.#isTold = true;
      return isTold ? -EISCONN : 0;
    }
    if (this.#state !== "new") return -EINVAL;
    const peer = this.#network.peers.get(address);
    if (this.#isLocal) return this.#connectLocal(address, peer);
    this.#state = "connecting";
    this.#isTold = false;
    if (peer === undefined) this.#network.knock(address, this);
    else if (peer.connect !== "silent") {
      this.#network.clock.after((peer.connectMs ?? 0) * MILLISECOND, () => this.#meet(peer));
    }
    return -EINPROGRESS;
  }

  /** unix(7): at once, or not at all. */
  #connectLocal(path: string, peer: Peer | undefined): number {
    if (typeof peer?.connect === "number") return -peer.connect;
    if (peer?.connect === "silent") return -EAGAIN;
    if (peer !== undefined) {
      this.#meet(peer);
      return 0;
    }
    const listener = this.#network.listenerAt(path);
    if (listener === undefined) return this.#network.tree.has(path) ? -ECONNREFUSED : -ENOENT;
    const accepted = listener.offer(this);
    if (accepted === null) return -EAGAIN;
    this.opened(accepted);
    return 0;
  }

  /** A connection of `remote` in the queue; null when that is full. It holds one more than listen(2) was told. */
  offer(remote: Remote): Socket | null {
    if (this.#queue.length > this.#backlog) return null;
    const socket = new Socket(this.#network, this.domain);
    socket.isAccepted = true;
    socket.opened(remote);
    this.#queue.push(socket);
    return socket;
  }

  setOption(level: number, option: number, value: number): number {
    if (level === SOL_SOCKET && option === SO_REUSEADDR) this.isReusing = value !== 0;
    if (level === IPPROTO_IPV6 && option === IPV6_V6ONLY) this.isV6Only = value !== 0;
    return 0;
  }

  shutdown(how: number): number {
    if (how !== SHUT_WR) return -EINVAL;
    if (this.#state !== "connected") return -ENOTCONN;
    if (!this.#isShut) this.#remote?.takeEnd(false);
    this.#isShut = true;
    return 0;
  }

  /** What close(2) will do after SO_LINGER 0. */
  resetRemote(): void {
    this.#remote?.takeReset();
    this.#fail(ECONNRESET);
  }

  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  override read(length: number): Uint8Array | number {
    if (this.#received.length > 0) return this.#received.take(length);
    if (this.#error > 0) return -this.takeError();
    if (this.#hasEnded) return new Uint8Array(0);
    if (this.#state === "new" || this.#state === "listening")
      return this.#isLocal ? -EINVAL : -ENOTCONN;
    return -EAGAIN;
  }

  /** Also of no bytes: it tells whether there is a connection. */
  override write(bytes: Uint8Array): number {
    if (this.#error > 0) return -this.takeError();
    if (this.#state === "connecting") return -EAGAIN;
    if (this.#state === "new" && this.#isLocal) return -ENOTCONN;
    if (this.#state !== "connected" || this.#isShut) return -EPIPE;
    if (this.#isRemoteGone) {
      if (this.#isLocal) return -EPIPE;
      // Its answer to bytes that nobody will read.
      if (bytes.length > 0) this.#network.clock.after(0, () => this.takeReset());
      return bytes.length;
    }
    const room = this.#remote?.room ?? 0;
    if (bytes.length > 0 && room === 0) return -EAGAIN;
    const part = bytes.slice(0, room);
    if (part.length > 0) this.#remote?.take(part);
    return part.length;
  }

  override get ready(): number {
    if (this.#state === "listening") return this.#queue.length > 0 ? POLLIN : 0;
    if (this.#state === "connecting") return 0;
    if (this.#state === "new") return POLLHUP | POLLOUT;
    const error = this.#error > 0 ? POLLERR : 0;
    if (this.#state === "closed") return error | POLLHUP | POLLIN | POLLOUT;
    const isWritable = this.#isShut || this.#isRemoteGone || (this.#remote?.room ?? 0) > 0;
    const isReadable = this.#received.length > 0 || this.#hasEnded;
    const isOver = this.#hasEnded && (this.#isShut || (this.#isLocal && this.#isRemoteGone));
    return (isWritable ? POLLOUT : 0) | (isReadable ? POLLIN : 0) | (isOver ? POLLHUP : 0);
  }

  /** What it has not read turns the end into a reset. */
  override onClose(): void {
    if (this.address !== "") this.#network.release(this);
    for (const waiting of this.#queue.splice(0)) waiting.#remote?.takeReset();
    if (this.#state === "connected") {
      if (this.#received.length > 0) this.#remote?.takeReset();
      else this.#remote?.takeEnd(true);
    }
    this.#state = "closed";
    this.#isClosed = true;
  }

  // --- what the other end does ---

  get room(): number {
    return Number.POSITIVE_INFINITY;
  }

  opened(remote: Remote): void {
    if (this.#state === "closed") {
      remote.takeReset();
      return;
    }
    this.#state = "connected";
    this.#remote = remote;
  }

  refused(error = ECONNREFUSED): void {
    this.#fail(error);
  }

  take(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#isClosed) this.#remote?.takeReset();
    else if (this.#state === "connected") this.#received.put(bytes);
  }

  takeEnd(isGone: boolean): void {
    this.#hasEnded = true;
    this.#isRemoteGone ||= isGone;
  }

  takeReset(): void {
    // tcp_reset: the end had been seen, so only writing was left to fail.
    this.#fail(this.#hasEnded && !this.#isLocal ? EPIPE : ECONNRESET);
  }

  #fail(error: number): void {
    if (this.#state === "closed") return;
    this.#error = error;
    this.#state = "closed";
    this.#hasEnded = true;
  }

  #meet(peer: Peer): void {
    if (this.#state === "closed") return;
    if (typeof peer.connect === "number") this.refused(peer.connect);
    else {
      const end = new ScriptedPeer(this.#network.clock, peer, this);
      this.opened(end);
      peer.onOpen?.(end);
    }
  }
}

/**
 * A struct sockaddr in the machine's layout as it is written: "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock";
 * undefined for another family.
 */
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
  return `${new URL(`http://[${groups.join(":")}]/`).hostname}:${port}`;
}
