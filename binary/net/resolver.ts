// Names to addresses without the C library, whose getaddrinfo(3) blocks beyond any deadline and allocates:
// hosts(5), then A and AAAA questions over UDP to the servers of resolv.conf(5).

import { DOT } from "../system/ascii";
import { buffer } from "../system/buffers";
import { earlier, now } from "../system/clock";
import { close, connect, fd, getrandom, ptr, read, socket, write } from "../system/host";
import { AF_INET, AF_INET6, EAGAIN, EINTR, SOCK_DGRAM } from "../system/linux";
import { readFile } from "../system/proc";
import { copyPath } from "../system/writer";
import { AddressList, isLocalhost, SOCKADDR_SIZE } from "./address-list";
import {
  encodeQuery,
  QUERY_SIZE,
  RCODE_NO_NAME,
  RCODE_OK,
  RESPONSE_SIZE,
  readResponse,
  TYPE_A,
  TYPE_AAAA,
} from "./dns-message";
import { findInHosts } from "./hosts-file";
import { resolvConf } from "./resolv-conf";

export const LOOKUP_PENDING: i32 = 0;
export const LOOKUP_FOUND: i32 = 1;
/** The name has no address: every server that answered says so. */
export const LOOKUP_NO_NAME: i32 = 2;
/** No server gave an answer that could be used. */
export const LOOKUP_NO_ANSWER: i32 = 3;

const DNS_PORT: i32 = 53;
/** Longer hosts files are read up to here. */
const FILE_SIZE: i32 = 65_536;
const NAME_SIZE: i32 = 512;

const FILE: ptr = buffer(FILE_SIZE);
const PATH: ptr = buffer(32);
const SOCKADDR: ptr = buffer(SOCKADDR_SIZE);
const IDS: ptr = buffer(4);
const RESPONSE: ptr = buffer(RESPONSE_SIZE);
const NAME: ptr = buffer(NAME_SIZE);

const WANTS_A: i32 = 1;
const WANTS_AAAA: i32 = 2;

/** Room for the two questions of a resolver. */
export const RESOLVER_SIZE: i32 = 2 * QUERY_SIZE;

/** One lookup at a time. */
export class Resolver {
  /** Wait for POLLIN on this descriptor, but not longer than until `wakeAt`; then call `advance`. */
  fd: fd = -1;
  wakeAt: i64 = 0;
  status: i32 = LOOKUP_PENDING;

  private name: ptr = 0;
  private length: i32 = 0;
  private family: i32 = 0;
  private deadline: i64 = 0;
  private addresses: AddressList | null = null;
  /** Which form of the name is asked for, counted over the search domains and the name itself. */
  private candidate: i32 = 0;
  private triesLeft: i32 = 0;
  /** What the current server still owes, and whether it refused to answer something. */
  private waiting: i32 = 0;
  private refused: bool = false;
  private lengthA: i32 = 0;
  private lengthAAAA: i32 = 0;
  private readonly queryAAAA: ptr;

  /** `queryA` has room for RESOLVER_SIZE bytes. */
  constructor(private readonly queryA: ptr) {
    this.queryAAAA = queryA + QUERY_SIZE;
  }

  /** Looks up `name`, which must stay in place, for `family` (0 for both). The result goes to `addresses`. */
  start(name: ptr, length: i32, family: i32, deadline: i64, addresses: AddressList): void {
    this.name = name;
    this.length = length;
    this.family = family;
    this.deadline = deadline;
    this.addresses = addresses;
    this.status = LOOKUP_PENDING;
    if (this.isLocal(addresses)) {
      this.finish(LOOKUP_FOUND);
      return;
    }
    copyPath(PATH, "/etc/resolv.conf");
    resolvConf.parse(FILE, max(readFile(PATH, FILE, FILE_SIZE), 0));
    this.candidate = -1;
    this.nextCandidate();
  }

  /** Goes on after a poll: takes the responses that are there, or turns to the next server when its time is over. */
  advance(): void {
    const addresses = this.addresses!;
    while (this.status === LOOKUP_PENDING) {
      const length = read(this.fd, RESPONSE, RESPONSE_SIZE);
      if (length === -EINTR) continue;
      if (length === -EAGAIN) break;
      if (length < 0) this.nextTry();
      else this.take(length, addresses);
    }
    if (this.status !== LOOKUP_PENDING || now() < this.wakeAt) return;
    if (addresses.count > 0) this.finish(LOOKUP_FOUND);
    else this.nextTry();
  }

  stop(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }

