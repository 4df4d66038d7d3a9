import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifest, writeManifests } from "./manifests.ts";
import { compare } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

const KNELL = join(import.meta.dirname, "../dist/cli/knell.js");
const PARSE = join(import.meta.dirname, "programs/parse-yaml.mjs");
const SEED = 20;
const FEW = 1000;
const MANY = 10_000;
const ROUNDS = { rounds: 7, laps: 1 };

/** `knell lint` and `knell fix` as whole processes over generated manifests. */
export async function measure(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "knell-bench-"));
  try {
    const [few, many, one] = ["few", "many", "one.yaml"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeManifests(few, FEW, SEED);
    writeManifests(many, MANY, SEED);
    writeFileSync(one, manifest(1, SEED));
    return [
      againstParsing(few),
      fixAgainstLint(few),
      linear(few, many),
      memory(few, many),
      start(one),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The command on a folder, ending with 0 whatever it finds. */
const lint = (path: string) => [process.execPath, KNELL, "lint", "--fail-on", "never", path];
/** Finds and makes every fix, but writes none, so that every run has the same work. */
const fixed = (path: string) => [
  "sh",
  "-c",
  `"$0" "$1" fix --dry-run "$2" || [ $? -eq 1 ]`,
  process.execPath,
  KNELL,
  path,
];

function againstParsing(few: string): Row {
  const cost = compare(lint(few), [process.execPath, PARSE, few], ROUNDS);
  return {
    what: `\`knell lint\` of ${FEW} manifests ÷ parsing them with \`yaml\``,
    value: cost.wallRatio,
    unit: "×",
    good: "at most",
    bound: 1.6,
    detail: `${milliseconds(cost.wallA)} ÷ ${milliseconds(cost.wallB)}`,
  };
}

function fixAgainstLint(few: string): Row {
  const cost = compare(fixed(few), lint(few), ROUNDS);
  return {
    what: `\`knell fix --dry-run\` ÷ \`knell lint\`, ${FEW} manifests`,
    value: cost.wallRatio,
    unit: "×",
    good: "at most",
    bound: 2,
    detail: `${milliseconds(cost.wallA)} ÷ ${milliseconds(cost.wallB)}`,
  };
}

function linear(few: string, many: string): Row {
  const cost = compare(lint(many), lint(few), { rounds: 3, laps: 1 });
  const times = MANY / FEW;
  return {
    what: `\`knell lint\` of ${MANY} manifests ÷ ${times} × ${FEW}`,
    value: cost.wallRatio / times,
    unit: "×",
    good: "at most",
    bound: 1.1,
    detail: `${milliseconds(cost.wallA)} ÷ ${times} × ${milliseconds(cost.wallB)}`,
  };
}

/**
 * What nine thousand more files add: findings, the texts of files that have some, ConfigMaps and Services; no parsed form. V8
 * uses what it may before it collects, so the heap is held at 128 MiB.
 */
function memory(few: string, many: string): Row {
  const held = (path: string) => {
    const [node = "", ...args] = lint(path);
    return peakMebibytes([node, "--max-old-space-size=128", ...args]);
  };
  const [of, than, free] = [held(many), held(few), peakMebibytes(lint(many))];
  return {
    what: `peak RSS of \`knell lint\`, ${MANY} manifests ÷ ${FEW}, heap limited to 128 MiB`,
    value: of / than,
    unit: "×",
    good: "at most",
    detail: `${of.toFixed(0)} ÷ ${than.toFixed(0)} MiB; ${free.toFixed(0)} MiB without the limit`,
  };
}

/** Throws if the command fails, as Node does when the heap does not do. */
function peakMebibytes(command: readonly string[]): number {
  const result = spawnSync("/usr/bin/time", ["-f", "%M", ...command], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (result.status !== 0) throw new Error(`${command.join(" ")}: ${result.stderr}`);
  return Number(result.stderr.trim().split("\n").at(-1)) / 1024;
}

function start(one: string): Row {
  const node = oldestNode();
  const [program = "", ...args] = lint(one).with(0, node.path);
  const cost = compare([program, ...args], [node.path, "-e", "0"], { rounds: 15, laps: 2 });
  return {
    what: "`knell lint` of one file, start to exit",
    value: cost.wallA / 1e6,
    unit: "ms",
    good: "at most",
    bound: 150,
    detail: `Node ${node.version}, which takes ${milliseconds(cost.wallB)} to start`,
  };
}

/** The system's Node if it is the 20 that users may have, else the project's. */
function oldestNode(): { path: string; version: string } {
  const versionOf = (path: string) =>
    spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.trim().slice(1);
  const system = versionOf("/usr/bin/node");
  if (system?.startsWith("20.")) return { path: "/usr/bin/node", version: system };
  return { path: process.execPath, version: process.versions.node };
}
