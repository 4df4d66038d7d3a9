// One attempt to ask one HTTP server: a request, and one more for each redirect to the same host (pkg/probe/http of
// the kubelet, RedirectChecker).

import { RESOLVER_SIZE, Resolver } from "../net/resolver";
import { TARGET_SIZE, Target } from "../net/target";
import { ATTEMPT_SIZE, Attempt } from "../probe/attempt";
import { LINE_SIZE, WAIT_HINT } from "../probe/verdict-line";
import { CR, LF } from "../system/ascii";
import { equals, indexOf } from "../system/bytes";
import { HAS_TLS } from "../system/flavour";
import { fd, ptr } from "../system/host";
import { Writer } from "../system/writer";
import { BROKEN, COMPLETE, MORE } from "./body";
import { HttpVerdict } from "./http-verdict";
import { FOLLOWED, Location, MALFORMED, PATH_SIZE } from "./location";
import { HttpOptions } from "./options";
import { NOT_HTTP, REPLY_SIZE, Reply } from "./reply";
import { writeRequest } from "./request";
import { FIRST_GOOD, LAST_GOOD, listsStatus } from "./status";

/** Requests in all. */
const REQUEST_LIMIT: i32 = 10;
/** How much of a body's first line is shown. */
const SHOWN: i32 = 400;
/** How much is shown of what is no reply. */
const QUOTED: i32 = 16;
/** The type of a TLS alert, which is what a TLS server says to plain HTTP (RFC 8446 section 5.1). */
const TLS_ALERT: u8 = 21;

// Where a probe keeps its bytes: attempt | verdict | resolver | target | path | reply
const VERDICT: i32 = ATTEMPT_SIZE;
const RESOLVER: i32 = VERDICT + LINE_SIZE;
const TARGET: i32 = RESOLVER + RESOLVER_SIZE;
const PATH: i32 = TARGET + TARGET_SIZE;
const REPLY: i32 = PATH + PATH_SIZE;
export const HTTP_PROBE_SIZE: i32 = REPLY + REPLY_SIZE;

export class HttpProbe extends Attempt {
  /** Where the current request goes: redirects move it. */
  private target: Target;
  private location: Location;
  private outcome: HttpVerdict;
  private reply: Reply;
  private requests: i32 = 0;

  /** `bytes` has room for HTTP_PROBE_SIZE bytes. The verdict is meant for descriptor `output`. */
  constructor(
    private readonly options: HttpOptions,
    bytes: ptr,
    output: fd,
  ) {
    const target = new Target(bytes + TARGET);
    const location = new Location(bytes + PATH);
    const outcome = new HttpVerdict(options, location, target, bytes + VERDICT, output);
    super(outcome, target, bytes, new Resolver(bytes + RESOLVER));
    this.target = target;
    this.location = location;
    this.outcome = outcome;
    this.reply = new Reply(bytes + REPLY);
  }

  start(deadline: i64): void {
    const from = this.options.target;
    const target = this.target;
    target.host.cut(from.host.at, from.host.length);
    target.socket.cut(from.socket.at, from.socket.length);
    target.family = from.family;
    target.port = from.port;
    if (HAS_TLS) this.location.mayUseTls = !this.options.staysPlain;
    this.location.start(from.port, this.options.tls, this.options.path);
    this.requests = 0;
    super.start(deadline);
  }

  protected prepare(): void {
    const method = this.options.method;
    this.usesTls = HAS_TLS && this.location.isTls;
    this.requests++;
    this.reply.clear(!this.location.isGet && equals(method.at, method.length, "HEAD"));
    this.request.length = 0;
    writeRequest(this.options, this.location, this.request);
  }

  protected tail(): ptr {
    return this.reply.tail();
  }

  protected room(): i32 {
    return this.reply.room();
  }

  protected take(length: i32): void {
    const reply = this.reply;
    reply.received(length);
    if (reply.status === 0) {
      const status = reply.readStatus();
      if (status === MORE) return;
      if (status !== COMPLETE) {
        this.refuseBytes(status);
        return;
      }
    }
    // The kubelet's client knows of a reply once its head is there, too.
    const status = reply.readHead();
    if (status === MORE) return;
    if (status !== COMPLETE) this.refuseBytes(status);
    else if (!this.mayFollow() || !this.follow()) this.takeBody();
  }

  protected takeEnd(error: i32): void {
    const reply = this.reply;
    if (error === 0 && reply.isHeadDone && reply.body.endsWithConnection) {
      this.judgeBody(true);
      return;
    }
    const line = this.outcome.fail("");
    if (error === 0) line.text("connection closed");
    else line.errno(error);
    line.text(this.part(" before a reply", " inside the head", " inside the body"));
    this.outcome.finish(reply.hasBytes ? "" : "is it a TLS port?");
  }

