import { createHash } from 'node:crypto';
import {
  type ConsumedRecord,
  deadLetterHeaders,
  lastHeader,
  type RecordHeaders,
  shortenedHeaders,
} from '@sluice/kafka-client';

/** Where the record of a dead letter was when it failed. */
export interface LetterSource {
  readonly topic: string;
  /** Undefined in dead letters of brokers without topic ids, and of earlier versions. */
  readonly topicId: string | undefined;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch; negative where the record had none. */
  readonly timestamp: number;
}

const rangeCodes: ReadonlySet<string | undefined> = new Set(['batch-too-large', 'bad-batch']);

/** Whether a dead letter of this stage and code stands for a range of records. Any record may have headers that say so. */
export function standsForRange(stage: string | undefined, code: string | undefined): boolean {
  return stage === 'source' && rangeCodes.has(code);
}

/** Undefined where the record never was in a topic. */
export function readSource(headers: RecordHeaders): LetterSource | undefined {
  const topic = lastHeader(headers, deadLetterHeaders.sourceTopic)?.toString();
  const partition = wholeNumber(headers, deadLetterHeaders.sourcePartition);
  const offset = wholeNumber(headers, deadLetterHeaders.sourceOffset);
  const timestamp = Number.parseInt(
    lastHeader(headers, deadLetterHeaders.sourceTimestamp)?.toString() ?? '',
    10,
  );
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  if (!Number.isSafeInteger(timestamp)) return undefined;
  return { topic, topicId: ownTopicId(headers), partition, offset, timestamp };
}

/** Of the dead letter itself: its record may have had a header of that name, and comes before `dlq.stage`. */
export function ownTopicId(headers: RecordHeaders): string | undefined {
  for (let i = headers.length - 1; i >= 0; i -= 1) {
    const [name, value] = headers[i] ?? [];
    if (name === deadLetterHeaders.stage) return undefined;
    if (name === deadLetterHeaders.sourceTopicId) return value?.toString('latin1');
  }
  return undefined;
}

/** Stands for the key of a record, or of the record that a dead letter is of, though the key may be shortened there. */
export function keyDigest({ key, headers }: Pick<ConsumedRecord, 'key' | 'headers'>): string {
  if (key === null) return 'none';
  const parts = lastHeader(headers, shortenedHeaders.shortened)?.toString().split(',');
  const digest = parts?.includes('key') ? lastHeader(headers, shortenedHeaders.keySha256) : undefined;
  return digest?.toString('latin1') ?? createHash('sha256').update(key).digest('hex');
}

/** A header in ASCII decimal, undefined where it is none. */
export function wholeNumber(headers: RecordHeaders, name: string): number | undefined {
  const text = lastHeader(headers, name)?.toString('latin1') ?? '';
  const number = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}
