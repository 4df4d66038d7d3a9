// A verdict line about HTTP: it names the method, and what became of redirects.

import { Target } from "../net/target";
import { VerdictLine } from "../probe/verdict-line";
import { HAS_TLS } from "../system/flavour";
import { fd, ptr } from "../system/host";
import { Location, NEEDS_TLS, OTHER_HOST } from "./location";
import { HttpOptions } from "./options";
import { writeMethod } from "./request";

export class HttpVerdict extends VerdictLine {
  /** Why the last redirect was not followed: OTHER_HOST, NEEDS_TLS, or 0. */
  redirect: i32 = 0;
  /** True if another status was wanted. */
  isUnwanted: bool = false;

  /** `bytes` has room for LINE_SIZE bytes. The line is meant for descriptor `output`. */
  constructor(
    private readonly options: HttpOptions,
    private readonly location: Location,
    target: Target,
    bytes: ptr,
    output: fd,
  ) {
    super(target, bytes, output);
  }

  start(): void {
    super.start();
    this.redirect = 0;
    this.isUnwanted = false;
  }

  /** An empty `phase` stands for the request. */
  protected writePhase(phase: string): void {
    if (phase.length > 0) this.line.text(phase);
    else writeMethod(this.options, this.location, this.line);
  }

  protected writeNotes(): void {
    const accepted = this.options.accepted;
    if (this.isUnwanted && accepted.length > 0)
      this.line.text("; wanted ").bytes(accepted.at, accepted.length);
    else if (this.isUnwanted) this.line.text("; wanted 200 to 399");
    if (this.redirect === OTHER_HOST)
      this.line.text("; note: the redirect to another host was not followed");
    else if (this.redirect === NEEDS_TLS)
      this.line.text(
        HAS_TLS
          ? "; note: the redirect to https was not followed, ask for https:// itself"
          : "; note: the redirect to https was not followed, this build has no TLS",
      );
  }
}
