import {
  type ConsumedRecord,
  deadLetterHeaders,
  type KafkaClient,
  type RecordHeaders,
} from '@sluice/kafka-client';
import type { Letter, TopicRecord } from './evidence.ts';
import { idHeader } from './load.ts';

type Ranges = ReadonlyMap<number, { readonly from: number; readonly to: number }>;

export async function readRanges(
  kafka: KafkaClient,
  topic: string,
  ranges: Ranges,
): Promise<readonly ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  for await (const batch of kafka.read({ topic, ranges })) records.push(...batch.records);
  return records;
}

/** A record with the id of the topic that it was read from. */
export interface HeldRecord {
  readonly record: ConsumedRecord;
  readonly topicId: string | undefined;
}

/** All that a topic holds now; nothing where there is no such topic. */
export async function readTopic(kafka: KafkaClient, topic: string): Promise<readonly ConsumedRecord[]> {
  const admin = await kafka.admin();
  try {
    if (!(await admin.topics()).includes(topic)) return [];
    const offsets = await admin.offsets(topic);
    const ranges = new Map(offsets.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]));
    return await readRanges(kafka, topic, ranges);
  } finally {
    await admin.close();
  }
}

/** The same with the id of the topic: dead letters name it, and so tell a topic from an earlier one of the same name. */
export async function readHeld(kafka: KafkaClient, topic: string): Promise<readonly HeldRecord[]> {
  const topicId = await topicIdOf(kafka, topic);
  return (await readTopic(kafka, topic)).map((record) => ({ record, topicId }));
}

export async function topicIdOf(kafka: KafkaClient, topic: string): Promise<string | undefined> {
  const admin = await kafka.admin();
  return admin.topicId(topic).finally(() => admin.close());
}

export function asTopicRecord({ record, topicId }: HeldRecord): TopicRecord {
  const { partition, offset, timestamp, headers } = record;
  const id = headerText(headers, idHeader);
  return { id: id === undefined ? undefined : Number(id), topicId, partition, offset, timestamp };
}

/** Tells a record also from one at the same offset of an earlier topic. */
export function identity({ record: { partition, offset }, topicId }: HeldRecord): string {
  return `${topicId ?? ''} [${partition}]@${offset}`;
}

/** Letters by what their headers say; `source` is what the topic holds and held, to compare them with. */
export function asLetters(
  records: readonly ConsumedRecord[],
  source: readonly HeldRecord[],
): readonly Letter[] {
  const originals = new Map(source.map((held) => [identity(held), held.record]));
  return records.map((letter) => {
    const partition = Number(headerText(letter.headers, deadLetterHeaders.sourcePartition));
    const offset = Number(headerText(letter.headers, deadLetterHeaders.sourceOffset));
    const topicId = headerText(letter.headers, deadLetterHeaders.sourceTopicId);
    const original = originals.get(`${topicId ?? ''} [${partition}]@${offset}`);
    return {
      code: headerText(letter.headers, deadLetterHeaders.errorCode) ?? '',
      topicId,
      partition,
      offset,
      // a user that makes no record has none to be compared with
      intact: partition < 0 || (original !== undefined && isCopy(letter, original)),
    };
  });
}

/** A letter has the headers of its record first, then its own. */
function isCopy(letter: ConsumedRecord, { key, value, headers }: ConsumedRecord): boolean {
  const kept = letter.headers.slice(0, headers.length);
  return (
    sameBytes(letter.key, key) &&
    sameBytes(letter.value, value) &&
    headers.every(([name, bytes], i) => kept[i]?.[0] === name && sameBytes(kept[i][1], bytes))
  );
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function headerText(headers: RecordHeaders, wanted: string): string | undefined {
  return headers.findLast(([name]) => name === wanted)?.[1]?.toString();
}
