// Every output format by name; its code is loaded when it is asked for.

import type { Format, Reporter } from "./report.ts";

const LOADERS: Readonly<Record<Format, () => Promise<Reporter>>> = {
  text: async () => (await import("./text.ts")).reportText,
  json: async () => (await import("./json.ts")).reportJson,
  sarif: async () => (await import("./sarif.ts")).reportSarif,
  junit: async () => (await import("./junit.ts")).reportJunit,
  github: async () => (await import("./github.ts")).reportGithub,
  gitlab: async () => (await import("./gitlab.ts")).reportGitlab,
};

export function loadReporter(format: Format): Promise<Reporter> {
  return LOADERS[format]();
}
