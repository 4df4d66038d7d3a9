// Who is at the other end of the program's sockets: scripted peers that it connects to, scripted clients that connect
// to it, and what is bound where.

import { EADDRINUSE, S_IFSOCK } from "../../system/linux.ts";
import { type Clock, MILLISECOND, SECOND } from "./clock.ts";
import type { Entry } from "./kernel.ts";
import type { Remote, Socket } from "./sockets.ts";

/** The other side of one connection, as its script sees it. */
export interface Connection {
  send(bytes: Uint8Array | string, afterMs?: number): void;
  /** shutdown(2) of its writing side: it still reads. */
  end(afterMs?: number): void;
  close(afterMs?: number): void;
  reset(afterMs?: number): void;
}

export interface Peer {
  /** An errno the connection fails with; or "silent": no answer at all. Without it the connection is accepted. */
  readonly connect?: number | "silent";
  readonly connectMs?: number;
  onOpen?(connection: Connection): void;
  onData?(bytes: Uint8Array, connection: Connection): void;
  /** The program has closed. */
  onEnd?(connection: Connection): void;
}

const SOCKET_MODE = S_IFSOCK | 0o755;
/** A SYN that found the accept queue full is sent again after 1 s, 2 s, 4 s … (tcp_syn_retries). */
const FIRST_RETRY_NS = SECOND;

export class Network {
  /** Peers by address: "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock". */
  readonly peers = new Map<string, Peer>();
  readonly clock: Clock;
  /** The files there are: a unix socket is one. */
  readonly tree: Map<string, Entry>;
  /** Those of `dial`, in order. */
  readonly clients: Client[] = [];
  readonly #bound: Socket[] = [];

  constructor(clock: Clock, tree: Map<string, Entry>) {
    this.clock = clock;
    this.tree = tree;
  }

  /** A client outside that connects to `address` now. */
  dial(address: string, script: ClientScript = {}): Client {
    const client = new Client(this, address, script);
    this.clients.push(client);
    return client;
  }

  bind(socket: Socket, address: string): number {
    const isPath = address.startsWith("/");
    if (isPath ? this.tree.has(address) : this.rivals(socket, address).length > 0)
      return -EADDRINUSE;
    if (isPath) this.tree.set(address, { mode: SOCKET_MODE });
    socket.address = address;
    this.#bound.push(socket);
    return 0;
  }

  /** Those that keep `socket` from `address` (socket(7), SO_REUSEADDR). */
  rivals(socket: Socket, address: string): Socket[] {
    return this.#bound.filter((other) => {
      if (other === socket || !overlap(socket, address, other)) return false;
      return !(socket.isReusing && other.isReusing) || other.isListening;
    });
  }

  release(socket: Socket): void {
    const index = this.#bound.indexOf(socket);
    if (index >= 0) this.#bound.splice(index, 1);
  }

  /** Removes a file; a socket bound there is no longer to be found. False if there is none. */
  unlink(path: string): boolean {
    for (const socket of this.#bound.filter(({ address }) => address === path))
      this.release(socket);
    return this.tree.delete(path);
  }

  /** A connection of `caller` to `address` within this instant, or as soon as the accept queue has room. */
  knock(address: string, caller: Remote, retryNs = FIRST_RETRY_NS): void {
    this.clock.after(0, () => {
      const listener = this.listenerAt(address);
      const accepted = listener?.offer(caller);
      if (accepted === undefined) caller.refused();
      else if (accepted !== null) caller.opened(accepted);
      else this.clock.after(retryNs, () => this.knock(address, caller, 2 * retryNs));
    });
  }

  /** Who listens for connections to `address`. */
  listenerAt(address: string): Socket | undefined {
    const takes = (socket: Socket) =>
      socket.isListening && (socket.address === address || isWildcardFor(socket, address));
    return this.#bound.find(takes);
  }
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":"));
}

/** True if a socket bound like `socket` hears what is sent to `address`. */
function isWildcardFor(socket: Socket, address: string): boolean {
  if (address.startsWith("/") || portOf(address) !== portOf(socket.address)) return false;
  if (socket.address.startsWith("0.0.0.0:")) return !address.startsWith("[");
  return socket.address.startsWith("[::]:") && (address.startsWith("[") || !socket.isV6Only);
}

function overlap(socket: Socket, address: string, other: Socket): boolean {
  if (address === other.address || isWildcardFor(other, address)) return true;
  const asked = { address, isV6Only: socket.isV6Only } as Socket;
  return other.address !== "" && isWildcardFor(asked, other.address);
}

