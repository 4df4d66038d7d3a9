// What the tests of rules share: one text in, findings or the fixed text out.

import { fix } from "../../cli/fix/fix.ts";
import { lint } from "../../cli/lint/engine.ts";
import type { Finding, FixKind } from "../../cli/lint/finding.ts";
import type { LintOptions } from "../../cli/lint/options.ts";

/** The findings of one rule in one text. Throws if the text cannot be parsed. */
export function findingsOf(
  rule: string,
  text: string,
  { file = "input.yaml", ...options }: LintOptions & { file?: string } = {},
): readonly Finding[] {
  const { findings, problems } = lint([{ file, text }], { ...options, only: [rule] });
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  return findings;
}

/** "line:column message" of each finding of one rule. */
export function messagesOf(
  rule: string,
  text: string,
  options: LintOptions & { file?: string } = {},
): string[] {
  return findingsOf(rule, text, options).map(
    ({ span, message }) => `${span.start.line}:${span.start.column} ${message}`,
  );
}

/** The text after the fixes of one rule, of the given kinds. Throws if a second run would change it again. */
export function fixedBy(
  rule: string,
  text: string,
  kinds: readonly FixKind[] = ["safe"],
  { file = "input.yaml", ...options }: LintOptions & { file?: string } = {},
): string {
  const run = (before: string) =>
    fix([{ file, text: before }], { ...options, kinds, only: [rule] }).files[0]?.after ?? before;
  const after = run(text);
  if (run(after) !== after) throw new Error(`a second fix changes the text again:\n${run(after)}`);
  return after;
}

/** A Deployment with one container, written as an element without its dash: "name: app\n  image: redis:7". */
export function deploymentWith(container: string): string {
  const indented = container.trim().replaceAll("\n", "\n        ");
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  selector:
    matchLabels: {app: app}
  template:
    metadata:
      labels: {app: app}
    spec:
      containers:
        - ${indented}
`;
}
