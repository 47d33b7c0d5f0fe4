import { type BatchHeader, isIntact, recordsAt } from '../record-batch-header.ts';
import { type FetchedRecord, type Place, RecordReader } from '../record-view.ts';
import type { RecordHeaders } from '../record.ts';
import { rangeHeaders, type Unreadable } from '../unreadable.ts';
import { decompressedParts } from './decompress.ts';
import { largePartBytes } from './limits.ts';
import { MalformedError, TooLargeError } from './malformed.ts';
import { PartReader } from './part-reader.ts';
import { readShortened } from './shortened-record.ts';
import { largePartTurn } from './turn.ts';

/** Bytes of records that are handed over at once. */
const sliceBytes = 256 * 1024;

export interface Slice {
  readonly records: FetchedRecord[];
  /** Offset after the last record of the slice; at the end of the batch, that after the batch. */
  readonly nextOffset: number;
  /** Lets others have large records in memory. It is done by itself when the next slice is asked for. */
  readonly release: () => void;
}

export interface SliceOptions {
  /** Offset of the first record that is wanted. */
  readonly from: number;
  /** Bytes of the largest record that is read whole. */
  readonly limit: number;
  /** Ends the slices early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A record batch that is not decompressed as a whole: it would be too large, has too many records, or is malformed. Its
 * records are read in slices, of which one is in memory. What cannot be read is a record with `unreadable`, so that every offset
 * of the batch is accounted for.
 */
export class LargeBatch {
  readonly offset: number;
  readonly batchContext: BatchHeader['context'];
  readonly isControlRecord = false;
  readonly key = null;
  readonly #batch: Buffer;
  readonly #header: BatchHeader;
  readonly #place: Place;
  readonly #fault: MalformedError | undefined;

  /** @param fault why nothing of it can be read, where that is known */
  constructor(batch: Buffer, header: BatchHeader, place: Place, fault?: MalformedError) {
    this.offset = header.firstOffset;
    this.batchContext = header.context;
    this.#batch = batch;
    this.#header = header;
    this.#place = place;
    this.#fault = fault;
  }

