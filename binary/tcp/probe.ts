// One attempt to connect. Dial's write of no byte tells whether the connection stands.

import { RESOLVER_SIZE, Resolver } from "../net/resolver";
import { ATTEMPT_SIZE, Attempt } from "../probe/attempt";
import { LINE_SIZE, VerdictLine } from "../probe/verdict-line";
import { fd, ptr } from "../system/host";
import { TcpOptions } from "./options";

// Where a probe keeps its bytes: attempt | verdict | resolver
const VERDICT: i32 = ATTEMPT_SIZE;
const RESOLVER: i32 = VERDICT + LINE_SIZE;
export const TCP_PROBE_SIZE: i32 = RESOLVER + RESOLVER_SIZE;

export class TcpProbe extends Attempt {
  /** `bytes` has room for TCP_PROBE_SIZE bytes. The verdict is meant for descriptor `output`. */
  constructor(options: TcpOptions, bytes: ptr, output: fd) {
    super(
      new VerdictLine(options.target, bytes + VERDICT, output),
      options.target,
      bytes,
      new Resolver(bytes + RESOLVER),
    );
  }

  /** A connection that was made counts, also if the peer has closed or reset it by now: so it does for the kubelet. */
  protected connected(): void {
    this.verdict.pass("connect").text("connected");
    this.verdict.finish("");
  }

  protected prepare(): void {
    this.request.length = 0;
  }

  // Nothing is ever read: the verdict is there once the connection is.

  protected tail(): ptr {
    return 0;
  }

  protected room(): i32 {
    return 0;
  }

  protected take(_length: i32): void {}

  protected takeEnd(_error: i32): void {}

  protected takeTimeout(): void {}
}
