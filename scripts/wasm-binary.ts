// The encodings of the wasm binary format: bytes and LEB128 numbers (WebAssembly specification, chapter 5). Pure.

export class WasmReader {
  at: number;
  private readonly source: Uint8Array;

  constructor(source: Uint8Array, at = 0) {
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

  rest(): Uint8Array {
    return this.bytes(this.source.length - this.at);
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

  /** LEB128 of at most 64 bits. */
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte < 128) return byte & 64 ? value - (1n << shift) : value;
    }
  }
}

export class WasmWriter {
  readonly #bytes: number[] = [];

  byte(value: number): void {
    this.#bytes.push(value);
  }

  bytes(values: Uint8Array): void {
    for (const value of values) this.#bytes.push(value);
  }

  unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  signed(value: bigint): void {
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.byte(Number(rest & 127n));
  }

  result(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
