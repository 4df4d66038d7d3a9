import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { KNELL, knell } from "./program.ts";
import { BAD_POD, GOOD_POD, workspaceWith } from "./workspace.ts";

/** "file:line:column" of each finding in quiet text. */
const places = (stdout: string) =>
  stdout.split("\n").flatMap((line) => /^[^ ]+:\d+:\d+(?=:)/.exec(line)?.[0] ?? []);

describe("exit status", () => {
  test("0 where nothing is found, in one line", () => {
    const { knell } = workspaceWith({ "good.yaml": GOOD_POD });
    expect(knell(["lint", "good.yaml"])).toEqual({
      status: 0,
      stdout: "ok: no findings in 1 file\n",
      stderr: "",
    });
  });

  test("1 for findings, each with its place, its line, why and what to do; stderr stays empty", () => {
    const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
    const { status, stdout, stderr } = knell(["lint", "bad.yaml"]);
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toContain("bad.yaml:8:7: warning: ");
    expect(stdout).toContain(
      "  11 |           command: [redis-cli, ping]  # asks\n     |                     ^^^^^^^^^^^^^^^\n",
    );
    expect(stdout).toContain("2 findings (1 error, 1 warning) in 1 of 1 file\n");
    expect(stdout).toContain("knell fix bad.yaml");
  });

  test("2 for what cannot be read or parsed; the other files are linted and reported all the same", () => {
    const { knell, path } = workspaceWith({
      "bad.yaml": BAD_POD,
      "broken.yaml": "kind: [Pod\napiVersion: v1\n",
    });
    const { status, stdout, stderr } = knell([
      "lint",
      "-q",
      "gone.yaml",
      "broken.yaml",
      "bad.yaml",
    ]);
    expect(status).toBe(2);
    expect(places(stdout)).toEqual(["bad.yaml:8:7", "bad.yaml:11:21"]);
    expect(stderr).toContain("knell lint: gone.yaml: no such file or folder\n");
    expect(stderr).toMatch(/knell lint: broken\.yaml:\d+:\d+: /);
    expect(path).toBeDefined();
  });

  test("--fail-on: error, warning, info and never", () => {
    const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
    const statusWith = (...args: string[]) => knell(["lint", ...args, "bad.yaml"]).status;
    expect(statusWith("--fail-on", "never")).toBe(0);
    expect(statusWith("--fail-on", "error")).toBe(1);
    expect(statusWith("--fail-on", "error", "--ignore", "KN501")).toBe(0);
    expect(statusWith("--ignore", "KN501")).toBe(1);
    expect(statusWith("--ignore", "KN501", "--severity", "KN302=info")).toBe(0);
    expect(statusWith("--ignore", "KN501", "--severity", "KN302=info", "--fail-on", "info")).toBe(
      1,
    );
  });

  test.each([
    [["lnit"], 'knell: unknown command "lnit"; did you mean "lint"?; see knell --help\n'],
    [["--hlep"], 'knell: unknown option "--hlep"; did you mean "--help"?; see knell --help\n'],
    [
      ["lint", "--forma", "json"],
      'knell lint: unknown option "--forma"; did you mean "--format"?; see knell lint --help\n',
    ],
    [
      ["lint", "--format", "jsn"],
      'knell lint: --format: "jsn" is none of text, json, sarif, junit, github, gitlab; did you mean "json"?; see knell lint --help\n',
    ],
    [
      ["lint", "--format", "json", "--format", "sarif"],
      "knell lint: --format: json and sarif both go to stdout; give one a file, F:PATH; see knell lint --help\n",
    ],
    [
      ["lint", "--rule", "redis-exit-statu"],
      'knell lint: --rule: unknown rule "redis-exit-statu"; did you mean "redis-exit-status"?; see knell lint --help\n',
    ],
    [
      ["lint", "--severity", "KN302"],
      'knell lint: --severity: "KN302" has no level; give ID=error|warning|info|on|off; see knell lint --help\n',
    ],
    [
      ["lint", "--max-findings", "few"],
      'knell lint: --max-findings: "few" is no number; give one such as 50; see knell lint --help\n',
    ],
    [
      ["lint", "--kube-version", "new"],
      'knell lint: --kube-version: "new" is none; give one such as 1.34; see knell lint --help\n',
    ],
    [
      ["lint", "--config", "x", "--no-config"],
      "knell lint: --config and --no-config contradict each other; give one; see knell lint --help\n",
    ],
    [
      ["lint", "-", "a.yaml"],
      'knell lint: "-" is stdin; give it alone, without paths; see knell lint --help\n',
    ],
    [
      ["lint", "--baseline", "gone.json"],
      "knell lint: gone.json: cannot be read: no such file or directory (ENOENT); make it with --update-baseline\n",
    ],
    [
      ["fix", "--live"],
      "knell fix: --live: goes with --assume-installed, which puts knell commands in; see knell fix --help\n",
    ],
    [
      ["completions", "tcsh"],
      'knell completions: unknown shell "tcsh"; there are bash, zsh, fish; see knell completions --help\n',
    ],
  ])("2 and one line for %j", (args, line) => {
    const { knell } = workspaceWith({});
    expect(knell(args)).toEqual({ status: 2, stdout: "", stderr: line });
  });
});

