import type { Unreadable } from './unreadable.ts';

/**
 * Headers as Kafka keeps them (KIP-82): a list in the order of the record, keys may repeat, a value may be null.
 * Never a map: dead letters and redriven records keep their headers byte for byte.
 */
export type RecordHeaders = readonly RecordHeader[];
export type RecordHeader = readonly [key: string, value: Buffer | null];

/**
 * A record as it was read. Its fields are getters, and key, value and headers are made anew each time they are asked for:
 * keep what is used twice, and copy field by field, since spreading copies no getters.
 */
export interface ConsumedRecord {
  readonly topic: string;
  /** Id of the topic, by which one that was recreated is told from the one before; undefined where it is unknown. */
  readonly topicId?: string | undefined;
  readonly partition: number;
  /** Safe integer: 2^53 records in one partition are out of reach. */
  readonly offset: number;
  /** Milliseconds since the epoch, as the topic keeps it (CreateTime or LogAppendTime); -1 where the record has none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Bytes that the record takes in its batch, decompressed. Default: not known. */
  readonly size?: number;
  /**
   * Set where the record, or the range of records that it stands for, could not be read as it is: key, value and headers are then
   * not the record's own, or only parts of them. Nobody may take it for the record.
   */
  readonly unreadable?: Unreadable;
}

export interface ProducerRecord {
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
  /** Milliseconds since the epoch. Default: the time at which the record is handed over. */
  readonly timestamp?: number;
  /** Default: murmur2 of the key, as every Kafka client has it; without a key, partitions in turn. */
  readonly partition?: number;
}

/** Records of one partition as one fetch brought them. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** Empty where everything in the batch was a control record, aborted or compacted away. */
  readonly records: readonly ConsumedRecord[];
  /** Offset after the last one of the batch, control records included. */
  readonly nextOffset: number;
  /** When the batch was fetched, the offset up to which the partition could be read: see `PartitionOffsets.end`. */
  readonly lastStableOffset: number;
  /** At that time, the offset after the last record, those of open transactions included. */
  readonly highWatermark: number;
}

/** The last header of that name, which is the one that counts, as in Kafka's own `Headers.lastHeader`. */
export function lastHeader(headers: RecordHeaders, name: string): Buffer | null | undefined {
  for (let i = headers.length - 1; i >= 0; i -= 1) {
    const header = headers[i];
    if (header?.[0] === name) return header[1];
  }
  return undefined;
}
