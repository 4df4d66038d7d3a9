// What a lint run is told. Types only, without those of the libraries it uses: they are part of the package's own.

import type { ImageHint } from "../probe/image.ts";
import type { Severity } from "./finding.ts";

/** A file to lint: its text, or its bytes in UTF-8 or UTF-16. */
export type Input = { readonly file: string } & (
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
);

export type OptionValue = string | number | boolean | readonly string[];

/** "off", "on" (severities as the rule has them), a severity; or one of the latter and the rule's options. */
export type RuleSetting =
  | "off"
  | "on"
  | Severity
  | readonly ["on" | Severity, Readonly<Record<string, OptionValue>>];

/** default: the rules on by default. strict: also unused suppressions. all: also the rules off by default. */
export const PROFILES = ["default", "strict", "all"] as const;
export type Profile = (typeof PROFILES)[number];

/** All that is configured for one file. */
export interface FileSettings {
  /** By id or name; they go before the profile. */
  readonly rules?: Readonly<Record<string, RuleSetting>>;
  /** Globs of image references, with or without tag, to what is known of them. */
  readonly images?: Readonly<Record<string, ImageHint>>;
  /** "1.33". */
  readonly kubeVersion?: string;
}

export interface LintOptions extends FileSettings {
  readonly profile?: Profile;
  /** What differs for a file: each key replaces that of the options. The same object for files with the same settings is fastest. */
  readonly settingsFor?: (file: string) => FileSettings;
  /** Only these ids or names; also those off by default. */
  readonly only?: readonly string[];
  /** Report suppressions without a reason. */
  readonly requireReason?: boolean;
  /** A file of a build context, by its path beside the inputs' paths; undefined if it is missing or may not be read. */
  readonly readFile?: (path: string) => string | undefined;
}