describe("input", () => {
  test("without a path: stdin if it is a pipe, else this folder", () => {
    const { knell } = workspaceWith({ "deep/bad.yaml": BAD_POD });
    expect(places(knell(["lint", "-q"]).stdout)).toEqual([
      "deep/bad.yaml:8:7",
      "deep/bad.yaml:11:21",
    ]);
    expect(places(knell(["lint", "-q"], { input: BAD_POD }).stdout)).toEqual([
      "<stdin>:8:7",
      "<stdin>:11:21",
    ]);
    expect(places(knell(["lint", "-q", "-"], { input: BAD_POD }).stdout)).toEqual([
      "<stdin>:8:7",
      "<stdin>:11:21",
    ]);
    const named = knell(["lint", "-q", "--stdin-filename", "redis.yaml"], { input: BAD_POD });
    expect(places(named.stdout)).toEqual(["redis.yaml:8:7", "redis.yaml:11:21"]);
  });

  test("an empty stdin is an error and not a clean run: the command before the pipe has failed", () => {
    const { knell } = workspaceWith({});
    const { status, stderr } = knell(["lint"], { input: "" });
    expect([status, stderr]).toEqual([
      2,
      "knell lint: stdin is empty; give a path, such as . for this folder\n",
    ]);
  });

  test("a template is skipped and named once, and does not change the status", () => {
    const { knell } = workspaceWith({
      "t.yaml": "kind: Pod\nname: {{ .Values.name }}\n",
      "good.yaml": GOOD_POD,
    });
    const { status, stdout, stderr } = knell(["lint", "."]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.match(/t\.yaml: skipped: template/g)).toHaveLength(1);
    expect(stdout).toContain("ok: no findings in 1 file\n");
  });

  test(".gitignore is honoured in folders, --no-ignore is not", () => {
    const { knell } = workspaceWith({
      ".git/HEAD": "",
      ".gitignore": "out\n",
      "out/bad.yaml": BAD_POD,
    });
    expect(knell(["lint", "."]).status).toBe(0);
    expect(knell(["lint", "--no-ignore", "."]).status).toBe(1);
  });

  test("a pipe from the shell's <( ) is read once and whole", () => {
    const { path } = workspaceWith({ "bad.yaml": BAD_POD });
    const script = `"${process.execPath}" "${KNELL}" lint -q <(cat bad.yaml) bad.yaml </dev/null | cut -d: -f2,3`;
    const { stdout } = spawnSync("bash", ["-c", script], { cwd: path, encoding: "utf8" });
    expect(stdout).toBe("8:7\n11:21\n8:7\n11:21\n");
  });

  test("a file and a folder without read permission are problems", () => {
    const { path } = workspaceWith({ "secret.yaml": BAD_POD });
    chmodSync(path, 0o755);
    chmodSync(join(path, "secret.yaml"), 0o000);
    mkdirSync(join(path, "closed"), { mode: 0o700 });
    // root may read anything.
    const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const args = [KNELL, "lint", "secret.yaml", "."];
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd: path,
      encoding: "utf8",
      ...asNobody,
    });
    expect([status, stderr]).toEqual([
      2,
      `knell lint: closed: cannot be read: permission denied (EACCES)\nknell lint: secret.yaml: cannot be read: permission denied (EACCES)\n`,
    ]);
  });

  test("what is no text is a problem, not a crash", () => {
    const { knell, write } = workspaceWith({});
    write("bad.yaml", Buffer.from([0x61, 0xff, 0xfe, 0x62]));
    expect(knell(["lint", "bad.yaml"])).toMatchObject({
      status: 2,
      stderr: "knell lint: bad.yaml:1:1: not valid UTF-8 or UTF-16\n",
    });
  });

  test("a script in a ConfigMap of another file is resolved; the order of the files does not matter", () => {
    const pod = GOOD_POD.replace(
      "httpGet: {path: /live, port: 8080}",
      "exec: {command: [/s/probe.sh]}",
    ).concat(
      "        timeoutSeconds: 5\n      volumeMounts: [{name: s, mountPath: /s}]\n  volumes: [{name: s, configMap: {name: scripts}}]\n",
    );
    const configMap = (script: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: scripts}\ndata:\n  probe.sh: |\n    #!/bin/sh\n    ${script}\n`;
    const findingsOf = (files: Record<string, string>) =>
      JSON.parse(workspaceWith(files).knell(["lint", "--format", "json", "."]).stdout).findings.map(
        ({ id }: { id: string }) => id,
      );
    const alone = findingsOf({ "pod.yaml": pod });
    expect(findingsOf({ "a.yaml": configMap("exec redis-cli ping"), "pod.yaml": pod })).toContain(
      "KN501",
    );
    expect(findingsOf({ "pod.yaml": pod, "z.yaml": configMap("exec redis-cli ping") })).toContain(
      "KN501",
    );
    expect(alone).not.toContain("KN501");
  });
});

