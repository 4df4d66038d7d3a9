// Makes dist/cli/page: the one page that `knell run --page` serves.

import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const source = join(root, "cli/run/page/client");
/** Where a run from source looks for it. */
const BUILT = join(root, "dist/cli/page");

/** Builds the page into a folder. Throws if its script does not compile. */
export async function buildPage(out = BUILT): Promise<void> {
  mkdirSync(out, { recursive: true });
  for (const name of ["index.html", "page.css"]) cpSync(join(source, name), join(out, name));
  await build({
    absWorkingDir: root,
    entryPoints: [join(source, "page.ts")],
    outfile: join(out, "page.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
  });
}

if (import.meta.main) await buildPage();
