// Applies the fixes that findings carry, until nothing more can be fixed.

import { Linter, mergeResults } from "../lint/engine.ts";
import type { Finding, Fix, FixKind, LintResult } from "../lint/finding.ts";
import { readInput, type Source } from "../lint/inputs.ts";
import type { Input } from "../lint/options.ts";
import { World } from "../lint/world.ts";
import { applyRewrites, overlap } from "./edits.ts";
import type { AppliedFix, FixedFile, FixOptions, FixResult } from "./fix-result.ts";

/** Fixes may make others possible, or conflict: then the next round sees to them. */
const MAX_ROUNDS = 10;
const PREFERENCE: readonly FixKind[] = ["knell", "safe", "unsafe"];

/**
 * The texts after every fix of the wanted kinds that can be applied: edits of single bytes ranges, each checked against
 * what it means to change. Writes nothing. Never throws for what an input holds.
 */
export function fix(inputs: readonly Input[], options: FixOptions = {}): FixResult {
  const { kinds = ["safe"], accepts = () => true } = options;
  const originals = inputs.map(readInput);
  const sources = [...originals];
  const results = new Map<number, LintResult>();
  const applied = originals.map((): AppliedFix[] => []);
  let changed = sources.map((_, index) => index);
  for (let round = 0; changed.length > 0; round++) {
    const linter = new Linter(new World(sources), options);
    for (const index of changed) results.set(index, linter.lint(sources[index]!));
    if (round === MAX_ROUNDS) break;
    const candidates = changed;
    changed = [];
    for (const index of candidates) {
      const { findings } = results.get(index)!;
      const outcome = fixOnce(sources[index]!, candidatesIn(findings, kinds, accepts));
      if (outcome === undefined) continue;
      sources[index] = outcome.source;
      applied[index]!.push(...outcome.applied);
      changed.push(index);
    }
  }
  const files = originals.flatMap(({ file, text, encoding }, index): FixedFile[] => {
    const after = sources[index]!.text;
    return after === text
      ? []
      : [{ file, before: text, after, encoding, applied: applied[index]! }];
  });
  return { files, remaining: mergeResults([...results.values()]) };
}

interface Outcome {
  readonly source: Source;
  readonly applied: readonly AppliedFix[];
}

/** Findings whose fixes are the same edits: an anchor's value is edited once for all its aliases. */
interface Candidate {
  readonly fix: Fix;
  readonly findings: Finding[];
}

function fixOnce(source: Source, candidates: readonly Candidate[]): Outcome | undefined {
  const chosen = withoutConflicts(candidates);
  return chosen.length === 0 ? undefined : applyMost(source, chosen);
}

function candidatesIn(
  findings: readonly Finding[],
  kinds: readonly FixKind[],
  accepts: (fix: Fix) => boolean,
): Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const finding of findings.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))) {
    const fix = PREFERENCE.filter((kind) => kinds.includes(kind))
      .map((kind) => finding.fixes.find((offer) => offer.kind === kind))
      .find((offer) => offer !== undefined && offer.edits.length > 0 && accepts(offer));
    if (fix === undefined) continue;
    const key = JSON.stringify(fix.edits);
    const present = candidates.get(key);
    if (present === undefined) candidates.set(key, { fix, findings: [finding] });
    else {
      present.findings.push(finding);
      const intents = [...present.fix.intents, ...fix.intents];
      candidates.set(key, { fix: { ...present.fix, intents }, findings: present.findings });
    }
  }
  return [...candidates.values()];
}

/** Lower ids first; what touches the same characters waits for the next round. */
function withoutConflicts(candidates: readonly Candidate[]): Candidate[] {
  const taken: { start: number; end: number; text: string }[] = [];
  const chosen: Candidate[] = [];
  for (const candidate of candidates) {
    const { edits } = candidate.fix;
    if (edits.some((edit) => taken.some((other) => overlap(edit, other)))) continue;
    taken.push(...edits);
    chosen.push(candidate);
  }
  return chosen;
}

/** Applies all at once; where that does not give the intended tree, each half, down to the one that does not. */
function applyMost(source: Source, candidates: readonly Candidate[]): Outcome | undefined {
  const good = intendedOnes(source, candidates);
  if (good.length === 0) return undefined;
  const after = applyRewrites(
    source,
    good.map(({ fix }) => fix),
  );
  if (after === undefined) return undefined;
  const applied = good.flatMap(({ fix, findings }) =>
    findings.map((finding) => ({ finding, fix })),
  );
  return { source: after, applied };
}

function intendedOnes(source: Source, candidates: readonly Candidate[]): readonly Candidate[] {
  const fixes = candidates.map(({ fix }) => fix);
  if (applyRewrites(source, fixes) !== undefined) return candidates;
  if (candidates.length === 1) return [];
  const middle = candidates.length >> 1;
  return [
    ...intendedOnes(source, candidates.slice(0, middle)),
    ...intendedOnes(source, candidates.slice(middle)),
  ];
}
