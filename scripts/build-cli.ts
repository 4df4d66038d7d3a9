// Makes dist/cli: knell.js (the command), library.js (`import … from "knell"`), their types, the pages of the rules.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { buildPage } from "./build-page.ts";

const root = join(import.meta.dirname, "..");
const out = join(root, "dist/cli");

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
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", "cli"], { cwd: root, stdio: "inherit" });
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
await buildPage();
emitTypes();
copyPages();
