// What is sent: everything in one write (R12), in the order of these numbers. Pure.

import { Writer } from "../system/writer";
import { RedisOptions } from "./options";
import { writeArray, writeBytes, writeWord } from "./resp";

export const AUTH: i32 = 0;
export const HELLO: i32 = 1;
export const PING: i32 = 2;
export const INFO_PERSISTENCE: i32 = 3;
export const INFO_REPLICATION: i32 = 4;
export const ROLE: i32 = 5;
export const CLUSTER_INFO: i32 = 6;
export const SENTINEL_ADDRESS: i32 = 7;
export const SENTINEL_QUORUM: i32 = 8;

/** As a verdict line names it. */
export function requestName(request: i32): string {
  switch (request) {
    case AUTH:
      return "AUTH";
    case HELLO:
      return "HELLO";
    case PING:
      return "PING";
    case INFO_PERSISTENCE:
      return "INFO persistence";
    case INFO_REPLICATION:
      return "INFO replication";
    case ROLE:
      return "ROLE";
    case CLUSTER_INFO:
      return "CLUSTER INFO";
    case SENTINEL_ADDRESS:
      return "SENTINEL GET-MASTER-ADDR-BY-NAME";
    default:
      return "SENTINEL CKQUORUM";
  }
}

/**
 * Appends every request that `options` asks for; gives them as a set, bit n for request n. A connection that is
 * known has had its AUTH and HELLO.
 */
export function writeRequests(options: RedisOptions, to: Writer, isKnown: bool): i32 {
  let requests = 1 << PING;
  if (options.password.length > 0 && !isKnown) requests |= writeAuth(options, to);
  if (options.resp3 && !isKnown) {
    requests |= 1 << HELLO;
    writeArray(to, 2);
    writeWord(to, "HELLO");
    writeWord(to, "3");
  }
  writeArray(to, 1);
  writeWord(to, "PING");
  return options.isLive ? requests : requests | writeExtras(options, to);
}

function writeAuth(options: RedisOptions, to: Writer): i32 {
  const user = options.user;
  writeArray(to, user.length > 0 ? 3 : 2);
  writeWord(to, "AUTH");
  if (user.length > 0) writeBytes(to, user.at, user.length);
  writeBytes(to, options.password.at, options.password.length);
  return 1 << AUTH;
}

/** Each section of INFO is its own request: several in one need Redis 7 (R99). */
function writeExtras(options: RedisOptions, to: Writer): i32 {
  let requests = 0;
  if (options.isLoaded || options.isPersistOk) {
    requests |= 1 << INFO_PERSISTENCE;
    writePair(to, "INFO", "persistence");
  }
  if (asksReplication(options)) {
    requests |= 1 << INFO_REPLICATION;
    writePair(to, "INFO", "replication");
  }
  if (options.isLinkUp) {
    requests |= 1 << ROLE;
    writeArray(to, 1);
    writeWord(to, "ROLE");
  }
  if (options.isClusterOk) {
    requests |= 1 << CLUSTER_INFO;
    writePair(to, "CLUSTER", "INFO");
  }
  if (options.sentinel.length > 0) {
    requests |= 1 << SENTINEL_ADDRESS;
    writeSentinel(options, to, "GET-MASTER-ADDR-BY-NAME");
  }
  if (options.isQuorum) {
    requests |= 1 << SENTINEL_QUORUM;
    writeSentinel(options, to, "CKQUORUM");
  }
  return requests;
}

function asksReplication(options: RedisOptions): bool {
  return (
    options.isLinkUp || options.maxSilence >= 0 || options.maxLag >= 0 || options.minReplicas >= 0
  );
}

function writePair(to: Writer, first: string, second: string): void {
  writeArray(to, 2);
  writeWord(to, first);
  writeWord(to, second);
}

function writeSentinel(options: RedisOptions, to: Writer, command: string): void {
  writeArray(to, 3);
  writeWord(to, "SENTINEL");
  writeWord(to, command);
  writeBytes(to, options.sentinel.at, options.sentinel.length);
}