/** A peer's end of one connection: its script hears of everything within the instant, but not within the call. */
export class ScriptedPeer implements Connection, Remote {
  readonly room = Number.POSITIVE_INFINITY;
  readonly #clock: Clock;
  readonly #peer: Peer;
  readonly #socket: Socket;

  constructor(clock: Clock, peer: Peer, socket: Socket) {
    this.#clock = clock;
    this.#peer = peer;
    this.#socket = socket;
  }

  send(bytes: Uint8Array | string, afterMs = 0): void {
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    this.#later(afterMs, () => this.#socket.take(data));
  }

  end(afterMs = 0): void {
    this.#later(afterMs, () => this.#socket.takeEnd(false));
  }

  close(afterMs = 0): void {
    this.#later(afterMs, () => this.#socket.takeEnd(true));
  }

  reset(afterMs = 0): void {
    this.#later(afterMs, () => this.#socket.takeReset());
  }

  take(bytes: Uint8Array): void {
    this.#later(0, () => this.#peer.onData?.(bytes, this));
  }

  takeEnd(): void {
    this.#later(0, () => this.#peer.onEnd?.(this));
  }

  takeReset(): void {
    this.takeEnd();
  }

  opened(): void {}

  refused(): void {}

  #later(afterMs: number, action: () => void): void {
    this.#clock.after(afterMs * MILLISECOND, action);
  }
}

export interface ClientScript {
  /** How many bytes the program can write before it has to wait; the client reads none of them. */
  readonly capacity?: number;
  onOpen?(client: Client): void;
}

/** A client of the program. What it does before it is connected happens as soon as it is. */
export class Client implements Connection, Remote {
  /** What the program wrote, and when. */
  readonly received: { readonly time: number; readonly bytes: Uint8Array }[] = [];
  readonly dialledAt: number;
  /** When each of these happened, -1 for not yet. */
  openedAt = -1;
  refusedAt = -1;
  /** The first byte of its own was on its way. */
  sentAt = -1;
  /** The program closed, or said that it writes no more. */
  endedAt = -1;
  /** The program's descriptor is gone. */
  goneAt = -1;
  resetAt = -1;
  /** It closed or reset the connection itself. */
  leftAt = -1;
  readonly #network: Network;
  readonly #script: ClientScript;
  readonly #waiting: (() => void)[] = [];
  #socket: Socket | null = null;
  #used = 0;

  constructor(network: Network, address: string, script: ClientScript) {
    this.#network = network;
    this.#script = script;
    this.dialledAt = network.clock.now;
    network.knock(address, this);
  }

  /** All that it received. */
  get text(): string {
    return Buffer.concat(this.received.map(({ bytes }) => bytes)).toString("latin1");
  }

  /** When its connection was over, in whatever way; -1 for not yet. */
  get overAt(): number {
    return Math.max(this.resetAt, this.goneAt, this.leftAt);
  }

  get room(): number {
    return (this.#script.capacity ?? Number.POSITIVE_INFINITY) - this.#used;
  }

  send(bytes: Uint8Array | string, afterMs = 0): void {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    this.#later(afterMs, (socket) => {
      if (this.sentAt < 0) this.sentAt = this.#network.clock.now;
      socket.take(data);
    });
  }

  end(afterMs = 0): void {
    this.#later(afterMs, (socket) => socket.takeEnd(false));
  }

  close(afterMs = 0): void {
    this.#later(afterMs, (socket) => this.#leave(() => socket.takeEnd(true)));
  }

  reset(afterMs = 0): void {
    this.#later(afterMs, (socket) => this.#leave(() => socket.takeReset()));
  }

  #leave(how: () => void): void {
    this.leftAt = this.#network.clock.now;
    how();
  }

  take(bytes: Uint8Array): void {
    this.#used += bytes.length;
    this.received.push({ time: this.#network.clock.now, bytes });
  }

  takeEnd(isGone: boolean): void {
    const { now } = this.#network.clock;
    if (this.endedAt < 0) this.endedAt = now;
    if (isGone) this.goneAt = now;
  }

  takeReset(): void {
    this.resetAt = this.#network.clock.now;
  }

  opened(socket: Socket): void {
    this.openedAt = this.#network.clock.now;
    this.#socket = socket;
    this.#script.onOpen?.(this);
    for (const action of this.#waiting.splice(0)) action();
  }

  refused(): void {
    this.refusedAt = this.#network.clock.now;
  }

  #later(afterMs: number, action: (socket: Socket) => void): void {
    this.#network.clock.after(afterMs * MILLISECOND, () => {
      const socket = this.#socket;
      if (socket !== null) action(socket);
      else this.#waiting.push(() => this.#socket !== null && action(this.#socket));
    });
  }
}
