// SARIF 2.1.0 (OASIS), as GitHub code scanning and editors read it.

import { pathToFileURL } from "node:url";
import { LineIndex } from "../../kube/text.ts";
import type {
  Edit,
  Finding,
  Fix,
  LintResult,
  Problem,
  RuleMeta,
  Severity,
  Span,
} from "../finding.ts";
import { fingerprints } from "../fingerprint.ts";
import { type ReportContext, type Reporter, workspacePath } from "./report.ts";

const SCHEMA =
  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ROOT = "%SRCROOT%";
const LEVELS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  info: "note",
};

export const reportSarif: Reporter = (result, context) => {
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: driver(context) },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [ROOT]: { description: { text: "The folder that was checked." } } },
        invocations: [
          {
            executionSuccessful: result.problems.length === 0,
            toolExecutionNotifications: result.problems.map((problem) =>
              notification(problem, context),
            ),
          },
        ],
        results: resultsOf(result, context),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
};

function driver({ rules, version }: ReportContext) {
  return {
    name: "knell",
    version,
    semanticVersion: version,
    rules: rules.map(ruleDescriptor),
  };
}

function ruleDescriptor(rule: RuleMeta) {
  return {
    id: rule.id,
    name: rule.name,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.why },
    help: {
      text: `${rule.why}\n${rule.remedy}\n${rule.link}`,
      markdown: `**Why:** ${rule.why}\n\n**Instead:** ${rule.remedy}\n\n[Seen here](${rule.link})`,
    },
    ...(URL.canParse(rule.link) ? { helpUri: rule.link } : {}),
    defaultConfiguration: { enabled: rule.isOnByDefault, level: LEVELS[rule.severity] },
    properties: { tags: ["kubernetes", "probe"], fixKinds: rule.fixKinds },
  };
}

function resultsOf(result: LintResult, context: ReportContext) {
  const prints = fingerprints(result.findings, result.texts);
  const indexes = new Map(context.rules.map(({ id }, index) => [id, index]));
  return result.findings.map((finding, index) => {
    const ruleIndex = indexes.get(finding.id);
    const text = result.texts.get(finding.file) ?? "";
    return {
      ruleId: finding.id,
      ...(ruleIndex === undefined ? {} : { ruleIndex }),
      level: LEVELS[finding.severity],
      message: { text: finding.message },
      locations: [
        {
          physicalLocation: {
            artifactLocation: artifactLocation(finding.file, context),
            region: region(finding.span, text),
          },
          logicalLocations: [{ fullyQualifiedName: finding.objectPath, kind: "object" }],
        },
      ],
      partialFingerprints: { "knell/v1": prints[index] },
      ...fixesOf(finding, text, context),
    };
  });
}

function region({ start, end }: Span, text: string) {
  const snippet = text.slice(start.offset, end.offset);
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(snippet === "" ? {} : { snippet: { text: snippet } }),
  };
}

function fixesOf({ file, fixes }: Finding, text: string, context: ReportContext) {
  const changing = fixes.filter(({ edits }) => edits.length > 0);
  if (changing.length === 0) return {};
  const lines = new LineIndex(text);
  return {
    fixes: changing.map(({ description, kind, edits }: Fix) => ({
      description: { text: kind === "safe" ? description : `${description} (${kind})` },
      artifactChanges: [
        {
          artifactLocation: artifactLocation(file, context),
          replacements: edits.map((edit) => replacement(edit, lines)),
        },
      ],
    })),
  };
}

function replacement({ start, end, text }: Edit, lines: LineIndex) {
  return {
    deletedRegion: region(lines.spanOf(start, end), ""),
    ...(text === "" ? {} : { insertedContent: { text } }),
  };
}

function notification({ file, span, message }: Problem, context: ReportContext) {
  return {
    level: "error",
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifactLocation(file, context),
          ...(span === undefined ? {} : { region: region(span, "") }),
        },
      },
    ],
  };
}

function artifactLocation(file: string, context: ReportContext) {
  const path = workspacePath(file, context);
  if (path.startsWith("/")) return { uri: pathToFileURL(path).href };
  // encodeURI leaves "?" and "#" alone, which would end a path.
  return { uri: encodeURI(path).replace(/[?#]/g, encodeURIComponent), uriBaseId: ROOT };
}
