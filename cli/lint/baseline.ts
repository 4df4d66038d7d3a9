// Findings that are known and left out: rule, object and command, so that edits elsewhere revive none. Pure.

import type { Finding } from "./finding.ts";
import { commandHash } from "./fingerprint.ts";

export const BASELINE_VERSION = 1;

interface Entry {
  readonly rule: string;
  readonly object: string;
  readonly command: string;
  /** How many findings look like this. */
  readonly count: number;
}

/** What a baseline file lists: how many findings of each key are known. */
export type Baseline = ReadonlyMap<string, number>;

/** A baseline file that cannot be used; the message says why. */
export class BaselineError extends Error {}

/** Throws a BaselineError. */
export function parseBaseline(text: string): Baseline {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new BaselineError(`is not JSON: ${(error as Error).message}`);
  }
  const { version, findings } = (data ?? {}) as { version?: unknown; findings?: unknown };
  if (version !== BASELINE_VERSION) {
    throw new BaselineError(`has version ${JSON.stringify(version)}, not ${BASELINE_VERSION}`);
  }
  if (!Array.isArray(findings) || !findings.every(isEntry)) {
    throw new BaselineError("findings is not a list of {rule, object, command, count}");
  }
  return new Map(findings.map((entry) => [keyOf(entry), entry.count]));
}

function isEntry(value: unknown): value is Entry {
  const { rule, object, command, count } = (value ?? {}) as Record<string, unknown>;
  const isText = [rule, object, command].every((field) => typeof field === "string");
  return isText && Number.isSafeInteger(count) && (count as number) > 0;
}

/** The file that lists `findings`: sorted, so that its diffs are small. */
export function formatBaseline(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
): string {
  const entries = new Map<string, Entry>();
  for (const finding of findings) {
    const entry = entryOf(finding, texts);
    const count = (entries.get(keyOf(entry))?.count ?? 0) + 1;
    entries.set(keyOf(entry), { ...entry, count });
  }
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return `${JSON.stringify({ version: BASELINE_VERSION, findings: sorted }, undefined, 2)}\n`;
}

/** The findings that `baseline` does not list. Of more equal ones than it knows, the last are new. */
export function withoutBaselined(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
  baseline: Baseline,
): Finding[] {
  const left = new Map(baseline);
  return findings.filter((finding) => {
    const key = keyOf(entryOf(finding, texts));
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

function entryOf(finding: Finding, texts: ReadonlyMap<string, string>): Omit<Entry, "count"> {
  return {
    rule: finding.id,
    object: finding.objectPath,
    command: commandHash(finding, texts.get(finding.file) ?? ""),
  };
}

function keyOf({ object, rule, command }: Omit<Entry, "count">): string {
  return [object, rule, command].join("\n");
}
