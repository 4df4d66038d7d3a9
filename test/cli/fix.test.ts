import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BAD_POD, FIXED_POD, GOOD_POD, workspaceWith } from "./workspace.ts";

test("files are repaired and nothing else in them changes; a second run changes nothing", () => {
  const { knell, read } = workspaceWith({ "bad.yaml": BAD_POD, "good.yaml": GOOD_POD });
  const first = knell(["fix", "."]);
  expect(first.stdout).toBe(
    "bad.yaml:8: set timeoutSeconds to 5 [exec-default-timeout KN302]\n1 fix applied in 1 file, 1 finding left; knell lint shows what to do by hand\n",
  );
  expect(first).toMatchObject({ status: 1, stderr: "" });
  expect(read("bad.yaml")).toBe(FIXED_POD);
  expect(read("good.yaml")).toBe(GOOD_POD);
  knell(["fix", "."]);
  expect(read("bad.yaml")).toBe(FIXED_POD);
});

test("0 when nothing is left, 1 when something is, 2 when a file could not be read", () => {
  const { knell } = workspaceWith({ "bad.yaml": BAD_POD, "good.yaml": GOOD_POD });
  expect(knell(["fix", "--ignore", "KN501", "bad.yaml"]).status).toBe(0);
  expect(knell(["fix", "bad.yaml"]).status).toBe(1);
  expect(knell(["fix", "good.yaml", "gone.yaml"])).toMatchObject({
    status: 2,
    stderr: "knell fix: gone.yaml: no such file or folder\n",
  });
});

test("stdin goes to stdout, also unchanged; what was done goes to stderr", () => {
  const { knell } = workspaceWith({});
  const fixed = knell(["fix"], { input: BAD_POD });
  expect(fixed.stdout).toBe(FIXED_POD);
  expect(fixed.stderr).toContain("<stdin>:8: set timeoutSeconds to 5");
  expect(knell(["fix", "-"], { input: GOOD_POD }).stdout).toBe(GOOD_POD);
});

test("--check, --dry-run and --diff write nothing; --check is 1 only where something would change", () => {
  const { knell, read } = workspaceWith({
    "bad.yaml": BAD_POD,
    "good.yaml": GOOD_POD,
    "fixed.yaml": FIXED_POD,
  });
  expect(knell(["fix", "--check", "bad.yaml"]).status).toBe(1);
  expect(knell(["fix", "--check", "fixed.yaml"]).status).toBe(0);
  expect(knell(["fix", "--dry-run", "bad.yaml"]).stdout).toContain(
    "1 fix would be applied in 1 file",
  );
  knell(["fix", "--diff", "bad.yaml"]);
  expect(read("bad.yaml")).toBe(BAD_POD);
});

test("--diff is a patch that patch(1) applies to the same result", () => {
  const { knell, path, read, write } = workspaceWith({
    "k8s/bad.yaml": BAD_POD,
    "crlf.yaml": BAD_POD.replaceAll("\n", "\r\n"),
  });
  const { stdout } = knell(["fix", "--diff", "."]);
  expect(stdout).not.toContain("\x1b");
  const patched = spawnSync("git", ["apply", "-"], { cwd: path, input: stdout, encoding: "utf8" });
  expect([patched.status, patched.stderr]).toEqual([0, ""]);
  expect(read("k8s/bad.yaml")).toBe(FIXED_POD);
  expect(read("crlf.yaml")).toBe(FIXED_POD.replaceAll("\n", "\r\n"));
  write("k8s/bad.yaml", BAD_POD);
  expect(knell(["fix", "--diff", "--color", "always", "."]).stdout).toContain(
    "\x1b[32m+        timeoutSeconds: 5\x1b[39m",
  );
});

test("a byte order mark, CRLF and UTF-16 stay", () => {
  const { knell, path, read, write } = workspaceWith({
    "bom.yaml": `\uFEFF${BAD_POD.replaceAll("\n", "\r\n")}`,
  });
  write("wide.yaml", Buffer.from(`\uFEFF${BAD_POD}`, "utf16le"));
  knell(["fix", "."]);
  expect(read("bom.yaml")).toBe(`\uFEFF${FIXED_POD.replaceAll("\n", "\r\n")}`);
  const wide = spawnSync("cat", [join(path, "wide.yaml")]).stdout;
  expect(wide.toString("utf16le")).toBe(`\uFEFF${FIXED_POD}`);
});

test("knell commands only with --assume-installed, on liveness only with --live", () => {
  const pod = `${FIXED_POD}      readinessProbe:\n        timeoutSeconds: 5\n        exec: {command: [redis-cli, ping]}\n`;
  const { knell } = workspaceWith({});
  const fixed = (...args: string[]) => knell(["fix", ...args], { input: pod }).stdout;
  expect(fixed("--assume-installed")).not.toContain("--live");
  expect(fixed("--assume-installed", "--live")).toMatch(/knell, redis, "?--live/);
  expect(fixed()).not.toContain("knell");
});

test("--rule repairs that one only", () => {
  const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
  expect(knell(["fix", "--dry-run", "--rule", "KN501", "bad.yaml"]).stdout).toContain(
    "0 fixes would be applied",
  );
  expect(knell(["fix", "--rule", "KN302", "bad.yaml"]).status).toBe(0);
});

test("a read-only file is an error with nothing lost, and the other files are repaired", () => {
  const { knell, path, read } = workspaceWith({ "locked.yaml": BAD_POD, "open.yaml": BAD_POD });
  chmodSync(join(path, "locked.yaml"), 0o444);
  const { status, stderr } = knell(["fix", "."]);
  expect([status, stderr]).toEqual([
    2,
    "knell fix: locked.yaml: cannot be written: file is read-only (EACCES)\n",
  ]);
  expect([read("locked.yaml"), read("open.yaml")]).toEqual([BAD_POD, FIXED_POD]);
});

test("a link stays a link and its target is repaired with its mode", () => {
  const { knell, path, read } = workspaceWith({ "real/pod.yaml": BAD_POD });
  chmodSync(join(path, "real/pod.yaml"), 0o640);
  symlinkSync("real/pod.yaml", join(path, "link.yaml"));
  knell(["fix", "link.yaml"]);
  expect(lstatSync(join(path, "link.yaml")).isSymbolicLink()).toBe(true);
  expect(read("real/pod.yaml")).toBe(FIXED_POD);
  expect(statSync(join(path, "real/pod.yaml")).mode & 0o777).toBe(0o640);
});
