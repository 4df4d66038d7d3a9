// Builds the images, starts the engines one after the other, and runs the matrix on each.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startContainerd, whyNoContainerd } from "../containerd.ts";
import type { Engine } from "../engine.ts";
import { type ImageStore, makeImageStore } from "../image-store.ts";
import { buildImages } from "../images.ts";
import { startPodman, whyNoPodman } from "../podman.ts";
import type { Sizes } from "./conditions.ts";
import { runMatrix } from "./matrix.ts";
import type { EngineResult } from "./report.ts";
import { WAYS } from "./ways.ts";

export const ENGINES = {
  containerd: { whyNot: whyNoContainerd, start: startWithImages },
  podman: { whyNot: whyNoPodman, start: startPodman },
} as const;

export type EngineName = keyof typeof ENGINES;

/** The whole matrix on `name`. Throws where it cannot run. */
export async function runOn(name: EngineName, sizes: Sizes): Promise<EngineResult> {
  const folder = mkdtempSync(join(tmpdir(), "knell-matrix-"));
  let engine: Engine | undefined;
  try {
    const store = makeImageStore(join(folder, "store"));
    buildImages(store, ["localhost/redis-knell:debian"]);
    engine = await ENGINES[name].start(store);
    return { engine: engine.name, matrix: await runMatrix(engine, folder, sizes) };
  } finally {
    engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startWithImages(store: ImageStore): Promise<Engine> {
  const containerd = await startContainerd();
  for (const name of new Set(Object.values(WAYS).map(({ image }) => image)))
    await containerd.importArchive(name, store.archive(name));
  return containerd;
}
