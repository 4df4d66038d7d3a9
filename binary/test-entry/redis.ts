// What the tests of the Redis probe's pure modules call: each function takes its input at `input()`.

import { AddressList, isLoopback, LIST_SIZE } from "../net/address-list";
import { encodeQuery, QUERY_SIZE, readResponse } from "../net/dns-message";
import { findInHosts } from "../net/hosts-file";
import { parseIpv4, parseIpv6 } from "../net/ip-address";
import { resolvConf } from "../net/resolv-conf";
import { Field, findField, ReplicaLines } from "../redis/info";
import { RedisOptions, TEXTS_SIZE } from "../redis/options";
import { Readiness } from "../redis/readiness";
import { COMPLETE, REPLY_SIZE, ReplyReader } from "../redis/resp";
import { Uri } from "../redis/uri";
import { errorPasses, isCodeList, isPong } from "../redis/verdict";
import { buffer } from "../system/buffers";
import { ptr } from "../system/host";
import { Text } from "../system/text";

const INPUT_SIZE: i32 = 1_048_576;
const INPUT: ptr = buffer(INPUT_SIZE);

export function input(): ptr {
  return INPUT;
}

// --- resp.ts ---

const reader = new ReplyReader(buffer(REPLY_SIZE));

export function readerClear(): void {
  reader.clear();
}

/** Adds up to the room there is; gives how many bytes were taken. */
export function readerFeed(at: ptr, length: i32): i32 {
  const count = min(length, reader.room());
  memory.copy(reader.tail(), at, count);
  reader.received(count);
  return count;
}

export function readerNext(): i32 {
  return reader.next();
}

export function replyKind(): i32 {
  return reader.reply.kind;
}

export function replyAt(): ptr {
  return reader.reply.at;
}

export function replyLength(): i32 {
  return reader.reply.length;
}

export function replyIsNull(): bool {
  return reader.reply.isNull;
}

export function replyChildren(): i32 {
  return reader.reply.children;
}

export function readerHasPartOfError(): bool {
  return reader.hasPartOfError();
}

// --- verdict.ts ---

const accepted = new Text(buffer(512), 512);
const refused = new Text(buffer(512), 512);

export function setAccepted(at: ptr, length: i32): bool {
  return accepted.set(at, length);
}

export function setRefused(at: ptr, length: i32): bool {
  return refused.set(at, length);
}

export function passesError(isLive: bool, at: ptr, length: i32): bool {
  return errorPasses(isLive, at, length, accepted, refused);
}

export function passesPong(kind: i32, at: ptr, length: i32): bool {
  return isPong(<u8>kind, at, length);
}

export function acceptsCodes(at: ptr, length: i32): bool {
  return isCodeList(at, length);
}

// --- uri.ts ---

const uri = new Uri();

export function uriParse(at: ptr, length: i32): bool {
  return uri.parse(at, length);
}

/** 0 user, 1 password, 2 host, 3 socket. */
export function uriPartAt(which: i32): ptr {
  return which === 0
    ? uri.user.at
    : which === 1
      ? uri.password.at
      : which === 2
        ? uri.host.at
        : uri.socket.at;
}

export function uriPartLength(which: i32): i32 {
  return which === 0
    ? uri.user.length
    : which === 1
      ? uri.password.length
      : which === 2
        ? uri.host.length
        : uri.socket.length;
}

export function uriPort(): i32 {
  return uri.port;
}

/** Bit 0: TLS, 1: a later "@", 2: an unknown query, 3: a secret. */
export function uriFlags(): i32 {
  return (
    (uri.tls ? 1 : 0) |
    (uri.hasLaterAt ? 2 : 0) |
    (uri.hasOtherQuery ? 4 : 0) |
    (uri.secretLength > 0 ? 8 : 0)
  );
}

export function uriSecretOffset(): i32 {
  return uri.secretOffset;
}

export function uriSecretLength(): i32 {
  return uri.secretLength;
}

// --- info.ts, readiness.ts ---

const field = new Field();
const replicas = new ReplicaLines();
const readiness = new Readiness();
const options = new RedisOptions(buffer(TEXTS_SIZE));

