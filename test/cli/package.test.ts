import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BAD_POD } from "./workspace.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
let unpacked: string;
let files: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "knell-package-"));
  const packed = execFileSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
    { cwd: root, encoding: "utf8" },
  );
  const [{ filename, files: list }] = JSON.parse(packed);
  files = list.map(({ path }: { path: string }) => path);
  unpacked = join(folder, "node_modules/knell");
  mkdirSync(unpacked, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", unpacked, "--strip-components=1"]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the package holds what is needed and no source, test or map", () => {
  for (const needed of [
    "LICENSE",
    "README.md",
    "package.json",
    "dist/cli/knell.js",
    "dist/cli/library.js",
    "dist/cli/types/cli/knell.d.ts",
    "dist/cli/page/index.html",
    "dist/knell",
    "schemas/config.schema.json",
    "schemas/lint-output.schema.json",
  ]) {
    expect(files).toContain(needed);
  }
  const unexpected = files.filter(
    (file) =>
      !/^(LICENSE|README\.md|package\.json|dist\/knell|dist\/cli\/(knell|library)\.js|dist\/cli\/types\/.*\.d\.ts|dist\/cli\/rules\/.*\.md|dist\/cli\/page\/(index\.html|page\.(css|js))|schemas\/.*\.json)$/.test(
        file,
      ),
  );
  expect(unexpected).toEqual([]);
  expect(files.filter((file) => file.includes(".test.") || file.includes("sample"))).toEqual([]);
});

test("it has no dependencies", () => {
  const { dependencies, bin } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
  expect([dependencies, bin]).toEqual([undefined, { knell: "dist/cli/knell.js" }]);
});

describe("installed", () => {
  test("the command runs alone, and so does its program for containers", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(unpacked, "dist/cli/knell.js"), ...args], {
        cwd: folder,
        encoding: "utf8",
        input: BAD_POD,
      });
    expect(run("lint", "-q").stdout).toContain("<stdin>:8:7: ");
    expect(run("lint", "--explain", "KN501").stdout).toContain("## Bad");
    expect(run("exec", "--", "echo", "hello").stdout).toBe("hello\n");
  });

  test('import { lint, fix } from "knell" finds, repairs and prints nothing', () => {
    const script = `
      import { fix, lint, rules } from "knell";
      const inputs = [{ file: "pod.yaml", text: ${JSON.stringify(BAD_POD)} }];
      const { findings } = lint(inputs, { images: { "redis:*": { init: true } } });
      const { files } = fix(inputs);
      process.stdout.write(JSON.stringify([findings.map(({ id }) => id), files[0].after.includes("timeoutSeconds: 5"), rules.length > 2]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      encoding: "utf8",
    });
    expect([JSON.parse(stdout), stderr]).toEqual([[["KN302", "KN501"], true, true], ""]);
  });

  test("its types stand alone, under the strictest settings", () => {
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
    symlinkSync(join(root, "node_modules/undici-types"), join(folder, "node_modules/undici-types"));
    const compile = (source: string) => {
      writeFileSync(join(folder, "user.ts"), source);
      const options = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "false",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "user.ts",
      ];
      return spawnSync(join(root, "node_modules/.bin/tsc"), options, {
        cwd: folder,
        encoding: "utf8",
      }).stdout;
    };
    const use = `import { fix, lint, type Finding } from "knell";
      const { findings } = lint([{ file: "a.yaml", text: "" }], { rules: { KN302: ["on", { seconds: 5 }] } });
      const first: Finding | undefined = findings[0];
      export const line: number | undefined = first?.span.start.line;
      export const after: string | undefined = fix([{ file: "a.yaml", text: "" }], { kinds: ["safe"] }).files[0]?.after;\n`;
    expect(compile(use)).toBe("");
    expect(compile(`${use}lint([{ file: 1 }]);\n`)).toContain("error TS2322");
  });
});