  private isLocal(addresses: AddressList): bool {
    copyPath(PATH, "/etc/hosts");
    const length = max(readFile(PATH, FILE, FILE_SIZE), 0);
    if (findInHosts(FILE, length, this.name, this.length, this.family, addresses)) return true;
    if (!isLocalhost(this.name, this.length)) return false;
    addresses.addLoopback(this.family);
    return true;
  }

  /** Notes one response. A code other than "no error" and "no such name" is a server that cannot help. */
  private take(length: i32, addresses: AddressList): void {
    let answered = WANTS_A;
    let code = readResponse(RESPONSE, length, this.queryA, this.lengthA, addresses);
    if (code < 0) {
      answered = WANTS_AAAA;
      code = readResponse(RESPONSE, length, this.queryAAAA, this.lengthAAAA, addresses);
    }
    if (code < 0) return;
    if (code !== RCODE_OK && code !== RCODE_NO_NAME) this.refused = true;
    this.waiting &= ~answered;
    if (this.waiting !== 0) return;
    if (addresses.count > 0) this.finish(LOOKUP_FOUND);
    else if (this.refused) this.nextTry();
    else this.nextCandidate();
  }

  /** Turns to the next form of the name: resolv.conf(5), "search" and "ndots". */
  private nextCandidate(): void {
    for (;;) {
      this.candidate++;
      const length = this.writeCandidate();
      if (length < 0) {
        this.finish(LOOKUP_NO_NAME);
        return;
      }
      this.lengthA = encodeQuery(this.queryA, 0, NAME, length, TYPE_A);
      this.lengthAAAA = encodeQuery(this.queryAAAA, 0, NAME, length, TYPE_AAAA);
      if (this.lengthA >= 0) break;
    }
    this.triesLeft = resolvConf.servers.count * resolvConf.attempts;
    this.nextTry();
  }

  /** Writes the current form of the name; gives its length, -1 after the last, 0 for one that is too long. */
  private writeCandidate(): i32 {
    const absolute = load<u8>(this.name + this.length - 1) === DOT;
    const domains = absolute ? 0 : resolvConf.searchCount;
    if (this.candidate > domains || this.length > NAME_SIZE) return -1;
    const asItIs = this.dots() >= resolvConf.ndots ? 0 : domains;
    memory.copy(NAME, this.name, this.length);
    if (this.candidate === asItIs) return this.length;
    const domain = this.candidate - (asItIs === 0 ? 1 : 0);
    const domainLength = resolvConf.searchLength(domain);
    if (this.length + 1 + domainLength > NAME_SIZE) return 0;
    store<u8>(NAME + this.length, DOT);
    memory.copy(NAME + this.length + 1, resolvConf.searchAt(domain), domainLength);
    return this.length + 1 + domainLength;
  }

  private dots(): i32 {
    let count = 0;
    for (let i = 0; i < this.length; i++) if (load<u8>(this.name + i) === DOT) count++;
    return count;
  }

  /** Asks the next server. Each try gets an equal part of the time that is left, and one part is kept to connect. */
  private nextTry(): void {
    const servers = resolvConf.servers;
    // None any more if another lookup has read a new resolv.conf.
    while (this.triesLeft > 0 && servers.count > 0) {
      const time = now();
      if (time >= this.deadline) break;
      const index = (servers.count * resolvConf.attempts - this.triesLeft) % servers.count;
      const share = (this.deadline - time) / (this.triesLeft + 1);
      this.triesLeft--;
      if (!this.ask(index)) continue;
      this.wakeAt = time + earlier(share, resolvConf.timeout);
      return;
    }
    this.finish(LOOKUP_NO_ANSWER);
  }

  /** Sends both questions with new ids from a new port (RFC 5452); false if that is not possible. */
  private ask(server: i32): bool {
    this.stop();
    const servers = resolvConf.servers;
    this.fd = socket(servers.familyOf(server), SOCK_DGRAM);
    const length = servers.sockaddr(server, DNS_PORT, SOCKADDR);
    if (this.fd < 0 || connect(this.fd, SOCKADDR, length) < 0 || getrandom(IDS, 4) < 4)
      return false;
    this.refused = false;
    this.waiting = 0;
    return (
      (this.family === AF_INET6 || this.send(WANTS_A, this.queryA, this.lengthA, load<u16>(IDS))) &&
      (this.family === AF_INET ||
        this.send(WANTS_AAAA, this.queryAAAA, this.lengthAAAA, load<u16>(IDS + 2)))
    );
  }

  /** False if it is not sent; the second write may be told that the first one found nobody. */
  private send(what: i32, query: ptr, length: i32, id: u16): bool {
    store<u16>(query, id);
    this.waiting |= what;
    return write(this.fd, query, length) === length;
  }

  private finish(status: i32): void {
    this.stop();
    this.status = status;
  }
}