describe("configuration", () => {
  test("the nearest .knell.yaml applies; --no-config reads none; --config another", () => {
    const { knell } = workspaceWith({
      "a/bad.yaml": BAD_POD,
      "a/.knell.yaml": "rules: {KN501: off, exec-default-timeout: [info, {seconds: 9}]}\n",
      "other.yaml": "rules: {KN302: off}\n",
    });
    const idsWith = (...args: string[]) =>
      JSON.parse(knell(["lint", "--format", "json", ...args, "a/bad.yaml"]).stdout).findings.map(
        ({ id, severity }: { id: string; severity: string }) => `${id} ${severity}`,
      );
    expect(idsWith()).toEqual(["KN302 info"]);
    expect(idsWith("--no-config")).toEqual(["KN302 warning", "KN501 error"]);
    expect(idsWith("--config", "other.yaml")).toEqual(["KN501 error"]);
    expect(idsWith("--severity", "KN302=error")).toEqual(["KN302 error"]);
    expect(knell(["fix", "a/bad.yaml"]).status).toBe(0);
  });

  test("a mistake in it is exit 2 with line, column and the nearest name; the rest is linted", () => {
    const { knell } = workspaceWith({
      "bad.yaml": BAD_POD,
      ".knell.yaml": "rules:\n  KN50: off\nexlude: []\n",
    });
    const { status, stderr, stdout } = knell(["lint", "-q", "bad.yaml"]);
    expect(status).toBe(2);
    expect(stderr).toBe(
      'knell lint: .knell.yaml:3:1: unknown key "exlude"; did you mean "exclude"?\nknell lint: .knell.yaml:2:3: unknown rule "KN50"; did you mean "KN501"?\n',
    );
    expect(places(stdout)).toHaveLength(2);
  });

  test("exclude leaves files out, failOn decides the status, kubeVersion and overrides are taken", () => {
    const { knell } = workspaceWith({
      "gen/bad.yaml": BAD_POD,
      "dev/bad.yaml": BAD_POD,
      ".knell.yaml":
        "exclude: [gen]\nfailOn: error\nkubeVersion: 1.30\noverrides: [{files: [dev/**], rules: {KN501: off}}]\n",
    });
    const { status, stdout } = knell(["lint", "-q", "."]);
    expect([status, places(stdout)]).toEqual([0, ["dev/bad.yaml:8:7"]]);
  });

  test("suppressions: a comment, its reason when required, an unused one under strict", () => {
    const { knell } = workspaceWith({
      "bad.yaml": BAD_POD.replace("livenessProbe:", "livenessProbe:  # knell-ignore: KN302, KN501"),
      "good.yaml": `# knell-ignore-file: KN501 -- no Redis here\n${GOOD_POD}`,
    });
    expect(knell(["lint", "bad.yaml"]).status).toBe(0);
    expect(knell(["lint", "-q", "--require-reason", "bad.yaml"]).stdout).toContain("KN002]");
    expect(knell(["lint", "good.yaml"]).status).toBe(0);
    expect(knell(["lint", "-q", "--profile", "strict", "good.yaml"]).stdout).toContain("KN001]");
  });
});

