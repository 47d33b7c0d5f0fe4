import { loadModule } from './kafkajs-module.ts';
import type { ConsumedRecord, RecordHeader, RecordHeaders } from './record.ts';

/** What the records of one batch have in common. */
interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** Where the records of a fetch are from. kafkajs does not tell us before it hands them over. */
export interface Place {
  topic: string;
  partition: number;
}

/** A record on its way through kafkajs, which asks for little of it. */
export interface FetchedRecord extends ConsumedRecord {
  readonly isControlRecord: boolean;
  /** Absent in the message format before record batches, which knows no transactions. */
  readonly batchContext: BatchContext | undefined;
}

/** The records of one partition and fetch, and where the batches that they came in end. */
export type FetchedRecords = FetchedRecord[] & {
  /** Shared by all of them. */
  place?: Place;
  /** Offset after the last complete batch, whatever was compacted away in it; unset for the old message format. */
  nextOffset?: number;
};

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}

/*
 * Of a record batch, by offset: https://kafka.apache.org/documentation/#recordbatch
 */
const firstOffsetAt = 0;
const lengthAt = 8;
/** What `length` does not count: first offset and length itself. */
const uncountedBytes = 12;
const attributesAt = 21;
const lastOffsetDeltaAt = 23;
const firstTimestampAt = 27;
const maxTimestampAt = 35;
const producerIdAt = 43;
const recordCountAt = 57;
const recordsAt = 61;

const compressionMask = 0x07;
const logAppendTime = 0x08;
const transactional = 0x10;
const control = 0x20;

/**
 * Reads the record batches (format 2) of one partition and fetch. The last one may be cut off, and is then left for the next fetch.
 *
 * kafkajs makes a decoder, a copy of the bytes and several integers of its own for every record. This notes where each record is:
 * a fetch brings more records than can be worked at, and what is made of those that wait has to be moved about by the garbage
 * collector.
 */
export async function readRecordBatches(bytes: Buffer): Promise<FetchedRecords> {
  const place: Place = { topic: '', partition: -1 };
  const records: FetchedRecords = Object.assign([], { place });
  for (let at = 0; at + recordsAt <= bytes.length;) {
    const end = at + uncountedBytes + bytes.readInt32BE(at + lengthAt);
    if (end > bytes.length) break;
    const batch = bytes.subarray(at, end);
    const firstOffset = Number(batch.readBigInt64BE(firstOffsetAt));
    await readBatch(batch, firstOffset, place, records);
    records.nextOffset = firstOffset + batch.readInt32BE(lastOffsetDeltaAt) + 1;
    at = end;
  }
  return records;
}

async function readBatch(
  batch: Buffer,
  firstOffset: number,
  place: Place,
  into: FetchedRecord[],
): Promise<void> {
  const attributes = batch.readInt16BE(attributesAt);
  const context: BatchContext = {
    producerId: String(batch.readBigInt64BE(producerIdAt)),
    inTransaction: (attributes & transactional) !== 0,
    isControlBatch: (attributes & control) !== 0,
  };
  const firstTimestamp = Number(batch.readBigInt64BE(firstTimestampAt));
  const fixedTimestamp =
    attributes & logAppendTime ? Number(batch.readBigInt64BE(maxTimestampAt)) : undefined;
  const count = batch.readInt32BE(recordCountAt);
  const body = batch.subarray(recordsAt);
  const bytes = count > 0 ? await decompressed(body, attributes & compressionMask) : body;
  const reader = new RecordReader(bytes, place, context);
  for (let i = 0; i < count; i += 1) into.push(reader.next(firstOffset, firstTimestamp, fixedTimestamp));
}

async function decompressed(body: Buffer, type: number): Promise<Buffer> {
  const { lookupCodecByAttributes } = loadModule('kafkajs/src/protocol/message/compression') as {
    lookupCodecByAttributes(attributes: number): Codec | null;
  };
  const codec = lookupCodecByAttributes(type);
  return codec ? codec.decompress(body) : body;
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
class RecordReader {
  readonly place: Place;
  readonly context: BatchContext;
  readonly #bytes: Buffer;
  #at = 0;
  /** The name read last, and its bytes: all records of a topic mostly have headers of the same names. */
  #name = '';
  #nameBytes: Buffer = Buffer.alloc(0);

  constructor(bytes: Buffer, place: Place, context: BatchContext) {
    this.#bytes = bytes;
    this.place = place;
    this.context = context;
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
    for (let headers = this.#readInteger(); headers > 0; headers -= 1) {
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

function malformed(): Error {
  return new Error('a record of the fetched batch does not have the form of one');
}
