// Where a server is: a unix socket, or a host and a port.

import { CLOSE_BRACKET, COLON, OPEN_BRACKET } from "../system/ascii";
import { indexOf } from "../system/bytes";
import { ptr } from "../system/host";
import { Text } from "../system/text";
import { Writer } from "../system/writer";
import { SOCKET_PATH_SIZE } from "./connection";

const HOST_SIZE: i32 = 256;
/** The most of a host name or path that is shown. */
const SHOWN: i32 = 128;
export const TARGET_SIZE: i32 = HOST_SIZE + SOCKET_PATH_SIZE;

export class Target {
  host: Text;
  /** A unix socket's path; empty for TCP. */
  socket: Text;
  port: i32 = 0;
  /** AF_INET or AF_INET6; 0 for both. */
  family: i32 = 0;

  /** `texts` has room for TARGET_SIZE bytes. */
  constructor(texts: ptr) {
    this.host = new Text(texts, HOST_SIZE);
    this.socket = new Text(texts + HOST_SIZE, SOCKET_PATH_SIZE);
  }

  get isSocket(): bool {
    return this.socket.length > 0;
  }

  /** Appends "127.0.0.1:6379", "[::1]:6379" or the socket's path. */
  write(to: Writer): void {
    const text = this.isSocket ? this.socket : this.host;
    const isIpv6 = !this.isSocket && indexOf(text.at, text.length, COLON) >= 0;
    if (isIpv6) to.byte(OPEN_BRACKET);
    to.escaped(text.at, min(text.length, SHOWN));
    if (isIpv6) to.byte(CLOSE_BRACKET);
    if (!this.isSocket) to.byte(COLON).number(this.port);
  }
}
