// What a lint run says: the data that every output format prints and `fix` works from.

import type { Intent } from "../kube/rewrite.ts";
import type { Edit, Span } from "../kube/text.ts";

export type { Intent } from "../kube/rewrite.ts";
export type { Edit, Position, Span } from "../kube/text.ts";

/** Most severe first. */
export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** safe: keeps the probe's meaning. unsafe: may change it. knell: puts a knell command in (R134). */
export const FIX_KINDS = ["safe", "unsafe", "knell"] as const;
export type FixKind = (typeof FIX_KINDS)[number];

export interface Fix {
  readonly kind: FixKind;
  /** What it does, in the imperative: "set timeoutSeconds to 6". */
  readonly description: string;
  readonly edits: readonly Edit[];
  /** What the edits make of the parsed text, checked before they count; of no interest to anyone who prints a finding. */
  readonly intents: readonly Intent[];
}

/** What is known of a rule without running it. */
export interface RuleMeta {
  /** "KN101". Never changes. */
  readonly id: string;
  /** "probe-orphans-on-timeout": the file, the page and the ignore key. */
  readonly name: string;
  /** The severity where nothing else is configured; single findings may differ. */
  readonly severity: Severity;
  readonly isOnByDefault: boolean;
  /** One line: what it reports. */
  readonly summary: string;
  /** One sentence: what goes wrong in production. */
  readonly why: string;
  /** One sentence: what to write instead. */
  readonly remedy: string;
  /** An issue, documentation page or statement that shows the fault for real. */
  readonly link: string;
  /** The kinds of fix it can offer. */
  readonly fixKinds: readonly FixKind[];
}

export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly severity: Severity;
  /** What is wrong here, with the values. */
  readonly message: string;
  readonly why: string;
  readonly remedy: string;
  readonly link: string;
  /** As given on the command line or found below it; "<stdin>" without --stdin-filename. */
  readonly file: string;
  readonly span: Span;
  /** The file that a rendering names: Helm's "# Source:", kustomize's origin annotation. */
  readonly origin?: string;
  /** "Deployment/default/redis/redis/livenessProbe", "service/db/healthcheck", "stage 2/HEALTHCHECK". */
  readonly objectPath: string;
  readonly fixes: readonly Fix[];
}

/** An input that could not be read or parsed, or a configuration that is wrong: exit 2, the rest is linted all the same. */
export interface Problem {
  readonly file: string;
  readonly span?: Span;
  readonly message: string;
}

/** An input left out on purpose. */
export interface Skipped {
  readonly file: string;
  /** "template". */
  readonly reason: string;
}

export interface LintResult {
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  readonly skipped: readonly Skipped[];
  /** How many files were linted. */
  readonly fileCount: number;
  /** The text of each file with a finding, for excerpts. */
  readonly texts: ReadonlyMap<string, string>;
}
