// Matches replies with requests in order, and judges them. It knows nothing of sockets.

import { WAIT_HINT } from "../probe/verdict-line";
import { ptr } from "../system/host";
import { Writer } from "../system/writer";
import { RedisOptions } from "./options";
import { Readiness } from "./readiness";
import { RedisVerdict } from "./redis-verdict";
import { AUTH, HELLO, PING, requestName } from "./request";
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

export const DIALOGUE_SIZE: i32 = REPLY_SIZE;

export class Dialogue {
  /** Received bytes go there. */
  readonly reader: ReplyReader;

  private readiness: Readiness = new Readiness();
  /** The requests whose replies are still to come, as a set, and the one that is next. */
  private requests: i32 = 0;
  private current: i32 = PING;
  private hasPonged: bool = false;

  /** `bytes` has room for DIALOGUE_SIZE bytes. The outcome goes to `verdict`. */
  constructor(
    private readonly options: RedisOptions,
    private readonly verdict: RedisVerdict,
    bytes: ptr,
  ) {
    this.reader = new ReplyReader(bytes);
  }

  /** Begins with no byte received and the replies to `requests` outstanding. */
  start(requests: i32): void {
    this.requests = requests;
    this.current = ctz(requests);
    this.hasPonged = false;
    this.reader.clear();
    this.readiness.start();
  }

  /** True if every reply was good and nothing came behind the last. */
  get isClean(): bool {
    return this.hasPonged && !this.verdict.authFailed && !this.reader.hasMore();
  }

  /** Takes every reply that is there, up to the verdict. */
  takeReplies(): void {
    while (!this.verdict.isDone) {
      const status = this.reader.next();
      if (status === MORE) return;
      if (status === COMPLETE) this.takeReply();
      else this.refuseBytes(status);
    }
  }

  /** The peer closed (0) or broke the connection. An error that came before is its last word (R30, R31, R34). */
  takeEnd(error: i32): void {
    const reader = this.reader;
    const verdict = this.verdict;
    if (this.current <= PING) {
      if (reader.hasPartOfError()) {
        this.judgeError(reader.reply.at, reader.reply.length);
        return;
      }
      if (!reader.hasPart() && verdict.helloFailed) {
        this.judgeError(verdict.helloError.at, verdict.helloError.length);
        return;
      }
      if (!reader.hasPart() && verdict.authFailed) {
        this.judgeError(verdict.authError.at, verdict.authError.length);
        return;
      }
    }
    const line = this.fail();
    if (error === 0) line.text("connection closed");
    else line.errno(error);
    line.text(reader.hasPart() ? " inside a reply" : " before a reply");
    verdict.finish(reader.hasPart() || this.current > PING ? "" : TLS_HINT);
  }

  /** The deadline has come. */
  giveUp(): void {
    this.fail().text(this.reader.hasPart() ? "only part of a reply" : "no reply");
    this.verdict.finish(WAIT_HINT);
  }

  private takeReply(): void {
    const reply = this.reader.reply;
    if (this.current === AUTH) this.takeAuth();
    else if (this.current === HELLO) this.takeHello();
    else if (this.current === PING) this.takePong();
    else if (!this.readiness.take(this.current, reply, this.options)) this.refuseReadiness();
    if (this.verdict.isDone) return;
    this.requests &= ~(1 << this.current);
    if (this.requests !== 0) {
      this.current = ctz(this.requests);
      return;
    }
    this.current = PING;
    this.hasPonged = true;
    this.pass().text("PONG");
    this.verdict.finish("");
  }

  private takeAuth(): void {
    const reply = this.reader.reply;
    if (!isError(reply.kind)) {
      if (!isString(reply.kind)) this.refuseReply();
      return;
    }
    if (isNeedlessPassword(reply.at, reply.length)) return;
    this.verdict.authFailed = true;
    this.verdict.authError.cut(reply.at, reply.length);
  }

  private takeHello(): void {
    const reply = this.reader.reply;
    if (!isError(reply.kind)) return;
    this.verdict.helloFailed = true;
    this.verdict.helloError.cut(reply.at, reply.length);
  }

  private takePong(): void {
    const reply = this.reader.reply;
    if (this.verdict.authFailed && this.options.strictAuth) {
      this.current = AUTH;
      this.fail();
      this.verdict.word(this.verdict.authError.at, this.verdict.authError.length);
      this.verdict.finish("--strict-auth is set; check user and password");
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
    if (passes) this.pass();
    else this.fail();
    this.verdict.word(line, length);
    this.verdict.finish(hintFor(line, length));
  }

  private refuseBytes(status: i32): void {
    const line = this.fail();
    const first = this.reader.firstByte();
    if (status === NO_TYPE) line.text("the reply begins with ").hex(first);
    else if (status === BARE_LF) line.text("a line of the reply ends without CR");
    else if (status === TOO_LONG) line.text("the reply is longer than 65536 bytes");
    else if (status === TOO_MANY_PUSHES) line.text("more than 32 push frames and no reply");
    else line.text("the reply is malformed");
    this.verdict.finish(status === NO_TYPE ? hintForByte(first) : "");
  }

  /** A reply that only another program than Redis gives, or that is out of step (R41). */
  private refuseReply(): void {
    const reply = this.reader.reply;
    const line = this.fail().text("unexpected reply of type ").byte(reply.kind);
    if (this.current === PING && isString(reply.kind) && !reply.isNull) {
      line.text(": ");
      this.verdict.word(reply.at, reply.length);
    }
    this.verdict.finish("not a Redis server?");
  }

  private refuseReadiness(): void {
    const readiness = this.readiness;
    const value = readiness.value;
    const line = this.fail().text(readiness.what);
    if (readiness.isAbsent) line.text(" is missing");
    if (value.found && readiness.what.length > 0) line.text(" is ");
    if (value.found) this.verdict.word(value.at, value.length);
    this.verdict.finish(readiness.hint);
  }

  private pass(): Writer {
    return this.verdict.pass(requestName(this.current));
  }

  private fail(): Writer {
    return this.verdict.fail(requestName(this.current));
  }
}
