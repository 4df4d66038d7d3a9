// Fails on an import that runs against design decision D12: dependencies point one way.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cliImportFaults, importFaults } from "./imports.ts";

const root = join(import.meta.dirname, "..");

/** The faults of every source below `folder`, tests left out. */
function faultsIn(folder: string, faultsOf: (path: string, source: string) => string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/^test\/|\.test\.ts$/.test(path))
    .sort()
    .flatMap((path) => faultsOf(path, readFileSync(join(root, folder, path), "utf8")))
    .map((fault) => `${folder}/${fault}`);
}

const faults = [...faultsIn("binary", importFaults), ...faultsIn("cli", cliImportFaults)];
for (const fault of faults) console.error(`check-imports: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
