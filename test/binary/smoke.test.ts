import { expect, test } from "vitest";
import { KNELL, run, startNamespace, until } from "./harness.ts";

test("harness: a PID 1 that does not wait keeps a zombie", async () => {
  const space = await startNamespace(["python3", "-c", "import time; time.sleep(30)"]);
  await space.exec(["sh", "-c", "sleep 0.2 & exit 0"], { stdio: ["ignore", "ignore", "ignore"] });
  await until("a zombie", () => space.zombies().length === 1);
  await space.stop();
});

test("harness: knell with an unknown mode is a usage error", async () => {
  const result = await run(KNELL, ["x"]);
  expect(result.status).toBe(64);
});
