import { crc32c } from './decompression/crc32c.ts';
import { KafkaError } from './errors.ts';
import type { BatchContext } from './record-view.ts';

/*
 * Of a record batch, by offset: https://kafka.apache.org/documentation/#recordbatch
 */
const firstOffsetAt = 0;
const lengthAt = 8;
/** What `length` does not count: first offset and length itself. */
const uncountedBytes = 12;
const checksumAt = 17;
const attributesAt = 21;
const lastOffsetDeltaAt = 23;
const firstTimestampAt = 27;
const maxTimestampAt = 35;
const producerIdAt = 43;
const recordCountAt = 57;
export const recordsAt = 61;

const compressionMask = 0x07;
const logAppendTime = 0x08;
const transactional = 0x10;
const control = 0x20;

export interface BatchHeader {
  readonly firstOffset: number;
  /** Offset after the last record that the batch had, whatever was compacted away. */
  readonly nextOffset: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  /** The timestamp of each record in a topic with LogAppendTime. */
  readonly fixedTimestamp: number | undefined;
  readonly codec: number;
  /** Records, as the header claims. */
  readonly count: number;
  readonly context: BatchContext;
}

/** Bytes of the batch that begins at `at`. */
export function batchBytes(bytes: Buffer, at: number): number {
  const length = uncountedBytes + bytes.readInt32BE(at + lengthAt);
  if (length >= recordsAt) return length;
  throw new KafkaError('protocol', 'a broker sent a record batch that is shorter than its header', {
    retryable: true,
  });
}

export function readBatchHeader(batch: Buffer): BatchHeader {
  const attributes = batch.readInt16BE(attributesAt);
  const firstOffset = Number(batch.readBigInt64BE(firstOffsetAt));
  const maxTimestamp = Number(batch.readBigInt64BE(maxTimestampAt));
  return {
    firstOffset,
    nextOffset: firstOffset + batch.readInt32BE(lastOffsetDeltaAt) + 1,
    firstTimestamp: Number(batch.readBigInt64BE(firstTimestampAt)),
    maxTimestamp,
    fixedTimestamp: attributes & logAppendTime ? maxTimestamp : undefined,
    codec: attributes & compressionMask,
    count: batch.readInt32BE(recordCountAt),
    context: {
      producerId: String(batch.readBigInt64BE(producerIdAt)),
      inTransaction: (attributes & transactional) !== 0,
      isControlBatch: (attributes & control) !== 0,
    },
  };
}

/** Whether the bytes of a batch are those that its producer, or the broker, has made the checksum of. */
export function isIntact(batch: Buffer): boolean {
  return batch.readUInt32BE(checksumAt) === crc32c(batch.subarray(attributesAt));
}
