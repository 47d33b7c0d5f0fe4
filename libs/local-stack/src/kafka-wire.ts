/** Writes the primitive types of Kafka's protocol, in the encoding before the flexible versions (KIP-482). */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#add(1, (buffer) => buffer.writeInt8(value));
  }

  int16(value: number): this {
    return this.#add(2, (buffer) => buffer.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#add(4, (buffer) => buffer.writeInt32BE(value));
  }

  int64(value: number): this {
    return this.#add(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
  }

  /** STRING, or NULLABLE_STRING. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.from(value);
    this.int16(bytes.length).#parts.push(bytes);
    return this;
  }

  /** BYTES, or RECORDS. */
  bytes(value: Buffer): this {
    this.int32(value.length).#parts.push(value);
    return this;
  }

  array<Item>(items: readonly Item[], write: (item: Item, writer: this) => unknown): this {
    this.int32(items.length);
    for (const item of items) write(item, this);
    return this;
  }

  end(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #add(size: number, write: (buffer: Buffer) => unknown): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
}

/** Reads what {@link WireWriter} writes. Throws a RangeError where an answer ends too early. */
export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#step(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#step(4));
  }

  int64(): number {
    return Number(this.#buffer.readBigInt64BE(this.#step(8)));
  }

  string(): string | null {
    const length = this.int16();
    if (length < 0) return null;
    const start = this.#step(length);
    return this.#buffer.toString('utf8', start, start + length);
  }

  bytes(): Buffer {
    const start = this.#step(Math.max(0, this.int32()));
    return this.#buffer.subarray(start, this.#at);
  }

  array<Item>(read: (reader: this) => Item): Item[] {
    const items: Item[] = [];
    for (let left = this.int32(); left > 0; left -= 1) items.push(read(this));
    return items;
  }

  #step(bytes: number): number {
    const start = this.#at;
    this.#at += bytes;
    return start;
  }
}
