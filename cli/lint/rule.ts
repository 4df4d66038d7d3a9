// What a rule is, and what it may ask and say.

import type { ComposeFile } from "../kube/compose.ts";
import type { Dockerfile } from "../kube/dockerfile.ts";
import type { Place } from "../kube/manifest.ts";
import type { KubernetesObject } from "../kube/object.ts";
import type { Workload } from "../kube/pod-spec.ts";
import type { Rewrite, SourceText } from "../kube/rewrite.ts";
import type { Container, Hook, Platform, Probe } from "../probe/container.ts";
import type { Fix, FixKind, RuleMeta, Severity } from "./finding.ts";
import type { OptionValue } from "./options.ts";
import type { SharedKind } from "./world.ts";

/** One rule: a file in rules/ that exports it as `rule`. */
export interface Rule {
  readonly meta: RuleMeta;
  /** Where it can apply: it is not run on anything else. */
  readonly platforms: readonly Platform[];
  /** Ids whose findings on the same object path it stands for. */
  readonly supersedes?: readonly string[];
  /** Its options with their defaults: what configuration may set. */
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly check: Checks;
}

/** Called for every subject of its kind; what a rule leaves out costs nothing. */
export interface Checks {
  probe?(probe: Probe, context: Context): void;
  hook?(hook: Hook, context: Context): void;
  /** Containers of pods, services, and the final stage of a Dockerfile. */
  container?(container: Container, context: Context): void;
  workload?(workload: Workload, context: Context): void;
  composeFile?(file: ComposeFile, context: Context): void;
  dockerfile?(file: Dockerfile, context: Context): void;
}

export interface Context {
  /** The rule's options: configured, else the default. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** As configured: "1.33"; undefined: any. */
  readonly kubeVersion: string | undefined;
  /** Every Kubernetes object of the whole input, of one kind. */
  objectsOfKind(kind: SharedKind): readonly KubernetesObject[];
  /** The containers of a Compose file's services, by name. */
  servicesOf(file: ComposeFile): ReadonlyMap<string, Container>;
  report(report: Report): void;
}

/** Offsets in the file, or what stands there. */
export type Location =
  | Place
  | SourceText
  | Pick<Probe, "range">
  | readonly [start: number, end: number];

export interface Report {
  /** What is wrong here, with the values; lower case, no full stop. */
  readonly message: string;
  /** Where; the subject itself if it is left out. */
  readonly at?: Location;
  /** Where in the object; the subject's own path if it is left out. */
  readonly path?: string;
  /** If not the rule's own. */
  readonly severity?: Severity;
  /** If not the rule's own. */
  readonly remedy?: string;
  /** Those that could not be written are undefined. */
  readonly fixes?: readonly (Fix | undefined)[];
}

/** A fix made of a rewrite; undefined if there is none. `description` is an imperative: "set timeoutSeconds to 5". */
export function fixWith(
  kind: FixKind,
  description: string,
  rewrite: Rewrite | undefined,
): Fix | undefined {
  return rewrite && { kind, description, ...rewrite };
}

/** The same for a rewrite that says itself what it does. */
export function fixFrom(
  kind: FixKind,
  offer: { readonly description: string; readonly rewrite: Rewrite | undefined } | undefined,
): Fix | undefined {
  return offer && fixWith(kind, offer.description, offer.rewrite);
}
