// Hand-made results that the tests of all formats print.

import { LineIndex } from "../../kube/text.ts";
import type { Finding, LintResult, RuleMeta } from "../finding.ts";
import type { ReportContext } from "./report.ts";

export const SAMPLE_RULES: readonly RuleMeta[] = [
  {
    id: "KN302",
    name: "exec-default-timeout",
    severity: "warning",
    isOnByDefault: true,
    summary: "an exec probe without timeoutSeconds",
    why: "The default is 1 s, and it is enforced since Kubernetes 1.20.",
    remedy: "Set timeoutSeconds.",
    link: "https://example.org/302",
    fixKinds: ["safe"],
  },
  {
    id: "KN501",
    name: "redis-exit-status",
    severity: "error",
    isOnByDefault: true,
    summary: "redis-cli judged by its exit status",
    why: "It exits 0 on NOAUTH & LOADING.",
    remedy: "Add -e, or use knell redis.",
    link: "https://example.org/501",
    fixKinds: ["safe", "knell"],
  },
  {
    id: "KN405",
    name: "probes-missing",
    severity: "info",
    isOnByDefault: false,
    summary: "no probes",
    why: "Nobody notices when it hangs.",
    remedy: "Add a probe.",
    link: "https://example.org/405",
    fixKinds: [],
  },
];

export const REDIS_YAML = `livenessProbe:
  exec:
    command: [redis-cli, ping]
readinessProbe:
  exec:
    command: ["redis-cli", "ping"]
`;

export const SAMPLE_CONTEXT: ReportContext = {
  rules: SAMPLE_RULES,
  version: "1.2.3",
  cwd: "/project",
  workspace: "/project",
  isFailing: ({ severity }) => severity !== "info",
  baselinedCount: 0,
  truncatedCount: 0,
  useColor: false,
  isQuiet: false,
  fixCommand: "knell fix deploy",
};

/** A finding of `id` on the first place of `excerpt` in `text`. */
export function sampleFinding(
  id: string,
  excerpt: string,
  changes: Partial<Finding> = {},
  text = REDIS_YAML,
): Finding {
  const rule = SAMPLE_RULES.find((meta) => meta.id === id)!;
  const start = text.indexOf(excerpt);
  if (start === -1) throw new Error(`no "${excerpt}" in the sample`);
  return {
    id,
    name: rule.name,
    severity: rule.severity,
    message: `something about "${excerpt}"`,
    why: rule.why,
    remedy: rule.remedy,
    link: rule.link,
    file: "deploy/redis.yaml",
    span: new LineIndex(text).spanOf(start, start + excerpt.length),
    objectPath: "Deployment/default/redis/redis/livenessProbe",
    fixes: [],
    ...changes,
  };
}

export const EMPTY_RESULT: LintResult = {
  findings: [],
  problems: [],
  skipped: [],
  fileCount: 2,
  texts: new Map(),
};

const insertAt = REDIS_YAML.indexOf("    command");

/** Two findings, one with a fix, in one file; an unparsable file; a template. */
export const SAMPLE_RESULT: LintResult = {
  findings: [
    sampleFinding("KN302", "exec", {
      fixes: [
        {
          kind: "safe",
          description: "add timeoutSeconds: 5",
          edits: [{ start: insertAt, end: insertAt, text: "    # 5 s\n" }],
          intents: [],
        },
      ],
    }),
    sampleFinding("KN501", '["redis-cli", "ping"]', {
      message: 'exit 0 on "NOAUTH" <&>\nand 100%',
      objectPath: "Deployment/default/redis/redis/readinessProbe",
    }),
    sampleFinding("KN405", "livenessProbe", { file: "/elsewhere/a b#1.yaml" }),
  ],
  problems: [
    {
      file: "broken.yaml",
      span: new LineIndex("a: [").spanOf(3, 4),
      message: "flow sequence is not closed",
    },
    { file: "gone.yaml", message: "no such file or folder" },
  ],
  skipped: [{ file: "chart/templates/x.yaml", reason: "template" }],
  fileCount: 4,
  texts: new Map([
    ["deploy/redis.yaml", REDIS_YAML],
    ["/elsewhere/a b#1.yaml", REDIS_YAML],
  ]),
};
