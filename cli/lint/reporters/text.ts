import type { Finding, Fix, LintResult, Severity, Skipped } from "../finding.ts";
import { type Colors, colors } from "./colors.ts";
import { countBySeverity, counted, type ReportContext, type Reporter } from "./report.ts";

/** By the flags that `knell fix` needs. */
const FLAG_NOTES: Readonly<Record<string, string>> = {
  "": " of them",
  " --unsafe": ", may change what a probe means",
  " --assume-installed": ", with knell in the image",
  " --assume-installed --live": ", with knell in the image, in liveness probes",
};
const FLAG_ORDER = Object.keys(FLAG_NOTES);
/** Where an excerpt is cut. */
const EXCERPT_COLUMNS = 100;
const SKIPPED_SHOWN = 3;

/** For people: each finding with the line it is about, why it matters and what to do; at the end, what to do next. */
export const reportText: Reporter = (result, context) => {
  const paint = colors(context.useColor);
  if (context.isQuiet) {
    return result.findings.map((finding) => `${headline(finding, paint)}\n`).join("");
  }
  const blocks = result.findings.map((finding) => block(finding, result, paint));
  return [...blocks, ...skippedLines(result.skipped, paint), summary(result, context, paint)]
    .map((part) => `${part}\n`)
    .join("");
};

function headline({ file, span, severity, message, name, id }: Finding, paint: Colors): string {
  const place = paint.bold(`${printable(file)}:${span.start.line}:${span.start.column}:`);
  const said = printable(message.replace(/\s*\n\s*/g, " "));
  return `${place} ${severityLabel(severity, paint)}: ${said} ${paint.dim(`[${name} ${id}]`)}`;
}

function severityLabel(severity: Severity, paint: Colors): string {
  const color = { error: paint.red, warning: paint.yellow, info: paint.cyan }[severity];
  return color(severity);
}

function block(finding: Finding, result: LintResult, paint: Colors): string {
  const text = result.texts.get(finding.file);
  const notes = [
    ...(finding.origin === undefined ? [] : [`from: ${printable(finding.origin)}`]),
    `why: ${finding.why}`,
    ...fixNotes(finding),
  ];
  return [
    headline(finding, paint),
    ...(text === undefined ? [] : excerpt(finding, text, paint)),
    ...notes.map((note) => `  ${note.replace(/^\w+:/, (label) => paint.cyan(label))}`),
    "",
  ].join("\n");
}

function fixNotes({ fixes, remedy }: Finding): string[] {
  const [fix] = fixes;
  if (fix === undefined) return [`instead: ${remedy}`];
  return [`fix: ${fix.description} (knell fix${flagsFor(fix)})`];
}

/** What makes `knell fix` apply it. */
function flagsFor({ kind, edits }: Fix): string {
  if (kind !== "knell") return { safe: "", unsafe: " --unsafe" }[kind];
  return edits.some(({ text }) => text.includes("--live"))
    ? " --assume-installed --live"
    : " --assume-installed";
}

/** The first line of the span, and a caret line below it. Tabs stay, so that the carets stand right. */
function excerpt({ span: { start, end } }: Finding, text: string, paint: Colors): string[] {
  const lineStart = text.lastIndexOf("\n", start.offset - 1) + 1;
  const lineEnd = text.indexOf("\n", start.offset);
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).replace(/\r$/, "");
  const bare = line.replace(/^\uFEFF/, "");
  const from = start.column - 1;
  const isOneLine = end.line === start.line;
  const to = Math.max(from + 1, isOneLine ? end.column - 1 : bare.length);
  // A window around the start, for the long lines of JSON.
  const windowStart = from < EXCERPT_COLUMNS - 20 ? 0 : from - 20;
  const shown = bare.slice(windowStart, windowStart + EXCERPT_COLUMNS);
  const indent = shown.slice(0, from - windowStart).replace(/[^\t]/g, " ");
  const caretCount = Math.max(1, Math.min(to, windowStart + EXCERPT_COLUMNS) - from);
  const number = String(start.line);
  const gutter = paint.dim(`${number} |`);
  const blank = paint.dim(`${" ".repeat(number.length)} |`);
  return [
    `  ${gutter} ${printable(shown)}`,
    `  ${blank} ${indent}${paint.red("^".repeat(caretCount))}`,
  ];
}

/** No control characters of the input reach the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\u{FFFD}");
}

function skippedLines(skipped: readonly Skipped[], paint: Colors): string[] {
  if (skipped.length === 0) return [];
  const shown = skipped.slice(0, SKIPPED_SHOWN);
  const more = skipped.length - shown.length;
  return [
    ...shown.map(({ file, reason }) => `${paint.bold(`${printable(file)}:`)} skipped: ${reason}`),
    ...(more > 0 ? [`and ${more} more skipped`] : []),
    ...(skipped.some(({ reason }) => reason === "template")
      ? ["Templates are checked after rendering: helm template CHART | knell lint -", ""]
      : [""]),
  ];
}

function summary(result: LintResult, context: ReportContext, paint: Colors): string {
  const { findings, fileCount, problems } = result;
  const files = counted(fileCount, "file");
  const hidden =
    context.baselinedCount > 0 ? `; ${context.baselinedCount} more in the baseline` : "";
  if (findings.length === 0) {
    const mark = problems.length > 0 ? "" : paint.green("ok: ");
    return `${mark}no findings in ${files}${hidden}`;
  }
  const total = findings.length + context.truncatedCount;
  const withFindings = new Set(findings.map(({ file }) => file)).size;
  const counts = countBySeverity(findings);
  const parts = (["error", "warning"] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => counted(counts[severity], severity))
    .concat(counts.info > 0 ? [`${counts.info} info`] : []);
  const cut = context.truncatedCount > 0 ? `; ${context.truncatedCount} of them not shown` : "";
  const first = `${counted(total, "finding")} (${parts.join(", ")}) in ${withFindings} of ${files}${cut}${hidden}`;
  return [paint.bold(first), ...nextSteps(findings, context)].join("\n");
}

function nextSteps(findings: readonly Finding[], { fixCommand }: ReportContext): string[] {
  const command = fixCommand ?? "knell fix FILE";
  const counts = new Map<string, number>();
  for (const { fixes } of findings) {
    const [first] = fixes;
    if (first === undefined) continue;
    const flags = flagsFor(first);
    counts.set(flags, (counts.get(flags) ?? 0) + 1);
  }
  const steps = [...counts]
    .sort(([a], [b]) => FLAG_ORDER.indexOf(a) - FLAG_ORDER.indexOf(b))
    .map(([flags, count]) => [`${command}${flags}`, `repairs ${count}${FLAG_NOTES[flags] ?? ""}`]);
  steps.push([`knell lint --explain ${findings[0]!.id}`, "says more about one"]);
  const width = Math.max(...steps.map(([label]) => label!.length));
  return steps.map(([label, text]) => `  ${label!.padEnd(width)}  ${text}`);
}
