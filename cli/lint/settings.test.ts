import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigFiles, isExcluded } from "./config-files.ts";
import { SAMPLE_RULES } from "./reporters/sample.ts";

const CONFIGURABLE = SAMPLE_RULES.map((meta) => ({
  meta,
  options: { seconds: 5, tools: ["curl"] },
}));

import { NO_FLAGS, reaches, ruleId, Settings } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knell-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function settingsOf(path: string, flags = {}, choice: "auto" | "none" | { path: string } = "auto") {
  const files = new ConfigFiles({ choice, cwd: folder }, CONFIGURABLE);
  const absolute = join(folder, path);
  const settings = new Settings(SAMPLE_RULES, { ...NO_FLAGS, ...flags });
  return settings.of(files.chainFor(absolute), absolute);
}

const active = (path: string, flags = {}) => [...settingsOf(path, flags).rules.keys()];

test("without configuration: the rules that are on by default, failing from warning on", () => {
  expect(active("a.yaml")).toEqual(["KN302", "KN501"]);
  expect(settingsOf("a.yaml").failOn).toBe("warning");
});

test("the nearest configuration wins, those further up fill in, root: true stops", () => {
  write(".knell.yaml", "rules: {KN302: off, KN501: info}\nfailOn: error\n");
  write("near/.knell.yaml", "rules: {KN302: error}\n");
  write("alone/.knell.yaml", "root: true\n");
  expect(settingsOf("near/deep/a.yaml").rules.get("KN302")?.severity).toBe("error");
  expect(settingsOf("near/deep/a.yaml").rules.get("KN501")?.severity).toBe("info");
  expect(settingsOf("near/deep/a.yaml").failOn).toBe("error");
  expect(active("a.yaml")).toEqual(["KN501"]);
  expect(settingsOf("alone/a.yaml").rules.get("KN501")).toEqual({ options: {} });
});

test("overrides apply to the files that their globs match, from the folder of the configuration", () => {
  write(".knell.yaml", "overrides: [{files: [dev/**], rules: {KN501: off}}]\n");
  expect(active("dev/x/a.yaml")).toEqual(["KN302"]);
  expect(active("prod/a.yaml")).toEqual(["KN302", "KN501"]);
});

test("flags beat configuration: --rule turns on what is off, --severity sets, --ignore beats all", () => {
  write(".knell.yaml", "rules: {KN501: off}\nfailOn: never\n");
  expect(active("a.yaml", { only: ["KN501"] })).toEqual(["KN501"]);
  expect(active("a.yaml", { isEveryRuleOn: true })).toEqual(["KN302", "KN405"]);
  expect(settingsOf("a.yaml", { levels: { KN302: "info" } }).rules.get("KN302")?.severity).toBe(
    "info",
  );
  expect(active("a.yaml", { only: ["KN302"], ignored: ["KN302"] })).toEqual([]);
  expect(settingsOf("a.yaml", { failOn: "info" }).failOn).toBe("info");
});

test("--no-config reads none, --config reads that one only", () => {
  write(".knell.yaml", "rules: {KN501: off}\n");
  write("other.yaml", "rules: {KN302: off}\n");
  expect([...settingsOf("a.yaml", {}, "none").rules.keys()]).toEqual(["KN302", "KN501"]);
  expect([...settingsOf("a.yaml", {}, { path: "other.yaml" }).rules.keys()]).toEqual(["KN501"]);
});

test("a configuration that cannot be read is a problem, once for all files", () => {
  const files = new ConfigFiles({ choice: { path: "gone.yaml" }, cwd: folder }, CONFIGURABLE);
  files.chainFor(join(folder, "a.yaml"));
  files.chainFor(join(folder, "b.yaml"));
  expect(files.problems).toEqual([
    { file: "gone.yaml", message: "cannot be read: no such file or directory (ENOENT)" },
  ]);
});

test("exclude: a name matches at any depth and covers what is below, a path begins at the configuration", () => {
  write(".knell.yaml", 'exclude: [vendor, "charts/old/", "*.gen.yaml"]\n');
  const files = new ConfigFiles({ choice: "auto", cwd: folder }, CONFIGURABLE);
  const excluded = (path: string) => {
    const absolute = join(folder, path);
    return isExcluded(files.chainFor(absolute), absolute);
  };
  const paths = [
    "x/vendor/y/a.yaml",
    "charts/old/a.yaml",
    "x/charts/old/a.yaml",
    "x/a.gen.yaml",
    "a.yaml",
  ];
  expect(paths.map(excluded)).toEqual([true, true, false, true, false]);
});

test("a rule is found by number, in any case, and by name; another gets the nearest", () => {
  expect(ruleId("kn501", SAMPLE_RULES)).toBe("KN501");
  expect(ruleId("redis-exit-status", SAMPLE_RULES)).toBe("KN501");
  expect(() => ruleId("redis-exit-statuses", SAMPLE_RULES)).toThrow(
    'did you mean "redis-exit-status"?',
  );
});

test("a threshold is reached by its own severity and by graver ones; never by none", () => {
  expect(reaches("error", "warning")).toBe(true);
  expect(reaches("warning", "warning")).toBe(true);
  expect(reaches("info", "warning")).toBe(false);
  expect(reaches("error", "never")).toBe(false);
});
