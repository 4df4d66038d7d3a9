import type { Severity, Span } from "../finding.ts";
import { type ReportContext, type Reporter, workspacePath } from "./report.ts";

const COMMANDS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  info: "notice",
};

/** GitHub's workflow commands: an annotation at the line of each finding in the pull request. */
export const reportGithub: Reporter = (result, context) => {
  const lines = [
    ...result.findings.map(({ severity, file, span, name, id, message }) =>
      command(COMMANDS[severity], file, span, `${name} ${id}`, message, context),
    ),
    ...result.problems.map(({ file, span, message }) =>
      command("error", file, span, "knell lint", message, context),
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
};

function command(
  name: string,
  file: string,
  span: Span | undefined,
  title: string,
  message: string,
  context: ReportContext,
): string {
  const place =
    span === undefined
      ? []
      : [`line=${span.start.line}`, `col=${span.start.column}`, `endLine=${span.end.line}`];
  const properties = [`file=${escapeProperty(workspacePath(file, context))}`, ...place];
  return `::${name} ${[...properties, `title=${escapeProperty(title)}`].join(",")}::${escapeData(message)}`;
}

/** As @actions/core does: a raw line end would end the command. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
