import { spawnSync } from "node:child_process";
import { compile, KNELL, withRedis } from "./programs.ts";
import type { Row } from "./row.ts";

/** KiB as GNU time counts them (wait4's ru_maxrss). Linux ≥ 6.2 counts in batches: small differences vanish. */
function gnuTime(command: readonly string[]): number {
  const result = spawnSync("/usr/bin/time", ["-f", "%M", ...command], { encoding: "utf8" });
  return Number(result.stderr.trim().split("\n").at(-1));
}

/** KiB resident just before the exit, page by page (bench/programs/peak-rss.c). */
function pageWalk(command: readonly string[]): number {
  const result = spawnSync(compile("peak-rss"), command, { encoding: "utf8" });
  return Number(result.stderr.trim().split("\n").at(-1)?.split(" ")[0]) / 1024;
}

/** What a probe needs beyond an empty program. */
export function measure(): Promise<Row[]> {
  return withRedis((port) => {
    const probe = [KNELL, "redis", "--live", "-p", port];
    const empty = [compile("empty")];
    const beyond = (count: (command: readonly string[]) => number) => {
      const [of, than] = [count(probe), count(empty)];
      return { value: of - than, detail: `${of} − ${than} KiB`, unit: "KiB" };
    };
    return [
      {
        what: "peak RSS of the probe beyond the empty binary's, GNU time",
        good: "at most",
        bound: 256,
        goal: 64,
        ...beyond(gnuTime),
      },
      {
        what: "the same, every page counted (of which most are the file's own)",
        good: "at most",
        ...beyond(pageWalk),
      },
    ];
  });
}
