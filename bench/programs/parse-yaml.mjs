// Reads every file of the folder named and parses it with the yaml library, nothing else: what a linter cannot go below.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const folder = process.argv[2];
let documents = 0;
for (const path of readdirSync(folder, { recursive: true })) {
  if (path.endsWith(".yaml"))
    documents += parseAllDocuments(readFileSync(join(folder, path), "utf8")).length;
}
console.log(documents);