/** Finds the field whose name is one of a few that a test may ask for. */
export function infoField(at: ptr, length: i32, which: i32): bool {
  if (which === 0) return findField(at, length, "loading", field);
  if (which === 1) return findField(at, length, "role", field);
  return findField(at, length, "master_link_status", field);
}

export function fieldAt(): ptr {
  return field.at;
}

export function fieldLength(): i32 {
  return field.length;
}

/** How many replica lines there are. */
export function replicaCount(at: ptr, length: i32): i32 {
  let count = 0;
  replicas.start(at, length);
  while (replicas.next()) count++;
  return count;
}

/** The length of "lag" in replica line `index`, -1 if it has none. */
export function replicaLag(at: ptr, length: i32, index: i32): i32 {
  replicas.start(at, length);
  for (let i = 0; i <= index; i++) if (!replicas.next()) return -2;
  return replicas.find("lag", field) ? field.length : -1;
}

export function readinessStart(): void {
  readiness.start();
}

/** `flags`: bit 0 loaded, 1 link up, 2 persist ok, 3 cluster ok, 4 quorum. Limits below 0 are off. */
export function readinessOptions(flags: i32, silence: i64, lag: i64, replicaMinimum: i64): void {
  options.isLoaded = (flags & 1) !== 0;
  options.isLinkUp = (flags & 2) !== 0;
  options.isPersistOk = (flags & 4) !== 0;
  options.isClusterOk = (flags & 8) !== 0;
  options.isQuorum = (flags & 16) !== 0;
  options.maxSilence = silence;
  options.maxLag = lag;
  options.minReplicas = replicaMinimum;
}

/** Reads one reply and judges it as the answer to `request`: 1, 0, or -1 if it is no whole reply. */
export function readinessTake(request: i32, at: ptr, length: i32): i32 {
  reader.clear();
  readerFeed(at, length);
  if (reader.next() !== COMPLETE) return -1;
  return readiness.take(request, reader.reply, options) ? 1 : 0;
}

// --- net ---

const addresses = new AddressList(buffer(LIST_SIZE), true);
const ADDRESS: ptr = buffer(32);
const QUERY: ptr = buffer(QUERY_SIZE);
let queryLength: i32 = 0;

export function ipv4(at: ptr, length: i32): ptr {
  return parseIpv4(at, length, ADDRESS) ? ADDRESS : 0;
}

export function ipv6(at: ptr, length: i32): ptr {
  return parseIpv6(at, length, ADDRESS) ? ADDRESS : 0;
}

export function loopback(at: ptr, length: i32): bool {
  return isLoopback(at, length);
}

export function addressesClear(): void {
  addresses.clear();
}

export function addressCount(): i32 {
  return addresses.count;
}

export function addressFamily(index: i32): i32 {
  return addresses.familyOf(index);
}

/** The sockaddr of address `index` with port 6379. */
export function addressSockaddr(index: i32): ptr {
  addresses.sockaddr(index, 6379, ADDRESS);
  return ADDRESS;
}

export function hosts(at: ptr, length: i32, nameLength: i32, family: i32): bool {
  return findInHosts(at + nameLength, length - nameLength, at, nameLength, family, addresses);
}

export function resolvConfParse(at: ptr, length: i32): void {
  resolvConf.parse(at, length);
}

/** 0 servers, 1 search domains, 2 ndots, 3 timeout in ms, 4 attempts. */
export function resolvConfValue(which: i32): i32 {
  if (which === 0) return resolvConf.servers.count;
  if (which === 1) return resolvConf.searchCount;
  if (which === 2) return resolvConf.ndots;
  return which === 3 ? <i32>(resolvConf.timeout / 1_000_000) : resolvConf.attempts;
}

export function searchAt(index: i32): ptr {
  return resolvConf.searchAt(index);
}

export function searchLength(index: i32): i32 {
  return resolvConf.searchLength(index);
}

/** The length of the query that `query()` then points to, -1 for a bad name. */
export function dnsQuery(at: ptr, length: i32, id: i32, type: i32): i32 {
  queryLength = encodeQuery(QUERY, <u16>id, at, length, <u16>type);
  return queryLength;
}

export function query(): ptr {
  return QUERY;
}

/** Reads a response to the last query. */
export function dnsResponse(at: ptr, length: i32): i32 {
  return readResponse(at, length, QUERY, queryLength, addresses);
}
