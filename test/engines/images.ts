// The images of images/ as the tests build them: on which stand-in, under which name.

import { join } from "node:path";
import { ROOT } from "../binary/harness.ts";
import { type BaseName, buildBase } from "./base-images.ts";
import type { ImageStore } from "./image-store.ts";

interface Recipe {
  readonly dockerfile: string;
  /** Without one the context is dist/, for the binary. */
  readonly base?: BaseName;
}

/** Name → how it is built. The tag says which base. */
export const RECIPES = {
  "localhost/knell:latest": { dockerfile: "images/knell" },
  "localhost/knell-install:latest": {
    dockerfile: "images/knell-install",
    base: "localhost/busybox:latest",
  },
  "localhost/knell-pause:latest": { dockerfile: "images/pause" },
  "localhost/redis-knell:debian": { dockerfile: "images/redis", base: "localhost/redis:debian" },
  "localhost/redis-knell:alpine": { dockerfile: "images/redis", base: "localhost/redis:alpine" },
  "localhost/valkey-knell:debian": { dockerfile: "images/valkey", base: "localhost/valkey:debian" },
  "localhost/valkey-knell:alpine": { dockerfile: "images/valkey", base: "localhost/valkey:alpine" },
  "localhost/redis-distroless:debian": {
    dockerfile: "images/redis-distroless",
    base: "localhost/redis:debian",
  },
} as const satisfies Record<string, Recipe>;

export type ImageName = keyof typeof RECIPES;

/** Builds `names`, and first what they stand on. */
export function buildImages(store: ImageStore, names: readonly ImageName[]): void {
  build(store, "localhost/knell:latest");
  const recipes: Recipe[] = names.map((name) => RECIPES[name]);
  for (const base of new Set(recipes.flatMap(({ base }) => base ?? []))) buildBase(store, base);
  for (const name of names) if (name !== "localhost/knell:latest") build(store, name);
}

function build(store: ImageStore, name: ImageName): void {
  const { dockerfile, base }: Recipe = RECIPES[name];
  const folder = join(ROOT, dockerfile);
  const file = join(folder, "Dockerfile");
  if (base === undefined) store.build(name, file, join(ROOT, "dist"));
  else store.build(name, file, folder, { BASE: base, KNELL: "localhost/knell:latest" });
}
