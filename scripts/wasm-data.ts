// Takes the constants out of a wasm module. asc leaves a data segment for each run of non-zero bytes, about two per
// string literal; wasm2c would make code of each that copies it into linear memory at every start.

const DATA_SECTION = 11;
/** The number of segments, for bulk-memory instructions on passive ones: asc makes none. */
const DATA_COUNT_SECTION = 12;
const HEADER_SIZE = 8;
const I32_CONST = 0x41;
const END = 0x0b;

interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Split {
  /** The module without its data. */
  readonly code: Uint8Array;
  /** Linear memory from address 0 to the last constant. */
  readonly image: Uint8Array;
}

/** Separates code and data. Throws on a passive segment or one whose offset is no constant. */
export function splitData(module: Uint8Array): Split {
  const parts: Uint8Array[] = [module.subarray(0, HEADER_SIZE)];
  const reader = new Reader(module, HEADER_SIZE);
  let segments: Segment[] = [];
  while (!reader.isAtEnd) {
    const start = reader.at;
    const id = reader.byte();
    const body = reader.bytes(reader.unsigned());
    if (id === DATA_SECTION) segments = readSegments(body);
    else if (id !== DATA_COUNT_SECTION) parts.push(module.subarray(start, reader.at));
  }
  const image = new Uint8Array(Math.max(...segments.map((s) => s.offset + s.bytes.length), 0));
  for (const { offset, bytes } of segments) image.set(bytes, offset);
  return { code: concat(parts), image };
}

function readSegments(body: Uint8Array): Segment[] {
  const reader = new Reader(body, 0);
  return Array.from({ length: reader.unsigned() }, () => {
    if (reader.byte() !== 0 || reader.byte() !== I32_CONST)
      throw new Error("not an active data segment");
    const offset = reader.signed();
    if (reader.byte() !== END) throw new Error("a data segment's offset is not a constant");
    return { offset, bytes: reader.bytes(reader.unsigned()) };
  });
}

class Reader {
  at: number;
  private readonly source: Uint8Array;

  constructor(source: Uint8Array, at: number) {
    this.source = source;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  byte(): number {
    const value = this.source[this.at++];
    if (value === undefined) throw new Error("the wasm module ends too early");
    return value;
  }

  bytes(length: number): Uint8Array {
    if (this.at + length > this.source.length) throw new Error("the wasm module ends too early");
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }

  /** LEB128 of at most 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  signed(): number {
    let value = 0;
    for (let shift = 0; ; ) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128) return byte & 64 ? value - 2 ** shift : value;
    }
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
