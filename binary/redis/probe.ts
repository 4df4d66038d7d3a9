// One attempt to ask one server, as a state machine for any loop around ppoll(2): `start` it, then, until `verdict.isDone`,
// wait for `events` on `fd`, but not longer than until `wakeAt`, and call `advance`.

import { AddressList, LIST_SIZE } from "../net/address-list";
import { Connection } from "../net/connection";
import { LOOKUP_FOUND, LOOKUP_NO_NAME, LOOKUP_PENDING, resolver } from "../net/resolver";
import { earlier, NEVER, now } from "../system/clock";
import { fd, ptr, read, write } from "../system/host";
import { EAGAIN, ECONNRESET, EINTR, EPIPE, POLLIN, POLLOUT } from "../system/linux";
import { Writer } from "../system/writer";
import { DIALOGUE_SIZE, Dialogue } from "./dialogue";
import { RedisOptions } from "./options";
import { writeRequests } from "./request";
import { VERDICT_SIZE, VerdictLine, WAIT_HINT } from "./verdict-line";

const LOOKUP: i32 = 0;
const CONNECT: i32 = 1;
const TALK: i32 = 2;
const DONE: i32 = 3;

const LOOKUP_PHASE: string = "lookup";
const CONNECT_PHASE: string = "connect";
const NO_ANSWER: string = "no answer from a name server";

/** A user, a password of 16384 bytes and the name of a master twice, with room for the rest. */
const REQUEST_SIZE: i32 = 20_480;
// Where a probe keeps its bytes: addresses | verdict | request | dialogue
const VERDICT: i32 = LIST_SIZE;
const REQUEST: i32 = VERDICT + VERDICT_SIZE;
const DIALOGUE: i32 = REQUEST + REQUEST_SIZE;
export const PROBE_SIZE: i32 = DIALOGUE + DIALOGUE_SIZE;

export class Probe {
  fd: fd = -1;
  events: i32 = 0;
  wakeAt: i64 = NEVER;
  readonly verdict: VerdictLine;

  private dialogue: Dialogue;
  private addresses: AddressList;
  private connection: Connection;
  private request: Writer;
  /** How much of the request is written. */
  private sent: i32 = 0;
  private phase: i32 = DONE;
  private deadline: i64 = 0;

  /** `bytes` has room for PROBE_SIZE bytes. The verdict is meant for descriptor `output`. */
  constructor(
    private readonly options: RedisOptions,
    bytes: ptr,
    output: fd,
  ) {
    const verdict = new VerdictLine(options, bytes + VERDICT, output);
    const addresses = new AddressList(bytes, true);
    this.verdict = verdict;
    this.dialogue = new Dialogue(options, verdict, bytes + DIALOGUE);
    this.request = new Writer(-1, bytes + REQUEST, REQUEST_SIZE, false);
    this.addresses = addresses;
    this.connection = new Connection(addresses);
  }

  /** Begins an attempt that is over at `deadline` at the latest. */
  start(deadline: i64): void {
    const options = this.options;
    this.deadline = deadline;
    this.verdict.start();
    this.request.length = 0;
    this.sent = 0;
    this.dialogue.start(writeRequests(options, this.request));
    this.addresses.clear();
    const isSocket = options.socket.length > 0;
    this.connection.start(options.port, isSocket ? options.socket : null, deadline);
    const host = options.host;
    const family = options.family();
    if (isSocket || this.addresses.addLiteral(host.at, host.length, family)) {
      this.phase = CONNECT;
    } else {
      this.phase = LOOKUP;
      resolver.start(host.at, host.length, family, deadline, this.addresses);
    }
    this.advance(0);
  }

  /** Goes on after a wait that gave `revents`. What has arrived counts, even if the deadline is over (R14). */
  advance(revents: i32): void {
    if (this.phase === LOOKUP) this.lookUp();
    if (this.phase === CONNECT) this.connect();
    else if (this.phase === TALK) this.talk(revents);
    if (!this.verdict.isDone && now() >= this.deadline) this.giveUp();
    if (this.verdict.isDone) this.stop();
  }

