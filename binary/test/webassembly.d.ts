// The part of the WebAssembly JavaScript API that the tests use; TypeScript has it only in its library for browsers.
declare namespace WebAssembly {
  type ImportValue = (...args: (number | bigint)[]) => number | bigint | undefined;

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }

  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>);
    readonly exports: Record<string, unknown>;
  }

  interface Memory {
    readonly buffer: ArrayBuffer;
  }
}
