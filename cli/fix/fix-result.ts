// What fix is told and what it gives back. Types only: they are part of the package's own.

import type { Encoding } from "../kube/text.ts";
import type { Finding, Fix, FixKind, LintResult } from "../lint/finding.ts";
import type { LintOptions } from "../lint/options.ts";

export interface FixOptions extends LintOptions {
  /** The kinds of fix to apply; ["safe"] if it is left out. Where a finding has several, knell goes before safe before unsafe. */
  readonly kinds?: readonly FixKind[];
  /** False for a fix that is not wanted although its kind is. */
  readonly accepts?: (fix: Fix) => boolean;
}

export interface AppliedFix {
  readonly finding: Finding;
  readonly fix: Fix;
}

/** A file that fixes changed. */
export interface FixedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** What the file's bytes were in: encodeText(after, encoding) are the new ones. */
  readonly encoding: Encoding;
  /** In the order they were applied. Positions are those of the text each was applied to. */
  readonly applied: readonly AppliedFix[];
}

export interface FixResult {
  readonly files: readonly FixedFile[];
  /** What lint says of the fixed texts. */
  readonly remaining: LintResult;
}
