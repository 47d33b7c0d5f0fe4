import { loadModule } from './kafkajs-module.ts';
import type { ConsumedRecord, RecordHeader, RecordHeaders } from './record.ts';

/** What the records of one batch have in common. */
interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** A record on its way through kafkajs, which asks for little of it and does not tell us its topic and partition before. */
export interface FetchedRecord extends ConsumedRecord {
  topic: string;
  partition: number;
  readonly isControlRecord: boolean;
  /** Absent in the message format before record batches, which knows no transactions. */
  readonly batchContext: BatchContext | undefined;
}

/** The records of one partition and fetch, and where the batches that they came in end. */
export type FetchedRecords = FetchedRecord[] & {
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
 * kafkajs makes a decoder, a copy of the bytes and several integers of its own for every record; this makes the record alone, whose
 * key, value and headers are views of the fetched bytes.
 */
export async function readRecordBatches(bytes: Buffer): Promise<FetchedRecords> {
  const records: FetchedRecords = [];
  for (let at = 0; at + recordsAt <= bytes.length;) {
    const end = at + uncountedBytes + bytes.readInt32BE(at + lengthAt);
    if (end > bytes.length) break;
    const batch = bytes.subarray(at, end);
    const firstOffset = Number(batch.readBigInt64BE(firstOffsetAt));
    await readBatch(batch, firstOffset, records);
    records.nextOffset = firstOffset + batch.readInt32BE(lastOffsetDeltaAt) + 1;
    at = end;
  }
  return records;
}

async function readBatch(batch: Buffer, firstOffset: number, into: FetchedRecord[]): Promise<void> {
  const attributes = batch.readInt16BE(attributesAt);
  const isControlRecord = (attributes & control) !== 0;
  const batchContext: BatchContext = {
    producerId: String(batch.readBigInt64BE(producerIdAt)),
    inTransaction: (attributes & transactional) !== 0,
    isControlBatch: isControlRecord,
  };
  const firstTimestamp = Number(batch.readBigInt64BE(firstTimestampAt));
  const fixedTimestamp =
    attributes & logAppendTime ? Number(batch.readBigInt64BE(maxTimestampAt)) : undefined;
  const count = batch.readInt32BE(recordCountAt);
  const body = batch.subarray(recordsAt);
  const reader = new RecordReader(count > 0 ? await decompressed(body, attributes & compressionMask) : body);
  for (let i = 0; i < count; i += 1) {
    const end = reader.beginRecord();
    const timestampDelta = reader.readInteger();
    const offset = firstOffset + reader.readInteger();
    const key = reader.readBytes();
    const value = reader.readBytes();
    const headers = reader.readHeaders();
    reader.endRecord(end);
    const timestamp = fixedTimestamp ?? firstTimestamp + timestampDelta;
    into.push({
      topic: '',
      partition: -1,
      offset,
      timestamp,
      key,
      value,
      headers,
      isControlRecord,
      batchContext,
    });
  }
}

async function decompressed(body: Buffer, type: number): Promise<Buffer> {
  const { lookupCodecByAttributes } = loadModule('kafkajs/src/protocol/message/compression') as {
    lookupCodecByAttributes(attributes: number): Codec | null;
  };
  const codec = lookupCodecByAttributes(type);
  return codec ? codec.decompress(body) : body;
}

const noHeaders: RecordHeaders = [];

/** Reads the records of one batch: https://kafka.apache.org/documentation/#record */
class RecordReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** The name read last, and its bytes: all records of a topic mostly have headers of the same names. */
  #name = '';
  #nameBytes: Buffer = Buffer.alloc(0);

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @returns where the record ends */
  beginRecord(): number {
    const length = this.readInteger();
    const end = this.#at + length;
    // the attributes of a record are not used
    this.#at += 1;
    if (length < 1 || end > this.#bytes.length) throw malformed();
    return end;
  }

  endRecord(end: number): void {
    if (this.#at > end) throw malformed();
    this.#at = end;
  }

  /** A zigzag varint of at most 64 bits, as a number: exact up to 2^53. */
  readInteger(): number {
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

  readBytes(): Buffer | null {
    const length = this.readInteger();
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw malformed();
    return this.#bytes.subarray(from, this.#at);
  }

  readHeaders(): RecordHeaders {
    const count = this.readInteger();
    if (count === 0) return noHeaders;
    const headers: RecordHeader[] = [];
    for (let i = 0; i < count; i += 1) headers.push([this.#readName(), this.readBytes()]);
    return headers;
  }

  #readName(): string {
    const length = this.readInteger();
    const from = this.#at;
    const to = from + length;
    if (length < 0 || to > this.#bytes.length) throw malformed();
    this.#at = to;
    if (
      length !== this.#nameBytes.length ||
      this.#bytes.compare(this.#nameBytes, 0, length, from, to) !== 0
    ) {
      this.#nameBytes = this.#bytes.subarray(from, to);
      this.#name = this.#nameBytes.toString();
    }
    return this.#name;
  }
}

function malformed(): Error {
  return new Error('a record of the fetched batch does not have the form of one');
}
