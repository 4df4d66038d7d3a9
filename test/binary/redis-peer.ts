// Peers that say exactly what a test wants, byte by byte.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export interface Peer {
  readonly port: number;
  /** Everything received so far, over all connections. */
  received(): string;
  /** How many connections were accepted. */
  connections(): number;
  stop(): Promise<void>;
}

/** What a peer does with a connection; it is called once the first bytes are there, or at once if `eager`. */
export type Script = (socket: Socket) => void;

export async function startPeer(
  script: Script,
  { eager = false, listenOn = "127.0.0.1" as string | { path: string } } = {},
): Promise<Peer> {
  let received = "";
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      const isFirst = !started;
      received += bytes.toString("latin1");
      if (isFirst && !eager) begin();
    });
    let started = false;
    const begin = () => {
      started = true;
      script(socket);
    };
    if (eager) begin();
  });
  await listen(server, listenOn);
  const address = server.address();
  return {
    port: (address as AddressInfo)?.port ?? 0,
    received: () => received,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server, on: string | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (typeof on === "string") server.listen(0, on, resolve);
    else server.listen(on.path, resolve);
  });
}

/** Sends `text` (each character one byte) and keeps the connection. */
export const says =
  (text: string): Script =>
  (socket) => {
    socket.write(Buffer.from(text, "latin1"));
  };

/** Sends `text` and closes. */
export const saysAndCloses =
  (text: string): Script =>
  (socket) => {
    socket.end(Buffer.from(text, "latin1"));
  };

/** Sends `text` and resets the connection once the peer has had time to see it. */
export const saysAndResets =
  (text: string): Script =>
  (socket) => {
    if (text === "") {
      socket.resetAndDestroy();
      return;
    }
    socket.write(Buffer.from(text, "latin1"), () => socket.resetAndDestroy());
  };
