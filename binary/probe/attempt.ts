// One attempt to ask one server.

import { CONNECTED, DIAL_SIZE, DIALLING, Dial, NO_NAME, NO_NAME_SERVER } from "../net/dial";
import { Resolver } from "../net/resolver";
import { Target } from "../net/target";
import { now } from "../system/clock";
import { HAS_TLS } from "../system/flavour";
import {
  ptr,
  read,
  tls_close,
  tls_handshake,
  tls_open,
  tls_read,
  tls_write,
  write,
} from "../system/host";
import { EAGAIN, EINTR, EPROTO, POLLIN, POLLOUT } from "../system/linux";
import { Writer } from "../system/writer";
import { writeTlsError, writeTlsSetting } from "../tls/failure";
import { SETTINGS } from "../tls/settings";
import { Pollable } from "./pollable";
import { VerdictLine, WAIT_HINT } from "./verdict-line";

const DIAL: i32 = 0;
const HANDSHAKE: i32 = 1;
const TALK: i32 = 2;
const DONE: i32 = 3;

const LOOKUP_PHASE: string = "lookup";
const CONNECT_PHASE: string = "connect";
export const TLS_PHASE: string = "TLS";
const NO_ANSWER: string = "no answer from a name server";

/** A user, a password of 16384 bytes and the name of a master twice, with room for the rest. */
const REQUEST_SIZE: i32 = 20_480;
// Where an attempt keeps its bytes: addresses | request
const REQUEST: i32 = DIAL_SIZE;
export const ATTEMPT_SIZE: i32 = REQUEST + REQUEST_SIZE;

export abstract class Attempt extends Pollable {
  /** True if the question went over a connection that answered an earlier one. */
  isKept: bool = false;
  /** What to do if nobody takes the connection. */
  connectHint: string = "";
  /** When it began, and when the talk did, 0 for not yet. */
  private startedAt: i64 = 0;
  private talkingAt: i64 = 0;

  /** True to speak TLS as tls/settings.ts says; set by `prepare`. */
  protected usesTls: bool = false;
  private isTlsOpen: bool = false;
  /** What is sent. */
  protected request: Writer;
  protected dial: Dial;
  protected deadline: i64 = 0;
  private sent: i32 = 0;
  /** True once a byte has arrived. */
  private hasHeard: bool = false;
  private phase: i32 = DONE;

  /** `bytes` has room for ATTEMPT_SIZE bytes. */
  constructor(verdict: VerdictLine, target: Target, bytes: ptr, resolver: Resolver) {
    super(verdict);
    this.request = new Writer(-1, bytes + REQUEST, REQUEST_SIZE, false);
    this.dial = new Dial(target, bytes, resolver);
  }

  start(deadline: i64): void {
    this.deadline = deadline;
    this.startedAt = now();
    this.talkingAt = 0;
    this.hasHeard = false;
    this.verdict.start();
    this.isKept = this.mayKeep() && this.isQuiet();
    if (this.isKept) this.beginKept();
    else this.beginAnew();
    this.advance(0);
  }

  /** What has arrived counts, even if the deadline is over (R14). */
  advance(revents: i32): void {
    if (this.phase === DIAL) this.connect();
    else if (HAS_TLS && this.phase === HANDSHAKE) this.shakeHands();
    else if (this.phase === TALK && revents !== 0) this.talk(revents);
    if (!this.verdict.isDone && now() >= this.deadline) this.giveUp();
    if (this.verdict.isDone) this.stop();
  }

  writePhases(to: Writer): void {
    const endedAt = this.startedAt + this.verdict.duration;
    if (this.isKept) {
      to.line("connection kept");
    } else {
      const connectingAt = this.dial.isLookingUp ? endedAt : this.dial.connectingAt;
      writePhase(to, LOOKUP_PHASE, connectingAt - this.startedAt);
      if (this.dial.isLookingUp) return;
      writePhase(to, CONNECT_PHASE, (this.talkingAt > 0 ? this.talkingAt : endedAt) - connectingAt);
    }
    if (this.talkingAt > 0) writePhase(to, "reply", endedAt - this.talkingAt);
  }

  /** Writes the request and forgets what was received. */
  protected abstract prepare(): void;
  /** Where received bytes go, and how many of them. */
  protected abstract tail(): ptr;
  protected abstract room(): i32;
  /** `length` bytes have arrived. */
  protected abstract take(length: i32): void;
  /** The peer closed (0) or broke the connection (an errno). */
  protected abstract takeEnd(error: i32): void;
  /** The deadline has come while waiting for a reply. */
  protected abstract takeTimeout(): void;

  /** There is a connection, and the request is on its way. */
  protected connected(): void {}

  /** True if the connection of the last attempt may serve for the next one. */
  protected mayKeep(): bool {
    return false;
  }

  /** Asks again over a new connection, within the same deadline: for an answer that points elsewhere. */
  protected restart(): void {
    this.beginAnew();
    this.connect();
  }

  private beginAnew(): void {
    if (HAS_TLS) this.closeTls();
    this.isKept = false;
    this.prepare();
    this.dial.start(this.deadline);
    this.phase = DIAL;
  }

  /** Nothing may have come since the last reply: a byte too many would be taken for the next answer. */
  private isQuiet(): bool {
    const socket = this.dial.socket;
    if (socket < 0) return false;
    if (read(socket, this.request.buffer, 1) === -EAGAIN) return true;
    this.dial.close();
    return false;
  }

