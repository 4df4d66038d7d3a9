import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readOptions } from "../../cli/command-line/options.ts";
import { COMMANDS } from "../../cli/commands/commands.ts";
import { KNELL } from "./program.ts";
import { BAD_POD, FIXED_POD, GOOD_POD, workspaceWith } from "./workspace.ts";

const root = join(import.meta.dirname, "../..");
const readYaml = (file: string) => parse(readFileSync(join(root, file), "utf8"));

describe(".pre-commit-hooks.yaml", () => {
  const hooks: { id: string; entry: string }[] = readYaml(".pre-commit-hooks.yaml");

  test("every entry is a command line that the program takes", () => {
    for (const { entry } of hooks) {
      const [program, name, ...args] = entry.split(" ");
      const command = COMMANDS.find((known) => known.name === name);
      expect([program, command?.name]).toEqual(["knell", name]);
      expect(readOptions(args, command!.options).positionals).toEqual([]);
    }
  });

  test("with the files appended: lint fails on a bad one, fix repairs it", () => {
    const { knell, read } = workspaceWith({ "bad.yaml": BAD_POD, "good.yaml": GOOD_POD });
    const run = (id: string) => {
      const words = hooks
        .find((hook) => hook.id === id)!
        .entry.split(" ")
        .slice(1);
      return knell([...words, "bad.yaml", "good.yaml"]).status;
    };
    expect(run("knell-lint")).toBe(1);
    run("knell-fix");
    expect(read("bad.yaml")).toBe(FIXED_POD);
  });
});

describe("action.yml", () => {
  const action = readYaml("action.yml");
  const [lint, upload] = action.runs.steps;

  /** Runs the step's script as the runner does: bash, inputs in variables, npx from PATH. */
  function runStep(files: Record<string, string>, inputs: Record<string, string>) {
    const workspace = workspaceWith({
      ...files,
      "bin/npx": `#!/bin/sh\n[ "$1 $2" = "--yes knell@latest" ] || exit 99\nshift 2\nexec "${process.execPath}" "${KNELL}" "$@"\n`,
    });
    chmodSync(join(workspace.path, "bin/npx"), 0o755);
    const inputOf = (expression: string) => {
      const name = /inputs\.([\w-]+)/.exec(expression)![1]!;
      return inputs[name] ?? action.inputs[name].default;
    };
    const env = Object.fromEntries(
      Object.entries<string>(lint.env).map(([name, text]) => [name, String(inputOf(text))]),
    );
    const ran = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", lint.run], {
      cwd: workspace.path,
      env: { PATH: `${join(workspace.path, "bin")}:${process.env.PATH}`, ...env },
      encoding: "utf8",
    });
    return { ...ran, read: workspace.read };
  }

  test("annotates, writes SARIF and fails on findings", () => {
    const { status, stdout, read } = runStep({ "k8s/bad.yaml": BAD_POD }, {});
    expect(status).toBe(1);
    expect(stdout).toContain("::error file=k8s/bad.yaml,line=11,");
    expect(JSON.parse(read("knell.sarif")).runs[0].results).toHaveLength(2);
  });

  test("fail-on, args and several paths are passed on, one per line; a path is never a command", () => {
    const files = { "a b.yaml": BAD_POD, "c.yaml": BAD_POD, "$(touch owned).yaml": GOOD_POD };
    const inputs = {
      paths: "a b.yaml\n$(touch owned).yaml\n",
      "fail-on": "never",
      args: "--ignore\nKN302\n",
    };
    const { status, stdout, read } = runStep(files, inputs);
    expect(status).toBe(0);
    expect(stdout.match(/^::/gm)).toHaveLength(1);
    expect(stdout).toContain("file=a b.yaml");
    expect(() => read("owned")).toThrow("ENOENT");
  });

  test("the report that is uploaded is the one that was written, also after findings", () => {
    expect(upload.with.sarif_file).toBe(lint.env.SARIF_FILE);
    expect(upload.if).toContain("!cancelled()");
  });
});
