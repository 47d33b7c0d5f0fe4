import { decompressUpTo } from './decompression/decompress.ts';
import { LargeBatch } from './decompression/large-batch.ts';
import { wholeBatchBytes } from './decompression/limits.ts';
import { MalformedError } from './decompression/malformed.ts';
import { type BatchHeader, batchBytes, readBatchHeader, recordsAt } from './record-batch-header.ts';
import { type FetchedRecord, type Place, RecordReader } from './record-view.ts';

/** The records of one partition and fetch, and where the batches that they came in end. */
export type FetchedRecords = FetchedRecord[] & {
  /** Shared by all of them. */
  place?: Place;
  /** Offset after the last complete batch, whatever was compacted away in it; unset for the old message format. */
  nextOffset?: number;
  /** The last batch, where it has to be read in parts. What the fetch brought after it is left for the next one. */
  large?: LargeBatch;
};

/** What the answer to one fetch may take in memory, over all its partitions: batches beyond that are read in parts. */
export class FetchAllowance {
  #bytes = wholeBatchBytes;
  #records = 65_536;

  get isUsed(): boolean {
    return this.#bytes <= 0 || this.#records <= 0;
  }

  get records(): number {
    return this.#records;
  }

  take(bytes: number, records: number): void {
    this.#bytes -= bytes;
    this.#records -= records;
  }
}

/**
 * Reads the record batches (format 2) of one partition and fetch. The last one may be cut off, and is then left for the next fetch.
 *
 * kafkajs makes a decoder, a copy of the bytes and several integers of its own for every record. This notes where each record is:
 * a fetch brings more records than can be worked at, and what is made of those that wait has to be moved about by the garbage
 * collector.
 */
export async function readRecordBatches(
  bytes: Buffer,
  allowance = new FetchAllowance(),
): Promise<FetchedRecords> {
  const place: Place = { topic: '', partition: -1 };
  const records: FetchedRecords = Object.assign([], { place });
  for (let at = 0; at + recordsAt <= bytes.length;) {
    const end = at + batchBytes(bytes, at);
    if (end > bytes.length) break;
    const batch = bytes.subarray(at, end);
    const header = readBatchHeader(batch);
    records.nextOffset = header.nextOffset;
    const large = await readBatch(batch, header, { place, into: records, allowance });
    if (large) {
      records.large = large;
      break;
    }
    at = end;
  }
  return records;
}

/** Adds the records of a batch, or returns what reads them in parts. */
async function readBatch(
  batch: Buffer,
  header: BatchHeader,
  {
    place,
    into,
    allowance,
  }: { readonly place: Place; readonly into: FetchedRecord[]; readonly allowance: FetchAllowance },
): Promise<LargeBatch | undefined> {
  const { count, codec, firstOffset, firstTimestamp, fixedTimestamp, context } = header;
  if (count === 0) return undefined;
  const known = into.length;
  try {
    if (count < 0) throw new MalformedError('the count of records in its header is negative');
    const mayBeWhole = !allowance.isUsed && count <= allowance.records;
    const bytes = mayBeWhole
      ? await decompressUpTo(codec, batch.subarray(recordsAt), wholeBatchBytes)
      : undefined;
    if (!bytes) return new LargeBatch(batch, header, place);
    allowance.take(bytes.length, count);
    const reader = new RecordReader(bytes, place, context);
    for (let i = 0; i < count; i += 1) into.push(reader.next(firstOffset, firstTimestamp, fixedTimestamp));
    if (!reader.isAtEnd) throw new MalformedError('it has more bytes than records');
    return undefined;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    into.length = known;
    return new LargeBatch(batch, header, place, error);
  }
}
