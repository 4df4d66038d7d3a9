// `knell compare` and the example, with real processes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, run } from "../binary/harness.ts";
import { podWith, REDIS, runPod } from "./runs.ts";

const LONG = 90_000;
const compare = (args: readonly string[], input: string) =>
  run(process.execPath, [join(ROOT, "cli/bin.ts"), "compare", "-", ...args], {
    input,
    deadlineMs: 60_000,
  });

test(
  "knell compare: while Redis hangs the usual recipe sees nothing, knell sees it every second",
  async () => {
    const probes = [
      "tini -s -- redis-cli ping",
      "redis-cli ping",
      "knell redis --live",
      "knell init --listen :8086 --live 'redis --live'",
    ];
    const args = probes.flatMap((probe) => ["--probe", probe]);
    const times = ["--for", "9s", "--fault", "2s freeze 6s", "--output", "json"];
    const { status, stdout, stderr } = await compare([...args, ...times], podWith(REDIS));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [recipe, bare, live, endpoint] = (
      JSON.parse(stdout) as { summary: { zombies: number; probes: Record<string, number>[] } }[]
    ).map(
      ({ summary }): Record<string, number> => ({
        zombies: summary.zombies,
        ...summary.probes[0],
      }),
    );
    expect(recipe?.longestBlindMs).toBeGreaterThan(4500);
    expect(recipe?.zombies).toBeGreaterThan(0);
    for (const probe of [bare, live, endpoint]) {
      expect(probe?.failures).toBeGreaterThanOrEqual(3);
      expect(probe?.longestBlindMs).toBeLessThan(3000);
      expect(probe?.zombies).toBe(0);
    }
  },
  LONG,
);

test.each([
  [["--probe", "x"], "--probe: at least two are needed to compare"],
  [["--probe", "x", "--probe", "'"], "a quote is not closed"],
  [["--probe", "x", "--probe", "y", "--for", "soon"], '--for: "soon" is no duration'],
])(
  "knell compare: %j is refused, exit 2",
  async (args, message) => {
    const { status, stderr } = await compare(args, podWith(REDIS));
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  },
  LONG,
);

test(
  "knell run: examples/kubercoins/redis.yaml becomes ready and leaves no zombie",
  async () => {
    const example = readFileSync(join(ROOT, "examples/kubercoins/redis.yaml"), "utf8");
    const { status, stderr } = await runPod(example, "--until", "ready", "--strict");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  },
  LONG,
);
