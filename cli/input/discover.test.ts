import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { discover } from "./discover.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knell-discover-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...paths: string[]): void {
  for (const path of paths) writeText(path, "");
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const find = (paths: string[], changes = {}) =>
  discover(paths, { cwd: folder, isGitignoreHonoured: true, isExcluded: () => false, ...changes });

test("in folders: YAML, JSON, Compose files and Dockerfiles by name, at any depth, sorted", () => {
  const linted = [
    "Containerfile",
    "Dockerfile",
    "Dockerfile.dev",
    "a.json",
    "api.Dockerfile",
    "b.yaml",
    "c.yml",
    "deep/er/d.yaml",
  ];
  write(...linted, "README.md", "script.sh", "Makefile", "node_modules/x/a.yaml", ".git/a.yaml");
  expect(find(["."])).toEqual({ files: linted, problems: [] });
  expect(find(["./deep/"]).files).toEqual(["deep/er/d.yaml"]);
});

test("a file named itself is read whatever it is called, and once", () => {
  write("manifest.txt", "a.yaml");
  expect(find(["manifest.txt", "a.yaml", "./a.yaml", "."]).files).toEqual([
    "manifest.txt",
    "a.yaml",
  ]);
  expect(find([join(folder, "a.yaml")]).files).toEqual([join(folder, "a.yaml")]);
});

test("globs are expanded here where the shell did not; a file of that very name comes first", () => {
  write("k8s/a.yaml", "k8s/deep/b.yaml", "k8s/c.json", "x/[a].yaml");
  expect(find(["k8s/**/*.yaml"]).files).toEqual(["k8s/a.yaml", "k8s/deep/b.yaml"]);
  expect(find(["./k8s/*.{yaml,json}"]).files).toEqual(["k8s/a.yaml", "k8s/c.json"]);
  expect(find(["x/[a].yaml"]).files).toEqual(["x/[a].yaml"]);
});

test("a path that is not there and a glob without a match are problems, the rest is found all the same", () => {
  write("a.yaml");
  expect(find(["gone.yaml", "gone/**/*.yaml", "a.yaml"])).toEqual({
    files: ["a.yaml"],
    problems: [
      { file: "gone.yaml", message: "no such file or folder" },
      { file: "gone/**/*.yaml", message: "no file matches" },
    ],
  });
});

test(".gitignore: of the folder, of those above in the repository and of those below, negation included", () => {
  mkdirSync(join(folder, ".git"));
  writeText(".gitignore", "*.gen.yaml\n/out/\n");
  writeText("k8s/.gitignore", "secret.yaml\n!keep.gen.yaml\n");
  write(
    "k8s/a.yaml",
    "k8s/a.gen.yaml",
    "k8s/keep.gen.yaml",
    "k8s/secret.yaml",
    "secret.yaml",
    "out/a.yaml",
    "k8s/out/a.yaml",
  );
  const files = ["secret.yaml", "k8s/a.yaml", "k8s/keep.gen.yaml", "k8s/out/a.yaml"];
  expect(find(["."]).files).toEqual(files);
  expect(find(["k8s"]).files).toEqual(files.slice(1));
  expect(find(["k8s"], { isGitignoreHonoured: false }).files).toHaveLength(5);
  expect(find(["k8s/secret.yaml"]).files).toEqual(["k8s/secret.yaml"]);
});

test("a .gitignore above that belongs to no repository does not count", () => {
  writeText(".gitignore", "*.yaml\n");
  write("k8s/a.yaml");
  expect(find(["k8s"]).files).toEqual(["k8s/a.yaml"]);
});

test("links: not out of the tree, not into folders, not twice to one file; one that is named is followed", () => {
  write("outside/o.yaml", "tree/real.yaml", "tree/data.txt", "tree/sub/s.yaml");
  write("outside/o.txt");
  symlinkSync("../outside/o.yaml", join(folder, "tree/out.yaml"));
  symlinkSync("../outside/o.txt", join(folder, "tree/out-under-another-name.yaml"));
  symlinkSync("circle.yaml", join(folder, "tree/circle.yaml"));
  symlinkSync("../outside", join(folder, "tree/outdir"));
  symlinkSync(".", join(folder, "tree/loop"));
  symlinkSync("real.yaml", join(folder, "tree/again.yaml"));
  symlinkSync("data.txt", join(folder, "tree/data.yaml"));
  symlinkSync("nowhere", join(folder, "tree/dangling.yaml"));
  expect(find(["tree"]).files).toEqual(["tree/data.yaml", "tree/real.yaml", "tree/sub/s.yaml"]);
  expect(find(["tree/out.yaml"]).files).toEqual(["tree/out.yaml"]);
});

test("a link in a circle, named itself, is a problem with what the system says", () => {
  symlinkSync("circle.yaml", join(folder, "circle.yaml"));
  const [problem] = find(["circle.yaml"]).problems;
  expect(problem?.message).toMatch(/^cannot be read: .* \(ELOOP\)$/);
});

test("what the configuration excludes is left out, also when it is named", () => {
  write("a.yaml", "b.yaml");
  const isExcluded = (path: string) => path.endsWith("/b.yaml");
  expect(find([".", "b.yaml"], { isExcluded }).files).toEqual(["a.yaml"]);
});
