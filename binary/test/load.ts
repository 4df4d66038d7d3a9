// The program as tests load it: build/knell-test.wasm, made by `node scripts/build-binary.ts --test`.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const TEST_WASM = join(import.meta.dirname, "../../build/knell-test.wasm");

let knell: WebAssembly.Module | null = null;

export function knellModule(): WebAssembly.Module {
  knell ??= new WebAssembly.Module(readFileSync(TEST_WASM));
  return knell;
}
