import { FAIL, PASS } from "./exit-status";
import { HAS_TLS } from "./flavour";
import { out } from "./output";

/** The version in package.json; a test compares the two. */
export const VERSION: string = "0.1.0";

/** Prints "knell VERSION" to stdout. Gives the exit status: 1 if stdout refused it. */
export function printVersion(): i32 {
  out
    .text("knell ")
    .text(VERSION)
    .line(HAS_TLS ? " with TLS" : "");
  return out.flush() === 0 ? PASS : FAIL;
}
