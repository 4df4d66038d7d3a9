// Loads wasm for Node tests: the program itself, and AssemblyScript entries of binary/test-entry: what the binary keeps to
// itself is reached that way. Such an entry is never part of the binary.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const PAGES = 64;

const ASC_FLAGS = [
  ...["--runtime", "stub", "--exportRuntime", "--debug", "--noColors"],
  ...["--use", "KNELL_TLS=0"],
  ...["--initialMemory", String(PAGES), "--maximumMemory", String(PAGES)],
  ...["--optimizeLevel", "2", "--shrinkLevel", "2", "--use", "abort="],
];

type Export = (...values: (number | bigint)[]) => number;

/** A loaded entry: its exported functions and its memory. */
export interface Entry {
  readonly call: Record<string, Export>;
  readonly memory: Uint8Array;
  /** Copies bytes to the address that the export `input` gives, and gives that address and the length. */
  put(bytes: Uint8Array | string): [number, number];
  /** The text of `length` bytes at `address`, each byte as one character. */
  text(address: number, length: number): string;
}

export type HostCall = (...values: (number | bigint)[]) => number | bigint | undefined;

/**
 * Compiles binary/test-entry/NAME.ts, which exports `input(): ptr`, and loads it. A host import that `calls` does
 * not have throws when called.
 */
export function loadEntry(name: string, calls: Record<string, HostCall> = {}): Entry {
  const target = join(root, `build/test-entry/${name}.wasm`);
  mkdirSync(join(root, "build/test-entry"), { recursive: true });
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  const source = `binary/test-entry/${name}.ts`;
  execFileSync(process.execPath, [asc, source, ...ASC_FLAGS, "--outFile", target], { cwd: root });
  const module = new WebAssembly.Module(readFileSync(target));
  const host: Record<string, HostCall> = {};
  for (const entry of WebAssembly.Module.imports(module)) {
    host[entry.name] =
      calls[entry.name] ??
      (() => {
        throw new Error(`a pure module called the host: ${entry.name}`);
      });
  }
  const instance = new WebAssembly.Instance(module, { host });
  const call = instance.exports as unknown as Record<string, Export>;
  const memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  return {
    call,
    memory,
    put: (bytes) => {
      const address = call.input!();
      const copy = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
      memory.set(copy, address);
      return [address, copy.length];
    },
    text: (address, length) =>
      Buffer.from(memory.subarray(address, address + length)).toString("latin1"),
  };
}

/** The program as `node scripts/build-binary.ts --test` makes it for tests. */
export const TEST_WASM = join(root, "build/knell-test.wasm");

let knell: WebAssembly.Module | null = null;

export function knellModule(): WebAssembly.Module {
  knell ??= new WebAssembly.Module(readFileSync(TEST_WASM));
  return knell;
}
