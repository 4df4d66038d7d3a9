import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fakeObservations } from "./fake-scenario.ts";
import { ROOT, startNamespace } from "./harness.ts";
import { type Action, SCENARIOS } from "./kernel-scenarios.ts";

async function realObservations(actions: readonly Action[]): Promise<unknown[]> {
  const script = join(ROOT, "test/binary/scenario.py");
  const space = await startNamespace(["python3", script, JSON.stringify(actions)]);
  const { stdout, stderr } = await space.finished;
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("D7: the fake kernel and the real one agree", () => {
  test.each(SCENARIOS)("%s", async (_title, actions) => {
    const real = await realObservations(actions);
    expect(fakeObservations(actions)).toEqual(real);
  });
});
