// Runs the start function of a wasm module when it is built: what remains is code without a start, and memory and
// globals as the start function left them. asc leaves constants as data segments, about two per string literal, and
// makes every object of module level at start; wasm2c would make code of both that runs in every process.

import { WasmReader, WasmWriter } from "./wasm-binary.ts";

const GLOBAL_SECTION = 6;
const EXPORT_SECTION = 7;
const START_SECTION = 8;
const DATA_SECTION = 11;
/** The number of segments, for bulk-memory instructions on passive ones: asc makes none. */
const DATA_COUNT_SECTION = 12;
const HEADER_SIZE = 8;

const I32 = 0x7f;
const I64 = 0x7e;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const END = 0x0b;
const GLOBAL_EXPORT = 3;

export interface Snapshot {
  /** The module without data and start function, its globals as the start function left them. */
  readonly code: Uint8Array;
  /** Linear memory from address 0 to the last byte that is not 0. */
  readonly image: Uint8Array;
}

interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

interface GlobalType {
  readonly type: number;
  readonly isMutable: boolean;
}

/** Throws if the start function calls a host import, or a global is neither i32 nor i64 with a constant. */
export function takeSnapshot(module: Uint8Array): Snapshot {
  const header = module.subarray(0, HEADER_SIZE);
  const sections = readSections(module);
  const types = readGlobals(sections.find(({ id }) => id === GLOBAL_SECTION)?.body);
  const instance = start(concat(header, exportGlobals(sections, types.length)));
  const values = types.map((_, index) => {
    const { value } = instance.exports[globalName(index)] as { value: number | bigint };
    return BigInt(value);
  });
  const memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  const length = memory.findLastIndex((byte) => byte !== 0) + 1;
  const dropped = [START_SECTION, DATA_SECTION, DATA_COUNT_SECTION];
  const kept = sections
    .filter(({ id }) => !dropped.includes(id))
    .map((section) => (section.id === GLOBAL_SECTION ? writeGlobals(types, values) : section));
  return { code: concat(header, kept), image: memory.slice(0, length) };
}

function start(module: Uint8Array): WebAssembly.Instance {
  const compiled = new WebAssembly.Module(module as Uint8Array<ArrayBuffer>);
  const imports: Record<string, Record<string, () => never>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(compiled)) {
    imports[from] = {
      ...imports[from],
      [name]: () => {
        throw new Error(`build: module level calls ${name}; the host is there only when main runs`);
      },
    };
  }
  return new WebAssembly.Instance(compiled, imports);
}

function readSections(module: Uint8Array): Section[] {
  const reader = new WasmReader(module, HEADER_SIZE);
  const sections: Section[] = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    sections.push({ id, body: reader.bytes(reader.unsigned()) });
  }
  return sections;
}

function readGlobals(body: Uint8Array | undefined): GlobalType[] {
  if (body === undefined) return [];
  const reader = new WasmReader(body);
  return Array.from({ length: reader.unsigned() }, () => {
    const type = reader.byte();
    const isMutable = reader.byte() === 1;
    const expected = type === I32 ? I32_CONST : I64_CONST;
    if ((type !== I32 && type !== I64) || reader.byte() !== expected)
      throw new Error("build: a global is neither i32 nor i64 with a constant");
    reader.signed();
    if (reader.byte() !== END) throw new Error("build: a global's value is not one constant");
    return { type, isMutable };
  });
}

function writeGlobals(types: readonly GlobalType[], values: readonly bigint[]): Section {
  const writer = new WasmWriter();
  writer.unsigned(types.length);
  for (const [index, { type, isMutable }] of types.entries()) {
    writer.byte(type);
    writer.byte(isMutable ? 1 : 0);
    writer.byte(type === I32 ? I32_CONST : I64_CONST);
    writer.signed(values[index] ?? 0n);
    writer.byte(END);
  }
  return { id: GLOBAL_SECTION, body: writer.result() };
}

/** The sections with every global exported, to be read. */
function exportGlobals(sections: readonly Section[], count: number): Section[] {
  return sections.map((section) => {
    if (section.id !== EXPORT_SECTION) return section;
    const reader = new WasmReader(section.body);
    const writer = new WasmWriter();
    writer.unsigned(reader.unsigned() + count);
    writer.bytes(reader.rest());
    for (let index = 0; index < count; index++) {
      const name = new TextEncoder().encode(globalName(index));
      writer.unsigned(name.length);
      writer.bytes(name);
      writer.byte(GLOBAL_EXPORT);
      writer.unsigned(index);
    }
    return { id: EXPORT_SECTION, body: writer.result() };
  });
}

function globalName(index: number): string {
  return `snapshot global ${index}`;
}

function concat(header: Uint8Array, sections: readonly Section[]): Uint8Array {
  const writer = new WasmWriter();
  writer.bytes(header);
  for (const { id, body } of sections) {
    writer.byte(id);
    writer.unsigned(body.length);
    writer.bytes(body);
  }
  return writer.result();
}
