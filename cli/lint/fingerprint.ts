// What names a finding across edits: rule, object and command, no line numbers. Baselines and CI services match by it.

import { createHash } from "node:crypto";
import type { Finding } from "./finding.ts";

/** 16 hexadecimal digits of SHA-256: a few thousand findings stay apart. */
const DIGITS = 16;

/** The hash of the finding's command: the text it points at without spaces, quotes and list punctuation, so that flow and block style, quoting and indentation do not matter. */
export function commandHash(finding: Finding, text: string): string {
  const { start, end } = finding.span;
  const normalised = text
    .slice(start.offset, end.offset)
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*#.*|\s#.*$/, "").replace(/^\s*- /, ""))
    .join(" ")
    .replace(/["'[\],\s]+/g, " ")
    .trim();
  return digest(normalised);
}

/** Those of all findings, in order. Equal ones are numbered, because CI services show one of each only. */
export function fingerprints(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
): string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const hash = commandHash(finding, texts.get(finding.file) ?? "");
    const key = [finding.id, finding.file, finding.objectPath, hash].join("\n");
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return digest(count === 1 ? key : `${key}\n${count}`);
  });
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}
