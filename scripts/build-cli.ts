// Makes dist/cli: knell.js (the command), library.js (`import … from "knell"`), their types, the pages of the rules.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { buildPage } from "./build-page.ts";

const root = join(import.meta.dirname, "..");
const target = join(root, "dist/cli");
/** Built beside it and moved, so that a build that fails leaves the last one. */
const out = join(root, "dist/cli.new");

/** Oldest Node that users may have (package.json, engines). */
const TARGET = "node20.19";
/** Bundled libraries in CommonJS call require, which a module does not have. */
const REQUIRE = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

async function bundle(entry: string, name: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(out, name),
    bundle: true,
    platform: "node",
    format: "esm",
    target: TARGET,
    // Half the bytes for Node to read at every start; names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    banner: { js: REQUIRE },
    logLevel: "warning",
  });
}

function emitTypes(): void {
  const tsc = join(root, "node_modules/.bin/tsc");
  const types = ["-p", "cli", "--outDir", join(out, "types")];
  execFileSync(tsc, types, { cwd: root, stdio: "inherit" });
}

/** What the library's types do not mention is no part of the package. */
function pruneTypes(): void {
  const types = join(out, "types");
  const needed = new Set<string>();
  const visit = (path: string) => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(/from "(\.[^"]+)\.ts"/g)) {
      visit(join(dirname(path), `${specifier}.d.ts`));
    }
  };
  visit(join(types, "cli/knell.d.ts"));
  for (const name of readdirSync(types, { recursive: true, encoding: "utf8" })) {
    const path = join(types, name);
    if (name.endsWith(".d.ts") && !needed.has(path)) rmSync(path);
  }
}

function copyPages(): void {
  const rules = join(root, "cli/lint/rules");
  mkdirSync(join(out, "rules"), { recursive: true });
  for (const name of readdirSync(rules).filter((file) => file.endsWith(".md"))) {
    cpSync(join(rules, name), join(out, "rules", name));
  }
}

rmSync(out, { recursive: true, force: true });
await bundle("cli/bin.ts", "knell.js");
await bundle("cli/knell.ts", "library.js");
chmodSync(join(out, "knell.js"), 0o755);
await buildPage(join(out, "page"));
emitTypes();
pruneTypes();
copyPages();
rmSync(target, { recursive: true, force: true });
renameSync(out, target);