  private lookUp(): void {
    if (resolver.status === LOOKUP_PENDING) resolver.advance();
    if (resolver.status === LOOKUP_PENDING) {
      this.wait(resolver.fd, POLLIN, resolver.wakeAt);
      return;
    }
    if (resolver.status === LOOKUP_FOUND) {
      this.phase = CONNECT;
    } else if (resolver.status === LOOKUP_NO_NAME) {
      this.fail(LOOKUP_PHASE, "no such name", "check the name or -h");
    } else {
      this.fail(LOOKUP_PHASE, NO_ANSWER, "check /etc/resolv.conf or raise --timeout");
    }
  }

  /** Tries one address after the other. A write tells whether a connection stands, which saves a poll. */
  private connect(): void {
    const connection = this.connection;
    for (;;) {
      if (connection.fd < 0) {
        if (!connection.open()) {
          this.refuseConnection();
          return;
        }
        if (connection.fd < 0) {
          this.wait(-1, 0, connection.wakeAt);
          return;
        }
      }
      const result = write(connection.fd, this.request.buffer, this.request.length);
      if (result >= 0) {
        this.beginTalk(result);
        return;
      }
      // The peer has closed already; what it said before that is still there to read (R12).
      if (result === -ECONNRESET || result === -EPIPE) {
        this.beginTalk(this.request.length);
        return;
      }
      if (result === -EINTR) continue;
      if (result === -EAGAIN && now() < connection.wakeAt) {
        this.wait(connection.fd, POLLOUT, connection.wakeAt);
        return;
      }
      connection.error = result === -EAGAIN ? 0 : -result;
      connection.close();
    }
  }

  private refuseConnection(): void {
    const error = this.connection.error;
    if (error === 0 && this.addresses.count > 0) {
      this.giveUp();
    } else if (error === 0) {
      this.fail(CONNECT_PHASE, "no address of the family that -4 or -6 allows", "");
    } else {
      this.verdict.fail(CONNECT_PHASE).errno(error);
      this.verdict.finish(this.addresses.count > 1 ? "every address was tried" : "");
    }
  }

  private beginTalk(sent: i32): void {
    this.phase = TALK;
    this.sent = sent;
    this.waitForReply();
  }

  private waitForReply(): void {
    const events = this.sent < this.request.length ? POLLIN | POLLOUT : POLLIN;
    this.wait(this.connection.fd, events, this.deadline);
  }

  private talk(revents: i32): void {
    if (this.sent < this.request.length && (revents & POLLOUT) !== 0) this.writeRest();
    if ((revents & ~POLLOUT) === 0) return;
    const reader = this.dialogue.reader;
    const result = read(this.connection.fd, reader.tail(), reader.room());
    if (result > 0) {
      reader.received(result);
      this.dialogue.takeReplies();
    } else if (result !== -EAGAIN && result !== -EINTR) {
      this.dialogue.takeEnd(-result);
    }
  }

  private writeRest(): void {
    const from = this.request.buffer + this.sent;
    const result = write(this.connection.fd, from, this.request.length - this.sent);
    if (result >= 0) this.sent += result;
    else if (result !== -EAGAIN && result !== -EINTR) this.sent = this.request.length;
    this.waitForReply();
  }

  private giveUp(): void {
    if (this.phase === LOOKUP) this.fail(LOOKUP_PHASE, NO_ANSWER, WAIT_HINT);
    else if (this.phase === CONNECT) this.fail(CONNECT_PHASE, "no connection", WAIT_HINT);
    else this.dialogue.giveUp();
  }

  private fail(phase: string, what: string, hint: string): void {
    this.verdict.fail(phase).text(what);
    this.verdict.finish(hint);
  }

  private stop(): void {
    this.phase = DONE;
    this.fd = -1;
    this.connection.close();
    resolver.stop();
  }

  private wait(descriptor: fd, events: i32, until: i64): void {
    this.fd = descriptor;
    this.events = events;
    this.wakeAt = earlier(until, this.deadline);
  }
}
