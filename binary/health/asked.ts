// The probe of one kind: made from its text, run when somebody asks, and never more than once at a time.

import { HTTP_TEXTS_SIZE, HttpOptions, parseHttpOptions } from "../http/options";
import { HTTP_PROBE_SIZE, HttpProbe } from "../http/probe";
import { Pollable } from "../probe/pollable";
import { parseOptions, RedisOptions, TEXTS_SIZE } from "../redis/options";
import { PROBE_SIZE, RedisProbe } from "../redis/probe";
import { readArgument, WORD_SIZE } from "../system/arguments";
import { buffer } from "../system/buffers";
import { equals } from "../system/bytes";
import { MILLISECOND, NEVER, now } from "../system/clock";
import { HAS_TLS } from "../system/flavour";
import { argv_scrub, pid, ptr } from "../system/host";
import { FATAL, say } from "../system/log";
import { Suggestion } from "../system/suggestion";
import { Text } from "../system/text";
import { Writer } from "../system/writer";
import { parseTcpOptions, TCP_TEXTS_SIZE, TcpOptions } from "../tcp/options";
import { TCP_PROBE_SIZE, TcpProbe } from "../tcp/probe";
import { EXEC_PROBE_SIZE, ExecProbe, refuseHelp } from "./exec-probe";
import { metrics } from "./metrics";
import { pushWords, TOO_MANY, UNBALANCED } from "./words";

/** The longest text of a probe. */
export const TEXT_SIZE: i32 = 4095;
const COMMAND_SIZE: i32 = TEXT_SIZE + 64;
const WORD: ptr = buffer(WORD_SIZE);
const suggestion = new Suggestion();

export class Asked {
  readonly text: Text;
  /** True while an attempt runs: whoever asks meanwhile shares its verdict. */
  isRunning: bool = false;
  private current: Pollable | null = null;
  private timeout: i64 = 0;
  private argument: i32 = 0;
  private offset: i32 = 0;

  private readonly redisOptions: RedisOptions;
  private readonly redis: RedisProbe;
  private readonly tcpOptions: TcpOptions;
  private readonly tcp: TcpProbe;
  private readonly httpOptions: HttpOptions;
  private readonly http: HttpProbe;
  private readonly exec: ExecProbe;
  /** A copy of the text, which is split in place, and the command line that it becomes part of. */
  private readonly apart: Text;
  private readonly command: ptr;

  constructor(readonly kind: i32) {
    const redisOptions = new RedisOptions(buffer(TEXTS_SIZE));
    const tcpOptions = new TcpOptions(buffer(TCP_TEXTS_SIZE));
    const httpOptions = new HttpOptions(buffer(HTTP_TEXTS_SIZE));
    this.text = new Text(buffer(TEXT_SIZE + 1), TEXT_SIZE);
    this.redisOptions = redisOptions;
    this.redis = new RedisProbe(redisOptions, buffer(PROBE_SIZE), -1);
    this.tcpOptions = tcpOptions;
    this.tcp = new TcpProbe(tcpOptions, buffer(TCP_PROBE_SIZE), -1);
    this.httpOptions = httpOptions;
    this.http = new HttpProbe(httpOptions, buffer(HTTP_PROBE_SIZE), -1);
    this.exec = new ExecProbe(buffer(EXEC_PROBE_SIZE));
    this.apart = new Text(buffer(HAS_TLS ? TEXT_SIZE : 0), HAS_TLS ? TEXT_SIZE : 0);
    this.command = buffer(HAS_TLS ? COMMAND_SIZE + 1 : 0);
  }

  get isConfigured(): bool {
    return this.text.length > 0;
  }

  /** What it asks with; only for one that is configured. */
  get probe(): Pollable {
    return this.current!;
  }

  /**
   * Its text stands in argument `index` from `offset` on; not called for one from a variable. One that stood before
   * is never read: it may have a password all the same (R104).
   */
  cameFrom(index: i32, offset: i32): void {
    if (this.argument > 0) argv_scrub(this.argument, this.offset);
    this.argument = index;
    this.offset = offset;
  }

