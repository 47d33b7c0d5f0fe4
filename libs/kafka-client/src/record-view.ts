import { MalformedError } from './decompression/malformed.ts';
import type { ConsumedRecord, RecordHeader, RecordHeaders } from './record.ts';

/** What the records of one batch have in common. */
export interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** Where the records of a fetch are from. kafkajs does not tell us before it hands them over. */
export interface Place {
  topic: string;
  topicId?: string | undefined;
  partition: number;
}

/** A record on its way through kafkajs, which asks for little of it. */
export interface FetchedRecord extends ConsumedRecord {
  readonly isControlRecord: boolean;
  /** Absent in the message format before record batches, which knows no transactions. */
  readonly batchContext: BatchContext | undefined;
}

const noHeaders: RecordHeaders = [];

/** A record whose key, value and headers are views of the fetched bytes, made each time they are asked for. */
class RecordView implements FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly size: number;
  readonly #reader: RecordReader;
  readonly #keyAt: number;
  readonly #valueAt: number;

  constructor(
    reader: RecordReader,
    offset: number,
    timestamp: number,
    { size, keyAt, valueAt }: { size: number; keyAt: number; valueAt: number },
  ) {
    this.#reader = reader;
    this.offset = offset;
    this.timestamp = timestamp;
    this.size = size;
    this.#keyAt = keyAt;
    this.#valueAt = valueAt;
  }

  get topic(): string {
    return this.#reader.place.topic;
  }

  get topicId(): string | undefined {
    return this.#reader.place.topicId;
  }

  get partition(): number {
    return this.#reader.place.partition;
  }

  get key(): Buffer | null {
    return this.#reader.bytesAt(this.#keyAt);
  }

  get value(): Buffer | null {
    return this.#reader.bytesAt(this.#valueAt);
  }

  get headers(): RecordHeaders {
    return this.#reader.headersAfter(this.#valueAt);
  }

  get isControlRecord(): boolean {
    return this.#reader.context.isControlBatch;
  }

  get batchContext(): BatchContext {
    return this.#reader.context;
  }
}

/** Reads the records of one batch: https://kafka.apache.org/documentation/#record */
export class RecordReader {
  readonly place: Place;
  readonly context: BatchContext;
  readonly #bytes: Buffer;
  #at = 0;
  /** The name read last, and its bytes: all records of a topic mostly have headers of the same names. */
  #name = '';
  #nameBytes: Buffer = Buffer.alloc(0);

  /** @param from where the next record begins */
  constructor(bytes: Buffer, place: Place, context: BatchContext, from = 0) {
    this.#bytes = bytes;
    this.place = place;
    this.context = context;
    this.#at = from;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Bytes of the next record and of its length before it; undefined where even that is cut off. */
  get nextSize(): number | undefined {
    const from = this.#at;
    // an integer takes ten bytes at most
    for (let at = from; (this.#bytes[at] ?? 0x100) > 0x7f; at++)
      if (at + 1 >= this.#bytes.length && at - from < 9) return undefined;
    const length = this.#readInteger();
    const size = this.#at - from + length;
    this.#at = from;
    if (length < 1) throw malformed();
    return size;
  }

  /** The next record, after a look at all of it: what is malformed fails the fetch, and not who reads the record later. */
  next(firstOffset: number, firstTimestamp: number, fixedTimestamp: number | undefined): RecordView {
    const length = this.#readInteger();
    const from = this.#at;
    const end = from + length;
    // the attributes of a record are not used
    this.#at += 1;
    if (length < 1 || end > this.#bytes.length) throw malformed();
    const timestamp = firstTimestamp + this.#readInteger();
    const offset = firstOffset + this.#readInteger();
    const keyAt = this.#at;
    this.#skipBytes(this.#readInteger());
    const valueAt = this.#at;
    this.#skipBytes(this.#readInteger());
    const headers = this.#readInteger();
    if (headers < 0) throw malformed();
    for (let left = headers; left > 0; left -= 1) {
      const nameLength = this.#readInteger();
      if (nameLength < 0) throw malformed();
      this.#skipBytes(nameLength);
      this.#skipBytes(this.#readInteger());
    }
    if (this.#at > end) throw malformed();
    this.#at = end;
    return new RecordView(this, offset, fixedTimestamp ?? timestamp, { size: length, keyAt, valueAt });
  }

  bytesAt(at: number): Buffer | null {
    this.#at = at;
    return this.#readBytes();
  }

  headersAfter(valueAt: number): RecordHeaders {
    this.#at = valueAt;
    this.#skipBytes(this.#readInteger());
    const count = this.#readInteger();
    if (count === 0) return noHeaders;
    // not grown by push, which makes room for seventeen at once
    const headers = new Array<RecordHeader>(count);
    for (let i = 0; i < count; i += 1) headers[i] = [this.#readName(), this.#readBytes()];
    return headers;
  }

  /** A zigzag varint of at most 64 bits, as a number: exact up to 2^53. */
  #readInteger(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] ?? 0x100;
    let value = byte & 0x7f;
    // beyond 28 bits the operators of 32-bit integers do not reach
    for (let factor = 0x80; byte > 0x7f; factor *= 0x80) {
      byte = bytes[this.#at++] ?? 0x100;
      value += (byte & 0x7f) * factor;
      if (byte > 0xff || factor > 2 ** 63) throw malformed();
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #readBytes(): Buffer | null {
    const length = this.#readInteger();
    const from = this.#at;
    this.#skipBytes(length);
    return length < 0 ? null : this.#bytes.subarray(from, this.#at);
  }

  /** Of null, whose length is -1, there is nothing. */
  #skipBytes(length: number): void {
    if (length > 0) this.#at += length;
    if (this.#at > this.#bytes.length) throw malformed();
  }

  #readName(): string {
    const bytes = this.#bytes;
    const length = this.#readInteger();
    const from = this.#at;
    this.#at += length;
    if (!isSame(this.#nameBytes, bytes, from, length)) {
      this.#nameBytes = bytes.subarray(from, this.#at);
      this.#name = this.#nameBytes.toString();
    }
    return this.#name;
  }
}

function isSame(known: Buffer, bytes: Buffer, from: number, length: number): boolean {
  if (length !== known.length) return false;
  for (let i = 0; i < length; i += 1) if (known[i] !== bytes[from + i]) return false;
  return true;
}

function malformed(): MalformedError {
  return new MalformedError('a record of the fetched batch does not have the form of one');
}
