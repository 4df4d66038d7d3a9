import { expect, test } from "vitest";
import { cliImportFaults, importFaults } from "./imports.ts";

test.each([
  ["redis/redis.ts", 'import { say } from "../system/log";'],
  ["redis/redis.ts", 'import {\n  a,\n  b,\n} from "./resp";'],
  ["help.ts", 'import { help } from "./redis/help";'],
  ["test-entry/redis.ts", 'import { parse } from "../redis/resp";'],
  ["main.ts", 'import { redis } from "./redis/redis";'],
  ["personality/tini.ts", 'import { init } from "../init/init";'],
  ["net/dns.ts", 'import { log } from "../system/log";'],
  ["redis/redis.ts", 'import { x } from "../net/connection";'],
  ["redis/redis.ts", 'import { x } from "../probe/attempt";'],
  ["healthcheck/healthcheck.ts", 'import { x } from "../health/address";'],
  ["system/errors.ts", 'export function f(): void {\n  name("EPERM", "from x");\n}'],
  ["system/host.ts", "export declare function kill(pid: i32, signal: i32): i32;"],
])("imports: %s may: %s", (path, source) => {
  expect(importFaults(path, source)).toEqual([]);
});

test.each([
  ["redis/redis.ts", 'import { x } from "../init/init";', "redis may not import"],
  ["redis/redis.ts", 'export { x } from "../../cli/main";', "from outside binary/"],
  ["redis/redis.ts", 'import { x } from "json-as";', "from outside binary/"],
  ["redis/redis.ts", 'import { main } from "../main";', "redis may not import"],
  ["system/log.ts", 'import { x } from "../init/init";', "system may not import"],
  ["net/dns.ts", 'import { x } from "../redis/redis";', "net may not import"],
  ["probe/attempt.ts", 'import { x } from "../redis/redis";', "probe may not import"],
  ["http/http.ts", 'import { x } from "../redis/redis";', "http may not import"],
  ["system/log.ts", 'import { x } from "../net/connection";', "system may not import"],
  ["redis/redis.ts", 'import "../init/init";', "redis may not import"],
  ["init/init.ts", "declare function kill(pid: i32): i32;", "declared in system/host.ts only"],
])("imports: %s may not: %s", (path, source, fault) => {
  expect(importFaults(path, source).join()).toContain(fault);
});

test.each([
  ["lint/rules/a.ts", 'import { x } from "../../probe/command.ts";'],
  ["lint/rules/a.ts", 'import { fixWith } from "../rule.ts";'],
  ["fix/fix.ts", 'import { Linter } from "../lint/engine.ts";'],
  ["kube/rewrite.ts", 'import type { Edit } from "../lint/finding.ts";'],
  ["run/pod.ts", 'import { workloadOf } from "../kube/pod-spec.ts";'],
  ["lint/config.ts", 'import { nearest } from "../nearest.ts";'],
  ["commands/lint.ts", 'import { lint } from "../lint/engine.ts";'],
  ["main.ts", 'import { run } from "./commands/lint.ts";'],
  ["kube/manifest.ts", 'import { parse } from "yaml";'],
  ["commands/lint.ts", 'console.error("x");'],
])("imports of cli/: %s may: %s", (path, source) => {
  expect(cliImportFaults(path, source)).toEqual([]);
});

test.each([
  ["kube/manifest.ts", 'import { lint } from "../lint/engine.ts";', "kube may not import"],
  ["probe/command.ts", 'import { RULES } from "../lint/rules.ts";', "probe may not import"],
  ["lint/engine.ts", 'import { fix } from "../fix/fix.ts";', "lint may not import"],
  ["run/pod.ts", 'import { lint } from "../lint/engine.ts";', "run may not import"],
  ["fix/fix.ts", 'import { x } from "../commands/fix.ts";', "fix may not import"],
  ["fix/fix.ts", 'import type { X } from "../commands/fix.ts";', "fix may not import"],
  ["lint/engine.ts", 'export { x } from "../main.ts";', "lint may not import"],
  ["lint/engine.ts", 'import {\n  x,\n} from "../../binary/redis/resp";', "lint may not import"],
  ["kube/text.ts", 'console.log("x");', '"console.log" in a library'],
  ["lint/engine.ts", "process.exitCode = 1;", '"process.exitCode" in a library'],
])("imports of cli/: %s may not: %s", (path, source, fault) => {
  expect(cliImportFaults(path, source).join()).toContain(fault);
});
