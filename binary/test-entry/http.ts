// What the tests of the HTTP probe's pure modules call: each function takes its input at `input()`.

import { LISTEN_ADDRESS_SIZE, LISTEN_SOCKADDR_SIZE, ListenAddress } from "../health/address";
import { BROKEN, COMPLETE } from "../http/body";
import { Location, PATH_SIZE, setPath } from "../http/location";
import { HTTP_TEXTS_SIZE, HttpOptions, parseHttpOptions } from "../http/options";
import { REPLY_SIZE, Reply } from "../http/reply";
import { writeRequest } from "../http/request";
import { isStatusList, listsStatus } from "../http/status";
import { Url } from "../http/url";
import { TARGET_SIZE, Target } from "../net/target";
import { buffer } from "../system/buffers";
import { ptr } from "../system/host";
import { Text } from "../system/text";
import { Writer } from "../system/writer";
import { parseTcpOptions, TCP_TEXTS_SIZE, TcpOptions } from "../tcp/options";

const INPUT_SIZE: i32 = 1_048_576;
const INPUT: ptr = buffer(INPUT_SIZE);

export function input(): ptr {
  return INPUT;
}

const OUTPUT_SIZE: i32 = 65_536;
const output = new Writer(-1, buffer(OUTPUT_SIZE), OUTPUT_SIZE, false);

/** What the last call wrote. */
export function outputAt(): ptr {
  return output.buffer;
}

export function outputLength(): i32 {
  return output.length;
}

// --- url.ts ---

const url = new Url();

export function urlParse(at: ptr, length: i32): bool {
  return url.parse(at, length);
}

/** 0 host, 1 path. */
export function urlPartAt(which: i32): ptr {
  return which === 0 ? url.host.at : url.path.at;
}

export function urlPartLength(which: i32): i32 {
  return which === 0 ? url.host.length : url.path.length;
}

export function urlPort(): i32 {
  return url.port;
}

/** Bit 0: TLS, 1: a name or password. */
export function urlFlags(): i32 {
  return (url.tls ? 1 : 0) | (url.hasUserinfo ? 2 : 0);
}

export function urlError(): i32 {
  return url.error.length;
}

// --- location.ts ---

const location = new Location(buffer(PATH_SIZE));
const HOST_SIZE: i32 = 256;
const host = new Text(buffer(HOST_SIZE), HOST_SIZE);
const path = new Text(buffer(PATH_SIZE), PATH_SIZE);

export function locationHost(at: ptr, length: i32): void {
  host.cut(at, length);
}

export function locationStart(at: ptr, length: i32, port: i32): void {
  setPath(path, at, length);
  location.start(port, false, path);
}

export function locationFollow(at: ptr, length: i32): i32 {
  return location.follow(at, length, host);
}

export function locationPath(): ptr {
  return location.path.at;
}

export function locationPathLength(): i32 {
  return location.path.length;
}

export function locationPort(): i32 {
  return location.port;
}

// --- status.ts ---

const statuses = new Text(buffer(HOST_SIZE), HOST_SIZE);

export function statusList(at: ptr, length: i32): bool {
  return isStatusList(at, length) && statuses.set(at, length);
}

export function statusIsListed(status: i32): bool {
  return listsStatus(statuses, status);
}

// --- reply.ts, body.ts ---

const reply = new Reply(buffer(REPLY_SIZE));

export function replyClear(isHead: bool): void {
  reply.clear(isHead);
}

/** Adds up to the room there is; gives how many bytes were taken. */
export function replyFeed(at: ptr, length: i32): i32 {
  const count = min(length, reply.room());
  memory.copy(reply.tail(), at, count);
  reply.received(count);
  return count;
}

/** Reads as far as it goes: 0 more, 1 complete, else the fault. */
export function replyRead(): i32 {
  if (reply.status === 0) {
    const status = reply.readStatus();
    if (status !== COMPLETE) return status;
  }
  const status = reply.readHead();
  if (status !== COMPLETE) return status;
  return reply.readBody();
}

export function replyStatus(): i32 {
  return reply.status;
}

export function replyHeadDone(): bool {
  return reply.isHeadDone;
}

export function replyEndsWithConnection(): bool {
  return reply.body.endsWithConnection;
}

/** The value of Location, valid while no body is read. */
export function replyLocationAt(): ptr {
  return reply.location.at;
}

export function replyLocationLength(): i32 {
  return reply.location.length;
}

export function bodyAt(): ptr {
  return reply.body.text.at;
}

export function bodyLength(): i32 {
  return reply.body.text.length;
}

export function bodyContains(at: ptr, length: i32): bool {
  return reply.body.contains(at, length);
}

export function brokenStatus(): i32 {
  return BROKEN;
}

// --- options.ts of http and tcp: the test gives argv as host calls ---

const httpOptions = new HttpOptions(buffer(HTTP_TEXTS_SIZE));
const tcpOptions = new TcpOptions(buffer(TCP_TEXTS_SIZE));

/** -1, or the exit status of a usage error. */
export function parseHttp(): i32 {
  httpOptions.method.clear();
  httpOptions.isHead = false;
  httpOptions.help = false;
  httpOptions.headers.clear();
  httpOptions.headerCount = 0;
  httpOptions.hostHeader.clear();
  httpOptions.replaced = 0;
  httpOptions.target.host.clear();
  return parseHttpOptions(0, httpOptions);
}

export function parseTcp(): i32 {
  return parseTcpOptions(0, tcpOptions);
}

/** The request that the last options ask for, as output. */
export function request(): void {
  output.length = 0;
  location.start(httpOptions.target.port, httpOptions.tls, httpOptions.path);
  writeRequest(httpOptions, location, output);
}

// --- address.ts ---

const address = new ListenAddress(buffer(LISTEN_ADDRESS_SIZE));
const target = new Target(buffer(TARGET_SIZE));
const SOCKADDR: ptr = buffer(LISTEN_SOCKADDR_SIZE);

export function addressParse(at: ptr, length: i32): bool {
  return address.parse(at, length);
}

export function addressErrorLength(): i32 {
  return address.error.length;
}

export function addressFamily(): i32 {
  return address.family;
}

export function addressIsDualStack(): bool {
  return address.isDualStack;
}

export function addressSockaddr(): ptr {
  return SOCKADDR;
}

/** Writes the sockaddr; gives its length. */
export function addressSockaddrLength(): i32 {
  return address.sockaddr(SOCKADDR);
}

/** Outputs the address as it was written. */
export function addressWrite(): void {
  output.length = 0;
  address.write(output);
}

/** Outputs the target that reaches it. */
export function addressTarget(): void {
  output.length = 0;
  address.setTarget(target);
  target.write(output);
}
