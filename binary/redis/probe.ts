// One attempt to ask one server, as a state machine for any loop around ppoll(2): `start` it, then, until `isDone`,
// wait for `events` on `fd`, but not longer than until `wakeAt`, and call `advance`.

import { AddressList, LIST_SIZE } from "../net/address-list";
import { Connection } from "../net/connection";
import { LOOKUP_FOUND, LOOKUP_NO_NAME, LOOKUP_PENDING, resolver } from "../net/resolver";
import { CLOSE_BRACKET, COLON, OPEN_BRACKET, SPACE } from "../system/ascii";
import { indexOf } from "../system/bytes";
import { earlier, NEVER, now } from "../system/clock";
import { fd, ptr, read, write } from "../system/host";
import { EAGAIN, ECONNRESET, EINTR, EPIPE, POLLIN, POLLOUT } from "../system/linux";
import { Text } from "../system/text";
import { Writer } from "../system/writer";
import { RedisOptions } from "./options";
import { Readiness } from "./readiness";
import { AUTH, HELLO, PING, requestName, writeRequests } from "./request";
import {
  BARE_LF,
  COMPLETE,
  firstWordLength,
  isError,
  isString,
  MORE,
  NO_TYPE,
  REPLY_SIZE,
  ReplyReader,
  TOO_LONG,
  TOO_MANY_PUSHES,
} from "./resp";
import { errorPasses, hintFor, hintForByte, isNeedlessPassword, isPong, TLS_HINT } from "./verdict";

const LOOKUP: i32 = 0;
const CONNECT: i32 = 1;
const TALK: i32 = 2;
const DONE: i32 = 3;

/** A user, a password of 16384 bytes and the name of a master twice, with room for the rest. */
const REQUEST_SIZE: i32 = 20_480;
/** How much is kept of an error line that is not the verdict. */
const ERROR_SIZE: i32 = 64;
/** The longest verdict line with its newline (R10). */
const LINE_SIZE: i32 = 1024;
/** The most of a server's word, and of a host name or path, that the line shows. */
const WORD_LIMIT: i32 = 64;
const TARGET_LIMIT: i32 = 128;

// Where a probe keeps its bytes: addresses | AUTH's error | HELLO's error | line | request | reply
const AUTH_ERROR: i32 = LIST_SIZE;
const HELLO_ERROR: i32 = AUTH_ERROR + ERROR_SIZE;
const LINE: i32 = HELLO_ERROR + ERROR_SIZE;
const REQUEST: i32 = LINE + LINE_SIZE;
const REPLY: i32 = REQUEST + REQUEST_SIZE;
export const PROBE_SIZE: i32 = REPLY + REPLY_SIZE;

const WAIT_HINT: string = "check the server or raise --timeout";

export class Probe {
  fd: fd = -1;
  events: i32 = 0;
  wakeAt: i64 = NEVER;
  isDone: bool = false;
  passed: bool = false;
  /** After `isDone`: the verdict as one line without its newline (R10). */
  line: Writer;

  private addresses: AddressList;
  private connection: Connection;
  private reader: ReplyReader;
  private readiness: Readiness = new Readiness();
  private request: Writer;
  private phase: i32 = DONE;
  private startedAt: i64 = 0;
  private deadline: i64 = 0;
  private sent: i32 = 0;
  /** The requests whose replies are still to come, as a set, and the one that is next. */
  private requests: i32 = 0;
  private current: i32 = PING;
  private authError: Text;
  private authFailed: bool = false;
  private helloError: Text;
  private helloFailed: bool = false;

  /** `bytes` has room for PROBE_SIZE bytes. The line is meant for descriptor `output`. */
  constructor(
    private readonly options: RedisOptions,
    bytes: ptr,
    output: fd,
  ) {
    this.line = new Writer(output, bytes + LINE, LINE_SIZE, false);
    this.request = new Writer(-1, bytes + REQUEST, REQUEST_SIZE, false);
    this.authError = new Text(bytes + AUTH_ERROR, ERROR_SIZE);
    this.helloError = new Text(bytes + HELLO_ERROR, ERROR_SIZE);
    this.reader = new ReplyReader(bytes + REPLY);
    const addresses = new AddressList(bytes, true);
    this.addresses = addresses;
    this.connection = new Connection(addresses);
  }

