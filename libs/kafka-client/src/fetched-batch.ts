import type { EachBatchPayload } from 'kafkajs';
import { type FetchedMessages, headerListOf } from './kafkajs-records.ts';
import type { ConsumedRecord, RecordBatch } from './record.ts';

/** A batch as a patched kafkajs delivers it: two fields more than its types say. */
type FetchedBatch = EachBatchPayload['batch'] & {
  readonly fetchedOffset: string;
  readonly rawMessages: FetchedMessages;
};

/** The offset that the fetch asked for. */
export function fetchedOffset(batch: EachBatchPayload['batch']): number {
  return Number((batch as FetchedBatch).fetchedOffset);
}

export function toRecordBatch(batch: EachBatchPayload['batch']): RecordBatch {
  const { topic, partition, messages } = batch;
  const records = messages.map((message): ConsumedRecord => ({
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: headerListOf(message),
  }));
  return {
    topic,
    partition,
    records,
    nextOffset: (batch as FetchedBatch).rawMessages.nextOffset ?? Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
  };
}
