// What a container needs to know of the rest of the input.

import type { Dockerfile } from "../kube/dockerfile.ts";
import type { Place } from "../kube/manifest.ts";
import type { ImageHint } from "./image.ts";

export interface Surroundings {
  /** What configuration says of an image, by its full reference. */
  hintFor(image: string): ImageHint | undefined;
  /** The `data` of a ConfigMap in the input. */
  configMapData(namespace: string, name: string): Place | undefined;
  /** A Dockerfile in the input, by its path as the input names it. */
  dockerfileAt(path: string): Dockerfile | undefined;
  /** A file of a build context; undefined if it is missing or lies outside what may be read. */
  readFile(path: string): string | undefined;
}
