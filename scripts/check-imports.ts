// Fails on an import that runs against design decision D12: dependencies point one way.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importFaults } from "./imports.ts";

const root = join(import.meta.dirname, "..");
const faults = readdirSync(join(root, "binary"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.startsWith("test/"))
  .sort()
  .flatMap((path) => importFaults(path, readFileSync(join(root, "binary", path), "utf8")));
for (const fault of faults) console.error(`check-imports: binary/${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
