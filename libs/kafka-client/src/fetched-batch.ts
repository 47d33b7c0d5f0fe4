import type { EachBatchPayload } from 'kafkajs';
import type { RecordBatch } from './record.ts';
import type { FetchedRecord, FetchedRecords } from './record-batches.ts';

/** A batch as a patched kafkajs delivers it: its messages are our records, and it has two fields more than its types say. */
type FetchedBatch = EachBatchPayload['batch'] & {
  readonly fetchedOffset: string;
  readonly rawMessages: FetchedRecords;
};

/** The offset that the fetch asked for. */
export function fetchedOffset(batch: EachBatchPayload['batch']): number {
  return Number((batch as FetchedBatch).fetchedOffset);
}

export function toRecordBatch(batch: EachBatchPayload['batch']): RecordBatch {
  const { topic, partition } = batch;
  const { place, nextOffset } = (batch as FetchedBatch).rawMessages;
  if (place) Object.assign(place, { topic, partition });
  return {
    topic,
    partition,
    records: batch.messages as unknown as FetchedRecord[],
    nextOffset: nextOffset ?? Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
  };
}
