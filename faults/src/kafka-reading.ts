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

export function asTopicRecord({ partition, offset, timestamp, headers }: ConsumedRecord): TopicRecord {
  const id = headerText(headers, idHeader);
  return { id: id === undefined ? undefined : Number(id), partition, offset, timestamp };
}

/** Tells a record also from one at the same offset of a topic that was there before. */
export function identity(record: ConsumedRecord): string {
  const { id, partition, offset } = asTopicRecord(record);
  return `${String(id)} [${partition}]@${offset}`;
}

/** Letters by what their headers say; `source` is what the topic holds, to compare them with. */
export function asLetters(
  records: readonly ConsumedRecord[],
  source: readonly ConsumedRecord[],
): readonly Letter[] {
  const originals = new Map(source.map((record) => [`${record.partition}@${record.offset}`, record]));
  return records.map((letter) => {
    const partition = Number(headerText(letter.headers, deadLetterHeaders.sourcePartition));
    const offset = Number(headerText(letter.headers, deadLetterHeaders.sourceOffset));
    const original = originals.get(`${partition}@${offset}`);
    return {
      code: headerText(letter.headers, deadLetterHeaders.errorCode) ?? '',
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