  private beginKept(): void {
    this.prepare();
    const result = write(this.dial.socket, this.request.buffer, this.request.length);
    if (result < 0) this.beginAnew();
    else this.beginTalk(result);
  }

  private connect(): void {
    const isPlain = !(HAS_TLS && this.usesTls);
    const status = this.dial.advance(this.request.buffer, isPlain ? this.request.length : 0);
    if (status === DIALLING) {
      this.fd = this.dial.fd;
      this.events = this.dial.events;
      this.wakeAt = this.dial.wakeAt;
    } else if (status === CONNECTED && !isPlain) {
      this.beginTls();
    } else if (status === CONNECTED) {
      this.beginTalk(this.dial.sent);
      this.connected();
    } else if (status === NO_NAME) {
      this.fail(LOOKUP_PHASE, "no such name", "check the name");
    } else if (status === NO_NAME_SERVER) {
      this.fail(LOOKUP_PHASE, NO_ANSWER, "check /etc/resolv.conf or raise --timeout");
    } else {
      this.refuseConnection();
    }
  }

  private refuseConnection(): void {
    const error = this.dial.error;
    if (error === 0 && this.dial.addressCount > 0) {
      this.giveUp();
    } else if (error === 0) {
      this.fail(CONNECT_PHASE, "no address of the family that -4 or -6 allows", "");
    } else {
      this.verdict.fail(CONNECT_PHASE).errno(error);
      this.verdict.finish(
        this.dial.addressCount > 1 ? "every address was tried" : this.connectHint,
      );
    }
  }

  private beginTls(): void {
    if (!HAS_TLS) return;
    this.isTlsOpen = true;
    const setting = tls_open(this.dial.socket, SETTINGS);
    if (setting !== 0) {
      writeTlsSetting(this.verdict.fail(TLS_PHASE), setting);
      this.verdict.finish("");
      return;
    }
    this.phase = HANDSHAKE;
    this.shakeHands();
  }

  private shakeHands(): void {
    if (!HAS_TLS) return;
    const result = tls_handshake();
    if (result > 0) {
      this.fd = this.dial.socket;
      this.events = result;
      this.wakeAt = this.deadline;
    } else if (result < 0) {
      this.takeTlsFailure();
    } else {
      this.beginTalk(0);
      this.writeRest();
    }
  }

  /** TLS failed in the handshake or later. */
  protected takeTlsFailure(): void {
    writeTlsError(this.verdict.fail(TLS_PHASE));
    this.verdict.finish("");
  }

  private closeTls(): void {
    if (!HAS_TLS || !this.isTlsOpen) return;
    this.isTlsOpen = false;
    tls_close();
  }

  private beginTalk(sent: i32): void {
    this.phase = TALK;
    this.talkingAt = now();
    this.sent = sent;
    this.waitForReply();
  }

  private waitForReply(): void {
    this.fd = this.dial.socket;
    this.events = this.sent < this.request.length ? POLLIN | POLLOUT : POLLIN;
    this.wakeAt = this.deadline;
  }

  private talk(revents: i32): void {
    if (this.sent < this.request.length && (revents & POLLOUT) !== 0) this.writeRest();
    if ((revents & ~POLLOUT) === 0) return;
    // What TLS has decrypted already wakes no poll.
    do {
      const result = this.receive();
      if (result === -EAGAIN || result === -EINTR) return;
      if (result > 0) {
        this.hasHeard = true;
        this.take(result);
      } else if (this.isKept && !this.hasHeard) {
        // The server has closed what it had no use for; that says nothing about it now.
        this.restart();
      } else if (HAS_TLS && this.usesTls && result === -EPROTO) {
        this.takeTlsFailure();
      } else {
        this.takeEnd(-result);
      }
    } while (HAS_TLS && this.usesTls && this.phase === TALK && !this.verdict.isDone);
  }

  private receive(): i32 {
    if (HAS_TLS && this.usesTls) return tls_read(this.tail(), this.room());
    return read(this.dial.socket, this.tail(), this.room());
  }

  private send(from: ptr, length: i32): i32 {
    if (HAS_TLS && this.usesTls) return tls_write(from, length);
    return write(this.dial.socket, from, length);
  }

  private writeRest(): void {
    const from = this.request.buffer + this.sent;
    const result = this.send(from, this.request.length - this.sent);
    if (result >= 0) this.sent += result;
    else if (result !== -EAGAIN && result !== -EINTR) this.sent = this.request.length;
    this.waitForReply();
  }

  private giveUp(): void {
    if (this.phase === TALK) this.takeTimeout();
    else if (HAS_TLS && this.phase === HANDSHAKE)
      this.fail(
        TLS_PHASE,
        "no answer to the handshake",
        "no TLS there? check the port or raise --timeout",
      );
    else if (this.dial.isLookingUp) this.fail(LOOKUP_PHASE, NO_ANSWER, WAIT_HINT);
    else this.fail(CONNECT_PHASE, "no connection", WAIT_HINT);
  }

  private fail(phase: string, what: string, hint: string): void {
    this.verdict.fail(phase).text(what);
    this.verdict.finish(hint);
  }

  private stop(): void {
    const isFresh = this.phase === TALK && this.verdict.passed && this.mayKeep();
    this.phase = DONE;
    this.fd = -1;
    if (HAS_TLS) this.closeTls();
    if (!isFresh) this.dial.close();
  }
}

function writePhase(to: Writer, phase: string, nanoseconds: i64): void {
  to.text(phase).text(" ").milliseconds(nanoseconds).line(" ms");
}
