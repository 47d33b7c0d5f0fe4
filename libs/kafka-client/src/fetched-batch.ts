import type { EachBatchPayload } from 'kafkajs';
import type { LargeBatch } from './decompression/large-batch.ts';
import type { RecordBatch } from './record.ts';
import type { FetchedRecords } from './record-batches.ts';
import type { FetchedRecord } from './record-view.ts';

/** A batch as a patched kafkajs delivers it: its messages are our records, and it has more fields than its types say. */
type FetchedBatch = EachBatchPayload['batch'] & {
  readonly fetchedOffset: string;
  readonly lastStableOffset: number | undefined;
  readonly rawMessages: FetchedRecords;
  readonly large: LargeBatch | undefined;
};

export interface PartOfBatch {
  readonly batch: RecordBatch;
  /** Lets others have a large record in memory; done by itself when the next part is asked for. */
  readonly release: () => void;
}

/** The offset that the fetch asked for. */
export function fetchedOffset(batch: EachBatchPayload['batch']): number {
  return Number((batch as FetchedBatch).fetchedOffset);
}

/**
 * What a fetch brought of one partition: at once, or in several parts where it ends with a batch that must not be in memory as a
 * whole. Ends early when `signal` aborts.
 *
 * @param from offset of the first record that is wanted
 * @param topicId of the topic that the batch was fetched from, where it is known
 * @param limit bytes of the largest record that is read whole
 */
export async function* partsOf(
  fetched: EachBatchPayload['batch'],
  {
    from,
    limit,
    signal,
    topicId,
  }: {
    readonly from: number;
    readonly limit: number;
    readonly signal: AbortSignal;
    readonly topicId?: string | undefined;
  },
): AsyncGenerator<PartOfBatch, void, undefined> {
  const whole = toRecordBatch(fetched, topicId);
  const { large } = fetched as FetchedBatch;
  if (!large) {
    yield { batch: whole, release: nothingHeld };
    return;
  }
  if (whole.records.length > 0)
    yield { batch: { ...whole, nextOffset: Math.max(from, large.offset) }, release: nothingHeld };
  for await (const { records, nextOffset, release } of large.slices({ from, limit, signal }))
    yield { batch: { ...whole, records, nextOffset }, release };
}

/** Offset after all that a fetch brought, with what is to be read in parts. */
export function nextOffsetOf(batch: EachBatchPayload['batch']): number {
  return (batch as FetchedBatch).rawMessages.nextOffset ?? Number(batch.lastOffset()) + 1;
}

function toRecordBatch(batch: EachBatchPayload['batch'], topicId: string | undefined): RecordBatch {
  const { topic, partition } = batch;
  const { rawMessages, lastStableOffset } = batch as FetchedBatch;
  const { place } = rawMessages;
  const highWatermark = Number(batch.highWatermark);
  if (place) Object.assign(place, { topic, topicId, partition });
  return {
    topic,
    partition,
    records: batch.messages as unknown as FetchedRecord[],
    nextOffset: nextOffsetOf(batch),
    lastStableOffset: lastStableOffset ?? highWatermark,
    highWatermark,
  };
}

function nothingHeld(): void {
  // of ordinary records
}
