// One attempt to ask one Redis.

import { RESOLVER_SIZE, Resolver } from "../net/resolver";
import { ATTEMPT_SIZE, Attempt, TLS_PHASE } from "../probe/attempt";
import { HAS_TLS } from "../system/flavour";
import { fd, ptr } from "../system/host";
import { isTlsDispute, writeTlsError } from "../tls/failure";
import { DIALOGUE_SIZE, Dialogue } from "./dialogue";
import { RedisOptions } from "./options";
import { REDIS_VERDICT_SIZE, RedisVerdict } from "./redis-verdict";
import { writeRequests } from "./request";

// Where a probe keeps its bytes: attempt | verdict | resolver | dialogue
const VERDICT: i32 = ATTEMPT_SIZE;
const RESOLVER: i32 = VERDICT + REDIS_VERDICT_SIZE;
const DIALOGUE: i32 = RESOLVER + RESOLVER_SIZE;
export const PROBE_SIZE: i32 = DIALOGUE + DIALOGUE_SIZE;

export class RedisProbe extends Attempt {
  /** True to ask again over the same connection. Only *live* does: a new client's lot is what *ready* is about. */
  keepsConnection: bool = false;

  private dialogue: Dialogue;

  /** `bytes` has room for PROBE_SIZE bytes. The verdict is meant for descriptor `output`. */
  constructor(
    private readonly options: RedisOptions,
    bytes: ptr,
    output: fd,
  ) {
    const verdict = new RedisVerdict(options, bytes + VERDICT, output);
    super(verdict, options.target, bytes, new Resolver(bytes + RESOLVER));
    this.dialogue = new Dialogue(options, verdict, bytes + DIALOGUE);
  }

  protected prepare(): void {
    this.usesTls = HAS_TLS && this.options.tls;
    this.request.length = 0;
    this.dialogue.start(writeRequests(this.options, this.request, this.isKept));
  }

  protected tail(): ptr {
    return this.dialogue.reader.tail();
  }

  protected room(): i32 {
    return this.dialogue.reader.room();
  }

  protected take(length: i32): void {
    this.dialogue.reader.received(length);
    this.dialogue.takeReplies();
  }

  protected takeEnd(error: i32): void {
    this.dialogue.takeEnd(error);
  }

  protected takeTimeout(): void {
    this.dialogue.giveUp();
  }

  /** A server that argues about certificates is alive: their expiry must not restart a fleet (R63). */
  protected takeTlsFailure(): void {
    const isAlive = this.options.isLive && isTlsDispute();
    writeTlsError(isAlive ? this.verdict.pass(TLS_PHASE) : this.verdict.fail(TLS_PHASE));
    this.verdict.finish("");
  }

  protected mayKeep(): bool {
    return this.keepsConnection && this.options.isLive && this.dialogue.isClean;
  }
}
