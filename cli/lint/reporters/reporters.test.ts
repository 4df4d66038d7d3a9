import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type AnySchemaObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { RULE_METAS } from "../rule-metas.ts";
import { reportGithub } from "./github.ts";
import { reportGitlab } from "./gitlab.ts";
import { reportJson } from "./json.ts";
import { reportJunit } from "./junit.ts";
import type { Reporter } from "./report.ts";
import {
  EMPTY_RESULT,
  REDIS_YAML,
  SAMPLE_CONTEXT,
  SAMPLE_RESULT,
  sampleFinding,
} from "./sample.ts";
import { reportSarif } from "./sarif.ts";

const root = join(import.meta.dirname, "../../..");
const addFormats = formats as unknown as typeof formats.default;

function readSchema(path: string): AnySchemaObject {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** The faults of `document` against the SARIF schema. Draft 4's "id" is left out: ajv knows later drafts only. */
function sarifFaults(document: unknown): unknown {
  const {
    $schema: _draft4,
    id: _id,
    ...schema
  } = readSchema("test/schemas/sarif-2.1.0-rtm.5.json");
  // Its patterns are none for the u flag.
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  return validate(document) ? [] : validate.errors;
}

function faults2020(path: string, document: unknown): unknown {
  const validate = new Ajv2020({ allErrors: true }).compile(readSchema(path));
  return validate(document) ? [] : validate.errors;
}

const parsed = (report: Reporter, result = SAMPLE_RESULT, context = SAMPLE_CONTEXT) =>
  JSON.parse(report(result, context));

describe("sarif", () => {
  test("validates against the schema of SARIF 2.1.0", () => {
    expect(sarifFaults(parsed(reportSarif))).toEqual([]);
    expect(sarifFaults(parsed(reportSarif, EMPTY_RESULT))).toEqual([]);
  });

  test("validates with every rule there is", () => {
    const context = { ...SAMPLE_CONTEXT, rules: RULE_METAS };
    expect(sarifFaults(parsed(reportSarif, EMPTY_RESULT, context))).toEqual([]);
  });

  test("the schema is one that rejects: a level of SARIF 1, a result without a message", () => {
    const log = parsed(reportSarif);
    log.runs[0].results[0].level = "fatal";
    expect(sarifFaults(log)).not.toEqual([]);
    const silent = parsed(reportSarif);
    delete silent.runs[0].results[0].message;
    expect(sarifFaults(silent)).not.toEqual([]);
  });

  test("results is there without a finding", () => {
    expect(parsed(reportSarif, EMPTY_RESULT).runs[0].results).toEqual([]);
  });

  test("a fix is the region it deletes and the text it inserts", () => {
    const [first, second] = parsed(reportSarif).runs[0].results;
    expect(first.fixes).toEqual([
      {
        description: { text: "add timeoutSeconds: 5" },
        artifactChanges: [
          {
            artifactLocation: { uri: "deploy/redis.yaml", uriBaseId: "%SRCROOT%" },
            replacements: [
              {
                deletedRegion: { startLine: 3, startColumn: 1, endLine: 3, endColumn: 1 },
                insertedContent: { text: "    # 5 s\n" },
              },
            ],
          },
        ],
      },
    ]);
    expect(second).not.toHaveProperty("fixes");
  });

  test("ruleIndex points at the rule, whose help says why and what instead", () => {
    const [run] = parsed(reportSarif).runs;
    for (const { ruleId, ruleIndex } of run.results) {
      expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    }
    expect(run.tool.driver.rules[1].help.text).toContain("Add -e, or use knell redis.");
  });

  test("fingerprints stay when lines are added above, and differ between equal findings", () => {
    const printsOf = (text: string) => {
      const finding = sampleFinding("KN302", "exec", {}, text);
      const result = {
        ...EMPTY_RESULT,
        findings: [finding, finding],
        texts: new Map([[finding.file, text]]),
      };
      return parsed(reportSarif, result).runs[0].results.map(
        (entry: { partialFingerprints: object }) => entry.partialFingerprints,
      );
    };
    const [first, second] = printsOf(REDIS_YAML);
    expect(first).not.toEqual(second);
    expect(printsOf(`# new\n\n${REDIS_YAML}`)).toEqual([first, second]);
  });

  test("a file outside the workspace is a file URI, and special characters are escaped", () => {
    const outside = parsed(reportSarif).runs[0].results[2].locations[0].physicalLocation;
    expect(outside.artifactLocation).toEqual({ uri: "file:///elsewhere/a%20b%231.yaml" });
    const inside = sampleFinding("KN302", "exec", { file: "a b?#.yaml" });
    const log = parsed(reportSarif, { ...EMPTY_RESULT, findings: [inside] });
    expect(log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(
      "a%20b%3F%23.yaml",
    );
  });

  test("an unreadable input makes the invocation unsuccessful and is named", () => {
    const [invocation] = parsed(reportSarif).runs[0].invocations;
    expect(invocation.executionSuccessful).toBe(false);
    expect(invocation.toolExecutionNotifications[0].message.text).toBe(
      "flow sequence is not closed",
    );
  });
});

describe("junit", () => {
  /** What xmllint says of `xml` against the schema; "" if it is valid. */
  function xmlFaults(xml: string): string {
    const schema = join(root, "test/schemas/jenkins-junit.xsd");
    try {
      execFileSync("xmllint", ["--noout", "--schema", schema, "-"], { input: xml, stdio: "pipe" });
      return "";
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
  }

  test("validates against the schema of Jenkins, with hostile text too", () => {
    expect(xmlFaults(reportJunit(SAMPLE_RESULT, SAMPLE_CONTEXT))).toBe("");
    expect(xmlFaults(reportJunit(EMPTY_RESULT, SAMPLE_CONTEXT))).toBe("");
    const hostile = sampleFinding("KN302", "exec", {
      message: 'NUL \0, escape \x1b[31m, ]]>, <!--, "&amp;", lone \uD800',
      file: 'a"<>&.yaml',
    });
    const report = reportJunit({ ...EMPTY_RESULT, findings: [hostile] }, SAMPLE_CONTEXT);
    expect(xmlFaults(report)).toBe("");
  });

  test("the schema is one that rejects: a suite without a name", () => {
    const broken = reportJunit(SAMPLE_RESULT, SAMPLE_CONTEXT).replace(
      /<testsuite name="[^"]*"/,
      "<testsuite",
    );
    expect(xmlFaults(broken)).toContain("'name' is required");
  });

  test("a finding that fails the run is a failure, another passes with its text, a problem is an error", () => {
    const report = reportJunit(SAMPLE_RESULT, SAMPLE_CONTEXT);
    expect(report.match(/<failure /g)).toHaveLength(2);
    expect(report.match(/<system-out>info: /g)).toHaveLength(1);
    expect(report.match(/<error /g)).toHaveLength(2);
    expect(report).toContain(
      '<testsuite name="deploy/redis.yaml" tests="2" failures="2" errors="0"',
    );
  });

  test("a clean run has one passing case, because CI services refuse an empty report", () => {
    expect(reportJunit(EMPTY_RESULT, SAMPLE_CONTEXT)).toContain("no findings in 2 files");
  });
});

describe("gitlab", () => {
  test("validates against the documented format; an empty run is an empty list", () => {
    expect(faults2020("test/schemas/gitlab-code-quality.json", parsed(reportGitlab))).toEqual([]);
    expect(parsed(reportGitlab, EMPTY_RESULT)).toEqual([]);
  });

  test("error, warning, info and a problem become critical, major, info and blocker", () => {
    const severities = parsed(reportGitlab).map((entry: { severity: string }) => entry.severity);
    expect(severities).toEqual(["major", "critical", "info", "blocker", "blocker"]);
  });

  test("equal findings have different fingerprints, or GitLab would show one", () => {
    const findings = [sampleFinding("KN302", "exec"), sampleFinding("KN302", "exec")];
    const [first, second] = parsed(reportGitlab, { ...SAMPLE_RESULT, findings });
    expect(first.fingerprint).not.toBe(second.fingerprint);
  });
});

describe("github", () => {
  test("severity, place from the workspace, title; line ends and per cent signs are escaped", () => {
    const context = { ...SAMPLE_CONTEXT, cwd: "/project/sub", workspace: "/project" };
    const lines = reportGithub(SAMPLE_RESULT, context).split("\n");
    expect(lines[0]).toBe(
      '::warning file=sub/deploy/redis.yaml,line=2,col=3,endLine=2,title=exec-default-timeout KN302::something about "exec"',
    );
    expect(lines[1]).toBe(
      '::error file=sub/deploy/redis.yaml,line=6,col=14,endLine=6,title=redis-exit-status KN501::exit 0 on "NOAUTH" <&>%0Aand 100%25',
    );
    expect(lines[2]).toMatch(/^::notice file=\/elsewhere\/a b#1.yaml,/);
    expect(lines[4]).toBe("::error file=sub/gone.yaml,title=knell lint::no such file or folder");
  });

  test("a comma or colon in a file name does not end the property", () => {
    const finding = sampleFinding("KN302", "exec", { file: "a,b:c.yaml" });
    const report = reportGithub({ ...EMPTY_RESULT, findings: [finding] }, SAMPLE_CONTEXT);
    expect(report).toContain("file=a%2Cb%3Ac.yaml,line=2");
  });
});

describe("json", () => {
  test("validates against the published schema", () => {
    const schema = "schemas/lint-output.schema.json";
    expect(faults2020(schema, parsed(reportJson))).toEqual([]);
    expect(faults2020(schema, parsed(reportJson, EMPTY_RESULT))).toEqual([]);
    const unknown = { ...parsed(reportJson), version: 2 };
    expect(faults2020(schema, unknown)).not.toEqual([]);
  });

  test("has a version, every field of a finding, and the counts", () => {
    const report = parsed(reportJson);
    expect(report.version).toBe(1);
    expect(report.findings[0]).toMatchObject({
      id: "KN302",
      name: "exec-default-timeout",
      severity: "warning",
      file: "deploy/redis.yaml",
      span: { start: { line: 2, column: 3 }, end: { line: 2, column: 7 } },
      fixes: [{ kind: "safe", description: "add timeoutSeconds: 5" }],
    });
    expect(report.summary).toMatchObject({
      files: 4,
      errors: 1,
      warnings: 1,
      infos: 1,
      fixable: 1,
    });
  });
});
