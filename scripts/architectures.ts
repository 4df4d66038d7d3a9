// The architectures that `npm run build -- --arch` knows, and Debian's tools for them.

import { existsSync } from "node:fs";

interface Tools {
  /** Debian's name for it, of its packages. */
  readonly debian: string;
  /** The compiler without "-gcc". */
  readonly gnu: string;
  /** The folder of musl for it. */
  readonly musl: string;
}

const ARCHITECTURES: Readonly<Record<string, Tools>> = {
  amd64: { debian: "amd64", gnu: "x86_64-linux-gnu", musl: "x86_64-linux-musl" },
  arm64: { debian: "arm64", gnu: "aarch64-linux-gnu", musl: "aarch64-linux-musl" },
  armv7: { debian: "armhf", gnu: "arm-linux-gnueabihf", musl: "arm-linux-musleabihf" },
  riscv64: { debian: "riscv64", gnu: "riscv64-linux-gnu", musl: "riscv64-linux-musl" },
};

/** The names in `given`, which are separated by commas; "all" is every one. Throws on a name that is none. */
export function parseArchitectures(given: string): string[] {
  const names = given === "all" ? Object.keys(ARCHITECTURES) : given.split(",");
  const unknown = names.find((name) => !Object.hasOwn(ARCHITECTURES, name));
  if (unknown === undefined) return names;
  throw new Error(
    `--arch "${unknown}": not one of ${Object.keys(ARCHITECTURES).join(", ")}, or all`,
  );
}

/** The compiler for musl, and its first arguments. Throws, naming the packages, if it is not there. */
export function muslCompiler(architecture: string): [command: string, ...args: string[]] {
  const { debian, gnu, musl } = ARCHITECTURES[architecture] as Tools;
  const compiler = `/usr/bin/${gnu}-gcc`;
  const specs = `/usr/lib/${musl}/musl-gcc.specs`;
  if (existsSync(compiler) && existsSync(specs)) return [compiler, "-specs", specs];
  throw new Error(
    `--arch ${architecture}: no ${compiler} or no ${specs}; dpkg --add-architecture ${debian} && apt-get update && apt-get install gcc-${gnu} musl-dev:${debian}`,
  );
}

/** dist/knell is amd64; the others say what they are. */
export function fileFor(architecture: string): string {
  return architecture === "amd64" ? "knell" : `knell-${architecture}`;
}