  /** Begins an attempt that is over at `deadline` at the latest. */
  start(deadline: i64): void {
    const options = this.options;
    this.isDone = false;
    this.startedAt = now();
    this.deadline = deadline;
    this.sent = 0;
    this.authFailed = false;
    this.helloFailed = false;
    this.reader.clear();
    this.readiness.start();
    this.request.length = 0;
    this.requests = writeRequests(options, this.request);
    this.current = ctz(this.requests);
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
    if (!this.isDone && now() >= this.deadline) this.giveUp();
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
      this.fail().text("no such name");
      this.finish("check the name or -h");
    } else {
      this.fail().text("no answer from a name server");
      this.finish("check /etc/resolv.conf or raise --timeout");
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
      return;
    }
    if (error === 0) this.fail().text("no address of the family that -4 or -6 allows");
    else this.fail().errno(error);
    this.finish(this.addresses.count > 1 ? "every address was tried" : "");
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
    const result = read(this.connection.fd, this.reader.tail(), this.reader.room());
    if (result > 0) {
      this.reader.received(result);
      this.takeReplies();
    } else if (result !== -EAGAIN && result !== -EINTR) {
      this.takeEnd(-result);
    }
  }

  private writeRest(): void {
    const from = this.request.buffer + this.sent;
    const result = write(this.connection.fd, from, this.request.length - this.sent);
    if (result >= 0) this.sent += result;
    else if (result !== -EAGAIN && result !== -EINTR) this.sent = this.request.length;
    this.waitForReply();
  }

  private takeReplies(): void {
    while (!this.isDone) {
      const status = this.reader.next();
      if (status === MORE) return;
      if (status === COMPLETE) this.takeReply();
      else this.refuseBytes(status);
    }
  }

  private takeReply(): void {
    const reply = this.reader.reply;
    if (this.current === AUTH) this.takeAuth();
    else if (this.current === HELLO) this.takeHello();
    else if (this.current === PING) this.takePong();
    else if (!this.readiness.take(this.current, reply, this.options)) this.refuseReadiness();
    if (this.isDone) return;
    this.requests &= ~(1 << this.current);
    if (this.requests !== 0) {
      this.current = ctz(this.requests);
      return;
    }
    this.current = PING;
    this.pass().text("PONG");
    this.finish("");
  }

  private takeAuth(): void {
    const reply = this.reader.reply;
    if (!isError(reply.kind)) {
      if (!isString(reply.kind)) this.refuseReply();
      return;
    }
    if (isNeedlessPassword(reply.at, reply.length)) return;
    this.authFailed = true;
    this.authError.cut(reply.at, reply.length);
  }

  private takeHello(): void {
    const reply = this.reader.reply;
    if (!isError(reply.kind)) return;
    this.helloFailed = true;
    this.helloError.cut(reply.at, reply.length);
  }

  private takePong(): void {
    const reply = this.reader.reply;
    if (this.authFailed && this.options.strictAuth) {
      this.current = AUTH;
      this.writeWord(this.fail(), this.authError.at, this.authError.length);
      this.finish("--strict-auth is set; check user and password");
    } else if (isError(reply.kind)) {
      this.judgeError(reply.at, reply.length);
    } else if (!isPong(reply.kind, reply.at, reply.length)) {
      this.refuseReply();
    }
  }

  /** The verdict on an error line in place of PONG. */
  private judgeError(line: ptr, length: i32): void {
    const options = this.options;
    const wordLength = firstWordLength(line, length);
    const passes = errorPasses(options.isLive, line, wordLength, options.accepted, options.refused);
    this.writeWord(passes ? this.pass() : this.fail(), line, length);
    this.finish(hintFor(line, length));
  }

  /** The peer closed (0) or broke the connection. An error that came before is its last word (R30, R31, R34). */
  private takeEnd(error: i32): void {
    const reader = this.reader;
    if (this.current <= PING) {
      if (reader.hasPartOfError()) {
        this.judgeError(reader.reply.at, reader.reply.length);
        return;
      }
      if (!reader.hasPart() && this.helloFailed) {
        this.judgeError(this.helloError.at, this.helloError.length);
        return;
      }
      if (!reader.hasPart() && this.authFailed) {
        this.judgeError(this.authError.at, this.authError.length);
        return;
      }
    }
    const line = this.fail();
    if (error === 0) line.text("connection closed");
    else line.errno(error);
    line.text(reader.hasPart() ? " inside a reply" : " before a reply");
    this.finish(reader.hasPart() || this.current > PING ? "" : TLS_HINT);
  }

  private refuseBytes(status: i32): void {
    const line = this.fail();
    const first = this.reader.firstByte();
    if (status === NO_TYPE) line.text("the reply begins with ").hex(first);
    else if (status === BARE_LF) line.text("a line of the reply ends without CR");
    else if (status === TOO_LONG) line.text("the reply is longer than 65536 bytes");
    else if (status === TOO_MANY_PUSHES) line.text("more than 32 push frames and no reply");
    else line.text("the reply is malformed");
    this.finish(status === NO_TYPE ? hintForByte(first) : "");
  }

  /** A reply that only another program than Redis gives, or that is out of step (R41). */
  private refuseReply(): void {
    const reply = this.reader.reply;
    const line = this.fail().text("unexpected reply of type ").byte(reply.kind);
    if (this.current === PING && isString(reply.kind) && !reply.isNull) {
      line.text(": ");
      this.writeWord(line, reply.at, reply.length);
    }
    this.finish("not a Redis server?");
  }

  private refuseReadiness(): void {
    const readiness = this.readiness;
    const value = readiness.value;
    const line = this.fail().text(readiness.what);
    if (readiness.isAbsent) line.text(" is missing");
    if (value.found && readiness.what.length > 0) line.text(" is ");
    if (value.found) this.writeWord(line, value.at, value.length);
    this.finish(readiness.hint);
  }

  private giveUp(): void {
    const line = this.fail();
    if (this.phase === LOOKUP) line.text("no answer from a name server");
    else if (this.phase === CONNECT) line.text("no connection");
    else line.text(this.reader.hasPart() ? "only part of a reply" : "no reply");
    this.finish(WAIT_HINT);
  }

  private wait(descriptor: fd, events: i32, until: i64): void {
    this.fd = descriptor;
    this.events = events;
    this.wakeAt = earlier(until, this.deadline);
  }

  private pass(): Writer {
    this.passed = true;
    return this.begin("pass: ");
  }

  private fail(): Writer {
    this.passed = false;
    return this.begin("fail: ");
  }

  private begin(verdict: string): Writer {
    const line = this.line;
    line.length = 0;
    line.text(verdict);
    if (this.phase === LOOKUP) line.text("lookup ");
    else if (this.phase === CONNECT) line.text("connect ");
    else line.text(requestName(this.current)).byte(SPACE);
    const options = this.options;
    const target = options.socket.length > 0 ? options.socket : options.host;
    const isIpv6 = options.socket.length === 0 && indexOf(target.at, target.length, COLON) >= 0;
    if (isIpv6) line.byte(OPEN_BRACKET);
    line.escaped(target.at, min(target.length, TARGET_LIMIT));
    if (isIpv6) line.byte(CLOSE_BRACKET);
    if (options.socket.length === 0) line.byte(COLON).number(options.port);
    return line.text(": ");
  }

  /** Ends the attempt: the time it took, what to do about the verdict, and notes close the line. */
  private finish(hint: string): void {
    const line = this.line;
    line
      .text(" in ")
      .milliseconds(now() - this.startedAt)
      .text(" ms");
    if (hint.length > 0) line.text("; ").text(hint);
    if (this.authFailed) {
      line.text("; note: AUTH: ");
      this.writeWord(line, this.authError.at, this.authError.length);
    }
    if (this.helloFailed) {
      line.text("; note: went on with RESP2, HELLO: ");
      this.writeWord(line, this.helloError.at, this.helloError.length);
    }
    this.options.writeNotes(line);
    this.phase = DONE;
    this.isDone = true;
    this.fd = -1;
    this.connection.close();
    resolver.stop();
  }

  /** The first word alone: the rest of an error line may repeat the password (R10). */
  private writeWord(line: Writer, at: ptr, length: i32): void {
    const wordLength = firstWordLength(at, length);
    if (wordLength === 0) line.text("an empty text");
    else line.escaped(at, min(wordLength, WORD_LIMIT));
  }
}
