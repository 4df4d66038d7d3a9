// Linear memory of the program, or a stand-in of the same size for tests that make calls themselves.

export class Memory {
  #buffer: () => ArrayBufferLike;

  constructor(buffer: () => ArrayBufferLike) {
    this.#buffer = buffer;
  }

  get view(): DataView {
    return new DataView(this.#buffer());
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer(), at >>> 0, length);
  }

  write(at: number, bytes: Uint8Array): void {
    this.bytes(at, bytes.length).set(bytes);
  }

  /** The C string at `at`. */
  text(at: number): string {
    const all = new Uint8Array(this.#buffer(), at >>> 0);
    return new TextDecoder().decode(all.subarray(0, all.indexOf(0)));
  }
}