  /** Never throws for what is wrong with the batch. */
  async *slices({ from, limit, signal }: SliceOptions): AsyncGenerator<Slice, void, undefined> {
    const { nextOffset, codec } = this.#header;
    const progress: Progress = { offset: Math.max(from, this.offset), records: 0 };
    const parts = new PartReader(
      decompressedParts(codec, this.#batch.subarray(recordsAt), { limit, signal }),
    );
    try {
      if (!isIntact(this.#batch)) throw new MalformedError(changed);
      if (this.#fault) throw this.#fault;
      yield* this.#read(parts, { from, limit, signal }, progress);
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof TooLargeError)) throw error;
      yield { records: [this.#range(progress.offset, error)], nextOffset, release: nothingHeld };
    } finally {
      await parts.close();
    }
  }

  async *#read(
    parts: PartReader,
    options: SliceOptions,
    progress: Progress,
  ): AsyncGenerator<Slice, void, undefined> {
    const { count, nextOffset } = this.#header;
    const { from, signal } = options;
    while (progress.records < count) {
      if (signal?.aborted) return;
      const taken = await this.#take(parts, options, count - progress.records);
      if (!taken) return;
      const { records, release = nothingHeld } = taken;
      let { fault } = taken;
      progress.records += records.length;
      const isLast = progress.records === count && !fault;
      if (isLast && !(await isAtEnd(parts))) fault = new MalformedError('it has more bytes than records');
      try {
        const wanted = records.filter(({ offset }) => offset >= from);
        const last = wanted.at(-1);
        if (last) progress.offset = last.offset + 1;
        if (isLast && !fault) yield { records: wanted, nextOffset, release };
        else if (last) yield { records: wanted, nextOffset: progress.offset, release };
      } finally {
        release();
      }
      if (fault) throw fault;
    }
  }

  /** The next records, and what is wrong after them; undefined where `signal` has aborted. */
  async #take(parts: PartReader, { limit, signal }: SliceOptions, most: number): Promise<Taken | undefined> {
    await parts.fill(sliceBytes);
    const reader = new RecordReader(parts.window, this.#place, this.batchContext);
    const size = reader.nextSize;
    if (size === undefined) throw new MalformedError('it ends before its count of records');
    if (size > limit) return { records: [await this.#shortened(parts, size)] };
    if (size <= parts.available) return this.#small(parts, reader, { most, limit });
    const release = size > largePartBytes ? await largePartTurn.take(signal) : nothingHeld;
    if (!release) return undefined;
    try {
      await parts.fill(size);
      if (size > parts.available) throw new MalformedError('its bytes end within a record');
      const record = this.#next(new RecordReader(parts.window, this.#place, this.batchContext));
      parts.skip(size);
      parts.detach();
      return { records: [record], release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Those that are whole in the window. */
  #small(
    parts: PartReader,
    reader: RecordReader,
    { most, limit }: { readonly most: number; readonly limit: number },
  ): Taken {
    const records: FetchedRecord[] = [];
    const { available } = parts;
    let read = 0;
    try {
      while (records.length < most && read < sliceBytes) {
        const size = reader.nextSize;
        if (size === undefined || size > limit || read + size > available) break;
        records.push(this.#next(reader));
        read = reader.at;
      }
      return { records };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return { records, fault: error };
    } finally {
      parts.skip(read);
    }
  }

  #next(reader: RecordReader): FetchedRecord {
    const { firstOffset, firstTimestamp, fixedTimestamp } = this.#header;
    return reader.next(firstOffset, firstTimestamp, fixedTimestamp);
  }

  async #shortened(parts: PartReader, size: number): Promise<FetchedRecord> {
    const { firstOffset, firstTimestamp, fixedTimestamp } = this.#header;
    const length = await parts.integer();
    const { timestampDelta, offsetDelta, ...content } = await readShortened(parts, length);
    const offset = firstOffset + offsetDelta;
    return this.#record(offset, fixedTimestamp ?? firstTimestamp + timestampDelta, content, {
      code: 'record-too-large',
      message: `the record takes ${size} bytes decompressed, more than maxDecompressedBatchBytes allows`,
      lastOffset: offset,
      count: 1,
    });
  }

  /** Stands for the rest of the batch. */
  #range(offset: number, error: Error): FetchedRecord {
    const { count, nextOffset, firstTimestamp, fixedTimestamp } = this.#header;
    const lastOffset = Math.max(offset, nextOffset - 1);
    const records = Math.max(1, Math.min(count, lastOffset - offset + 1));
    const headers: RecordHeaders = [
      [rangeHeaders.lastOffset, Buffer.from(String(lastOffset))],
      [rangeHeaders.count, Buffer.from(String(records))],
    ];
    const content = { key: null, value: null, headers };
    return this.#record(offset, fixedTimestamp ?? firstTimestamp, content, {
      ...(error instanceof TooLargeError
        ? {
            code: 'batch-too-large',
            message: `${error.message}, which maxDecompressedBatchBytes does not allow`,
          }
        : { code: 'bad-batch', message: `the batch cannot be read: ${error.message}` }),
      lastOffset,
      count: records,
    });
  }

  #record(
    offset: number,
    timestamp: number,
    { key, value, headers }: Pick<FetchedRecord, 'key' | 'value' | 'headers'>,
    unreadable: Omit<Unreadable, 'maxTimestamp'>,
  ): FetchedRecord {
    const place = this.#place;
    return {
      get topic() {
        return place.topic;
      },
      get topicId() {
        return place.topicId;
      },
      get partition() {
        return place.partition;
      },
      offset,
      timestamp,
      key,
      value,
      headers,
      isControlRecord: false,
      batchContext: this.batchContext,
      unreadable: { ...unreadable, maxTimestamp: this.#header.maxTimestamp },
    };
  }
}

const changed = 'its checksum is not that of its bytes, which a disk or the network has changed';

/** What is wanted next, and how many records were read before it. */
interface Progress {
  offset: number;
  records: number;
}

interface Taken {
  readonly records: FetchedRecord[];
  readonly release?: () => void;
  readonly fault?: MalformedError;
}

async function isAtEnd(parts: PartReader): Promise<boolean> {
  await parts.fill(1);
  return parts.available === 0;
}

function nothingHeld(): void {
  // of ordinary records
}
