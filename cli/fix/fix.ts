// Applies the fixes that findings carry, until nothing more can be fixed.

import { Linter, mergeResults } from "../lint/engine.ts";
import type { Finding, Fix, FixKind, LintResult } from "../lint/finding.ts";
import { decodeInput, isDockerfile, readInput, type Source } from "../lint/inputs.ts";
import type { Input } from "../lint/options.ts";
import { World } from "../lint/world.ts";
import { applyRewrites, overlap } from "./edits.ts";
import type { AppliedFix, FixedFile, FixOptions, FixResult } from "./fix-result.ts";

/** Fixes may make others possible, or conflict: then the next round sees to them. */
const MAX_ROUNDS = 10;
const PREFERENCE: readonly FixKind[] = ["knell", "safe", "unsafe"];

/**
 * The texts after every fix of the wanted kinds that can be applied: edits of byte ranges, each checked against what it
 * means to change. Writes nothing. Never throws for what an input holds.
 */
export function fix(inputs: readonly Input[], options: FixOptions = {}): FixResult {
  const texts = inputs.map((input) => ({ file: input.file, text: decodeInput(input).text }));
  const world = new World(texts);
  const linter = new Linter(world, options);
  const fixed: FixedInput[] = [];
  // Dockerfiles first: what Compose files say of an image depends on them.
  const indexes = texts.map(({ file, text }, index) => ({
    index,
    isFirst: isDockerfile(file, text),
  }));
  for (const { index, isFirst } of indexes.sort((a, b) => Number(b.isFirst) - Number(a.isFirst))) {
    const outcome = fixInput(readInput(inputs[index]!), linter, options);
    if (isFirst && outcome.changed) world.add(outcome.changed.file, outcome.changed.after);
    fixed[index] = outcome;
  }
  return {
    files: fixed.flatMap(({ changed }) => changed ?? []),
    remaining: mergeResults(fixed.map(({ result }) => result)),
  };
}

interface FixedInput {
  readonly changed: FixedFile | undefined;
  /** What is left. */
  readonly result: LintResult;
}

function fixInput(original: Source, linter: Linter, options: FixOptions): FixedInput {
  const { kinds = ["safe"], accepts = () => true } = options;
  const { file, text: before, encoding } = original;
  const applied: AppliedFix[] = [];
  let source = original;
  let result = linter.lint(source);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = fixOnce(source, candidatesIn(result.findings, kinds, accepts));
    if (outcome === undefined) break;
    applied.push(...outcome.applied);
    source = outcome.source;
    result = linter.lint(source);
  }
  const after = source.text;
  const changed = after === before ? undefined : { file, before, after, encoding, applied };
  return { changed, result };
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
  const after = applyRewrites(source, fixesOf(candidates));
  if (after !== undefined) return { source: after, applied: candidates.flatMap(appliedOf) };
  const good = halves(candidates).flatMap((half) => intendedOnes(source, half));
  const best = good.length > 0 ? applyRewrites(source, fixesOf(good)) : undefined;
  return best && { source: best, applied: good.flatMap(appliedOf) };
}

function intendedOnes(source: Source, candidates: readonly Candidate[]): readonly Candidate[] {
  if (applyRewrites(source, fixesOf(candidates)) !== undefined) return candidates;
  return halves(candidates).flatMap((half) => intendedOnes(source, half));
}

/** None of a single one. */
function halves(candidates: readonly Candidate[]): (readonly Candidate[])[] {
  const middle = candidates.length >> 1;
  return middle === 0 ? [] : [candidates.slice(0, middle), candidates.slice(middle)];
}

function fixesOf(candidates: readonly Candidate[]): Fix[] {
  return candidates.map(({ fix }) => fix);
}

function appliedOf({ fix, findings }: Candidate): AppliedFix[] {
  return findings.map((finding) => ({ finding, fix }));
}
