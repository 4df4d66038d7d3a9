#!/usr/bin/env node
import { processEnvironment } from "./environment.ts";
import { main } from "./main.ts";

// A reader that went away (`knell lint | head`) is no fault of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
try {
  // Not process.exit: what was written to a pipe would be lost.
  process.exitCode = await main(process.argv.slice(2), processEnvironment());
} catch (error) {
  // A bug. Node's own status would be 1, which means findings.
  console.error("knell: internal error; report it with this text");
  console.error(error);
  process.exitCode = 2;
}