  /** Makes the probe that `text` describes; false after a message about a mistake in it. */
  configure(): bool {
    if (HAS_TLS) this.apart.set(this.text.at, this.text.length);
    const first = pushWords(this.text.at, this.text.length);
    const line = say(FATAL);
    if (first === UNBALANCED)
      line.text("a quote is not closed; close it, or put a backslash before it").end();
    else if (first === TOO_MANY)
      line.text("too many words in the probes; use a script for exec").end();
    return first >= 0 && this.choose(first);
  }

  private choose(first: i32): bool {
    const length = min(readArgument(first, WORD), WORD_SIZE - 1);
    suggestion.clear();
    if (isWord(length, "redis")) return this.chooseRedis(first + 1);
    if (isWord(length, "tcp")) return this.chooseTcp(first + 1);
    if (isWord(length, "http")) return this.chooseHttp(first + 1);
    if (isWord(length, "exec")) {
      this.current = this.exec;
      this.timeout = this.exec.configure(first + 1);
      return this.timeout >= 0;
    }
    const line = say(FATAL).text("unknown probe ").quoted(WORD, max(length, 0));
    if (suggestion.name.length > 0)
      line.text('; did you mean "').text(suggestion.name).text('"?').end();
    else line.text("; use redis, tcp, http or exec and its options").end();
    return false;
  }

  private chooseRedis(first: i32): bool {
    const options = this.redisOptions;
    this.current = this.redis;
    this.redis.keepsConnection = true;
    if (parseOptions(first, options) >= 0) return false;
    if (options.help) return refuseHelp();
    this.timeout = options.timeout;
    if (options.password.length > 0) this.hideText();
    return HAS_TLS && options.tls ? this.askApart() : true;
  }

  private chooseTcp(first: i32): bool {
    this.current = this.tcp;
    if (parseTcpOptions(first, this.tcpOptions) >= 0) return false;
    if (this.tcpOptions.help) return refuseHelp();
    this.timeout = this.tcpOptions.timeout;
    return true;
  }

  /** A header may hold a secret as well. */
  private chooseHttp(first: i32): bool {
    this.current = this.http;
    if (parseHttpOptions(first, this.httpOptions) >= 0) return false;
    if (this.httpOptions.help) return refuseHelp();
    this.timeout = this.httpOptions.timeout;
    this.httpOptions.staysPlain = true;
    this.hideText();
    return HAS_TLS && this.httpOptions.tls ? this.askApart() : true;
  }

  /**
   * Makes it `exec -- knell` and its own text: OpenSSL allocates, and a fault in it is not to be PID 1's (docs/tls.md).
   * The child ends by itself first.
   */
  private askApart(): bool {
    const words = new Writer(-1, this.command, COMMAND_SIZE, false);
    words
      .text("--timeout ")
      .number(this.timeout / MILLISECOND + 100)
      .text("ms -- /proc/self/exe ");
    words.bytes(this.apart.at, this.apart.length);
    this.current = this.exec;
    this.exec.isKnell = true;
    this.timeout = this.exec.configure(pushWords(this.command, words.length));
    return this.timeout >= 0;
  }

  /** Not to be seen in /proc/1/cmdline (R104). */
  private hideText(): void {
    if (this.argument > 0) argv_scrub(this.argument, this.offset);
  }

  /** Begins an attempt unless one runs. */
  ask(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.probe.start(now() + this.timeout);
    this.settle();
  }

  advance(revents: i32): void {
    this.probe.advance(revents);
    this.settle();
  }

  /** Descriptor and instant to wait for. */
  get wakeAt(): i64 {
    return this.isRunning ? this.probe.wakeAt : NEVER;
  }

  /** True if `child` was this probe's: it has ended with `status`. */
  takeEnd(child: pid, status: i32): bool {
    if (!this.isRunning || this.exec.child !== child) return false;
    this.exec.ended(status);
    this.settle();
    return true;
  }

  private settle(): void {
    const verdict = this.probe.verdict;
    if (!verdict.isDone) return;
    this.isRunning = false;
    metrics.recordProbe(this.kind, verdict.passed, verdict.duration);
  }
}

function isWord(length: i32, word: string): bool {
  if (length >= 0 && equals(WORD, length, word)) return true;
  suggestion.offer(WORD, max(length, 0), word);
  return false;
}
