// A containerd with the images of the matrix, for what is measured through CRI.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../test/engines/engine.ts";
import { makeImageStore } from "../test/engines/image-store.ts";
import { buildImages } from "../test/engines/images.ts";
import { ENGINES } from "../test/engines/matrix/run.ts";

/** Runs `use` on it. Throws where containerd cannot run. */
export async function withContainerd<T>(use: (engine: Engine) => Promise<T>): Promise<T> {
  const reason = ENGINES.containerd.whyNot();
  if (reason !== undefined) throw new Error(reason);
  const folder = mkdtempSync(join(tmpdir(), "knell-bench-"));
  let engine: Engine | undefined;
  try {
    const store = makeImageStore(folder);
    buildImages(store, ["localhost/redis-knell:debian"]);
    engine = await ENGINES.containerd.start(store);
    return await use(engine);
  } finally {
    engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Cores that the engine and all below it use meanwhile. */
export async function coresDuring(
  engine: Engine,
  during: () => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly cores: number }> {
  const [startedAtMs, before] = [performance.now(), engine.cpuNanoseconds()];
  await during();
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { seconds, cores: (engine.cpuNanoseconds() - before) / 1e9 / seconds };
}

/** For none at all if `milliseconds` is negative. */
export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
