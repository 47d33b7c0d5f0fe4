/**
 * Records that could not be read as they are. Codes:
 *
 * | code | meaning |
 * |---|---|
 * | `record-too-large` | one record is above `maxDecompressedBatchBytes`; it is there shortened |
 * | `batch-too-large` | the rest of a batch is above that, and its codec cannot be read in parts |
 * | `bad-batch` | the rest of a batch is malformed: its codec's data, its records, or its checksum |
 */
export interface Unreadable {
  readonly code: 'record-too-large' | 'batch-too-large' | 'bad-batch';
  /** Says what is wrong and what to do, without any value of a record. */
  readonly message: string;
  /** Offset of the last record that this stands for. */
  readonly lastOffset: number;
  /** Records that this stands for, as the header of their batch says. */
  readonly count: number;
  /** The latest timestamp in the batch, ms since the epoch, as its header says. */
  readonly maxTimestamp: number;
}

/** Headers of a dead letter that stands for a range of records. Numbers are ASCII decimal. */
export const rangeHeaders = {
  lastOffset: 'dlq.source.last.offset',
  count: 'dlq.source.count',
} as const;