describe("baseline", () => {
  test("what it lists is left out, also after edits elsewhere; what is new is reported", () => {
    const { knell, read, write } = workspaceWith({ "bad.yaml": BAD_POD });
    const update = knell(["lint", "--update-baseline", "bad.yaml"]);
    expect(update).toEqual({
      status: 0,
      stdout: "",
      stderr:
        ".knell-baseline.json: 2 findings listed; use it with --baseline .knell-baseline.json\n",
    });
    write("bad.yaml", `# moved down\n\n${BAD_POD}`);
    const known = ["lint", "--baseline", ".knell-baseline.json", "bad.yaml"];
    expect(knell(known)).toMatchObject({
      status: 0,
      stdout: "ok: no findings in 1 file; 2 more in the baseline\n",
    });
    write("bad.yaml", BAD_POD.replace("redis-cli, ping", "redis-cli, -h, localhost, ping"));
    expect(knell(known).status).toBe(1);
    expect(JSON.parse(read(".knell-baseline.json")).version).toBe(1);
  });
});

describe("output", () => {
  test("several formats in one run, into files and stdout", () => {
    const { knell, read } = workspaceWith({ "bad.yaml": BAD_POD });
    const { stdout, stderr } = knell([
      "lint",
      "--format",
      "github",
      "--format",
      "sarif:out.sarif",
      "--format=junit:out.xml",
      "bad.yaml",
    ]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^::warning file=bad.yaml,line=8,col=7,endLine=\d+,title=exec-default-timeout KN302::/,
    );
    expect(JSON.parse(read("out.sarif")).runs[0].results).toHaveLength(2);
    expect(read("out.xml")).toContain('<testsuite name="bad.yaml" tests="2" failures="2"');
  });

  test("JSON on stdout is JSON also when inputs fail: talk goes to stderr", () => {
    const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
    const { stdout, stderr, status } = knell(["lint", "--format", "json", "bad.yaml", "gone.yaml"]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, problems: [{ file: "gone.yaml" }] });
    expect(stderr).toBe("knell lint: gone.yaml: no such file or folder\n");
  });

  test("an output file that cannot be written is exit 2", () => {
    const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
    expect(knell(["lint", "--format", "json:no/such/out.json", "bad.yaml"])).toMatchObject({
      status: 2,
      stderr:
        "knell lint: no/such/out.json: cannot be written: no such file or directory (ENOENT)\n",
    });
  });

  test("GITHUB_WORKSPACE is where file names begin", () => {
    const { knell, path } = workspaceWith({ "bad.yaml": BAD_POD });
    const env = { GITHUB_WORKSPACE: join(path, "..") };
    expect(knell(["lint", "--format", "github", "bad.yaml"], { env }).stdout).toContain(
      `file=${path.split("/").at(-1)}/bad.yaml,`,
    );
  });

  test("--max-findings shows some and says so, the status counts all", () => {
    const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
    const { status, stdout } = knell(["lint", "--max-findings", "1", "bad.yaml"]);
    expect(status).toBe(1);
    expect(stdout).toContain("2 findings (1 warning) in 1 of 1 file; 1 of them not shown\n");
    expect(knell(["lint", "--max-findings", "0", "bad.yaml"]).status).toBe(1);
  });

  test("--color always colours a pipe, never and NO_COLOR do not", () => {
    const { knell } = workspaceWith({ "bad.yaml": BAD_POD });
    expect(knell(["lint", "--color", "always", "bad.yaml"]).stdout).toContain(
      "\x1b[31merror\x1b[39m",
    );
    expect(knell(["lint", "bad.yaml"]).stdout).not.toContain("\x1b");
  });

  test("a reader that goes away early is no error", () => {
    const { path } = workspaceWith({
      "bad.yaml": BAD_POD.repeat(1).concat(...Array.from({ length: 400 }, () => `---\n${BAD_POD}`)),
    });
    const script = `"${process.execPath}" "${KNELL}" lint bad.yaml | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: path, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^bad\.yaml:8:7: .*\n[01]\n$/);
  });

  test("--explain says what a rule is about, --list-rules names every rule", () => {
    const explained = knell(["lint", "--explain", "redis-exit-status"]);
    expect(explained.status).toBe(0);
    expect(explained.stdout).toMatch(/^KN501 redis-exit-status: /);
    expect(explained.stdout).toContain("## Bad");
    const rules = JSON.parse(knell(["lint", "--list-rules", "--format", "json"]).stdout);
    expect(knell(["lint", "--list-rules"]).stdout.trim().split("\n")).toHaveLength(rules.length);
  });
});
