// Joins neighbouring data segments of a wasm module. asc leaves one for each run of non-zero bytes, about two per
// string literal, and wasm2c makes a copy instruction sequence of each: 18 KB of code for the strings of knell.

const DATA_SECTION = 11;
/** The number of segments, for bulk-memory instructions on passive ones: asc makes none. */
const DATA_COUNT_SECTION = 12;
const HEADER_SIZE = 8;
const I32_CONST = 0x41;
const END = 0x0b;
/** A gap up to this long is cheaper as zeros than as another segment. */
const LARGEST_GAP = 64;

interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The same module with fewer active segments. Throws on a passive segment or a custom memory index. */
export function joinDataSegments(module: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, HEADER_SIZE)];
  const reader = new Reader(module, HEADER_SIZE);
  while (!reader.isAtEnd) {
    const start = reader.at;
    const id = reader.byte();
    const body = reader.bytes(reader.unsigned());
    if (id === DATA_SECTION) parts.push(section(id, writeSegments(joined(readSegments(body)))));
    else if (id !== DATA_COUNT_SECTION) parts.push(module.subarray(start, reader.at));
  }
  return concat(parts);
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

function joined(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments.toSorted((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    const gap = last ? segment.offset - last.offset - last.bytes.length : Number.POSITIVE_INFINITY;
    if (last && gap <= LARGEST_GAP) {
      result[result.length - 1] = {
        offset: last.offset,
        bytes: concat([last.bytes, new Uint8Array(gap), segment.bytes]),
      };
    } else result.push(segment);
  }
  return result;
}

function writeSegments(segments: readonly Segment[]): Uint8Array {
  return concat([
    unsigned(segments.length),
    ...segments.flatMap(({ offset, bytes }) => [
      Uint8Array.of(0, I32_CONST),
      signed(offset),
      Uint8Array.of(END),
      unsigned(bytes.length),
      bytes,
    ]),
  ]);
}

function section(id: number, body: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(id), unsigned(body.length), body]);
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

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Uint8Array.from([...bytes, rest]);
}

/** For offsets, which are not negative. */
function signed(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 63; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Uint8Array.from([...bytes, rest]);
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