  protected takeTimeout(): void {
    this.outcome.fail("").text(this.part("no reply", "only part of a head", "only part of a body"));
    this.outcome.finish(WAIT_HINT);
  }

  /** A status that --status names is an answer, even if it is a redirect. */
  private mayFollow(): bool {
    if (!this.options.follows) return false;
    const status = this.reply.status;
    const isRedirect = (status >= 301 && status <= 303) || status === 307 || status === 308;
    return isRedirect && !listsStatus(this.options.accepted, status);
  }

  /** Goes where the reply points. False if that is not to be followed, and so the reply is the last one. */
  private follow(): bool {
    const reply = this.reply;
    if (reply.location.length === 0) return false;
    const outcome = this.location.follow(
      reply.location.at,
      reply.location.length,
      this.options.host,
    );
    if (outcome === MALFORMED) {
      this.outcome.fail("").number(reply.status).text(" with a malformed Location");
      this.outcome.finish("");
      return true;
    }
    this.outcome.redirect = outcome;
    if (outcome !== FOLLOWED) return false;
    if (this.requests === REQUEST_LIMIT) {
      this.outcome.fail("").number(reply.status).text(" after 9 redirects, no more are followed");
      this.outcome.finish("check for a loop");
      return true;
    }
    const method = this.options.method;
    const isKept = reply.status > 303 || equals(method.at, method.length, "HEAD");
    this.location.isGet = this.location.isGet || !isKept;
    this.target.port = this.location.port;
    this.restart();
    return true;
  }

  private accepts(): bool {
    const status = this.reply.status;
    if (this.options.accepted.length > 0) return listsStatus(this.options.accepted, status);
    return status >= FIRST_GOOD && status <= LAST_GOOD;
  }

  private wantsBody(): bool {
    return this.options.showsBody || (this.options.body.length > 0 && this.accepts());
  }

  private takeBody(): void {
    if (!this.wantsBody()) {
      this.judgeStatus();
      return;
    }
    const status = this.reply.readBody();
    if (status === BROKEN) this.refuseBytes(status);
    else this.judgeBody(status === COMPLETE);
  }

  private judgeStatus(): void {
    this.beginStatus();
    this.finishStatus();
  }

  /** Judges as soon as the body holds what is looked for; `isWhole` if nothing more comes of it. */
  private judgeBody(isWhole: bool): void {
    const body = this.reply.body;
    const wanted = this.options.body;
    if (this.options.showsBody) {
      const end = indexOf(body.text.at, body.text.length, LF);
      if (end < 0 && body.text.length < SHOWN && !isWhole) return;
      this.judgeLine(end < 0 ? body.text.length : end);
    } else if (body.contains(wanted.at, wanted.length)) {
      this.judgeStatus();
    } else if (isWhole) {
      this.outcome.fail("").number(this.reply.status).text(" without the text of --body");
      this.outcome.finish(body.isFull ? "only the first 10240 bytes are searched" : "");
    }
  }

  private judgeLine(end: i32): void {
    const at = this.reply.body.text.at;
    const isCrLf = end > 0 && load<u8>(at + end - 1) === CR;
    const line = this.beginStatus();
    if (end > 0) line.byte(32).escaped(at, min(isCrLf ? end - 1 : end, SHOWN));
    this.finishStatus();
  }

  private beginStatus(): Writer {
    const line = this.accepts() ? this.outcome.pass("") : this.outcome.fail("");
    line.number(this.reply.status);
    const redirects = this.requests - 1;
    if (redirects > 0) line.text(" after ").number(redirects).text(" redirect");
    return redirects > 1 ? line.text("s") : line;
  }

  private finishStatus(): void {
    this.outcome.isUnwanted = !this.outcome.passed;
    this.outcome.finish("");
  }

  private part(none: string, head: string, body: string): string {
    return this.reply.isHeadDone ? body : this.reply.hasBytes ? head : none;
  }

  private refuseBytes(status: i32): void {
    const line = this.outcome.fail("");
    const at = this.reply.lineAt;
    const isTls = status === NOT_HTTP && load<u8>(at) === TLS_ALERT;
    if (status === NOT_HTTP)
      line.text("the reply is no HTTP/1: ").quoted(at, min(this.reply.lineLength, QUOTED));
    else if (status === BROKEN) line.text("the reply's length or chunks are malformed");
    else line.text("the reply's head is longer than 16384 bytes");
    this.outcome.finish(isTls ? "it speaks TLS" : "");
  }
}
