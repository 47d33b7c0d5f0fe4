import {
  type ConsumedRecord,
  deadLetterHeaders,
  lastHeader,
  type ProducerRecord,
  type RecordHeader,
  type RecordHeaders,
  sluiceHeaders,
} from '@sluice/kafka-client';
import { keyDigest, type LetterSource, ownTopicId, readSource, wholeNumber } from '../letter-source.ts';

/** A message of the dead-letter topic, read. */
export interface Letter {
  readonly record: ConsumedRecord;
  readonly stage: string;
  readonly code: string;
  /** Undefined where the record never was in a topic, as those that a producer could not send. */
  readonly source: LetterSource | undefined;
  /** Offset of the record when it was new; that of `source` unless it was sent again since. */
  readonly firstOffset: number;
  /** How often it was sent back. */
  readonly redrives: number;
}

/** The letter that a message is, undefined where it is none. */
export function readLetter(record: ConsumedRecord): Letter | undefined {
  const { headers } = record;
  const stage = lastHeader(headers, deadLetterHeaders.stage)?.toString();
  const code = lastHeader(headers, deadLetterHeaders.errorCode)?.toString();
  if (stage === undefined || code === undefined) return undefined;
  const source = readSource(headers);
  if (!source && stage !== 'source') return undefined;
  const firstOffset = wholeNumber(headers, sluiceHeaders.sourceOffset) ?? source?.offset ?? record.offset;
  const redrives = wholeNumber(headers, sluiceHeaders.redriveCount) ?? 0;
  return { record, stage, code, source, firstOffset, redrives };
}

/**
 * The write timestamp of a letter's record, us, by the rule of `recordDecoder`: its header, else the timestamp and offset that it
 * had. Undefined where it had neither.
 */
export function writeTimestampOf({ record: { headers }, source }: Letter): number | undefined {
  const header = wholeNumber(headers, sluiceHeaders.writeTimestamp);
  if (header !== undefined) return header;
  if (!source || source.timestamp < 0) return undefined;
  return source.timestamp * 1000 + (source.offset % 1000);
}

/** Stands for a record, whatever dead letters there are of it: `isFormer` where it was in an earlier topic of the same name. */
export function identityOf({ record, source, firstOffset }: Letter, isFormer: boolean): string {
  const place = `${source?.partition ?? ''}:${firstOffset}`;
  if (!isFormer) return place;
  const eventTime = wholeNumber(record.headers, sluiceHeaders.eventTime) ?? source?.timestamp ?? '';
  return `${source?.topicId ?? `${eventTime}:${keyDigest(record)}`}:${place}`;
}

/**
 * The record of a letter as it goes back to its partition: with a timestamp of now, and in headers what ordered it at first.
 * Key, value and headers are as they were; what the letter added is taken off. Headers of ours that the record
 * had, also malformed ones, stay: the redrive must not make good what was refused for them.
 *
 * @param original the record in its topic, for a dead letter that is not whole
 * @param isFormer of an earlier topic of the same name, whose partitions and offsets mean nothing in this one: the record goes to the
 *   partition of its key, and has the offset that it gets there
 */
export function recordToSend(
  letter: Letter,
  now: number,
  { original, isFormer = false }: { readonly original?: ConsumedRecord; readonly isFormer?: boolean } = {},
): ProducerRecord {
  const { source, firstOffset, redrives } = letter;
  const { key, value, headers } = original ?? letter.record;
  const replaced: readonly string[] = [
    sluiceHeaders.redriveCount,
    ...(isFormer ? [sluiceHeaders.sourceOffset] : []),
  ];
  const whole = original ? headers : withoutLetter(headers);
  const own = whole.filter(([name]) => !replaced.includes(name));
  const added: [name: string, value: number | undefined][] = [
    [sluiceHeaders.writeTimestamp, writeTimestampOf(letter)],
    [sluiceHeaders.eventTime, source?.timestamp],
    [sluiceHeaders.sourceOffset, isFormer ? undefined : firstOffset],
  ];
  const missing = added.flatMap(([name, value]): RecordHeader[] =>
    value === undefined || lastHeader(own, name) !== undefined ? [] : [[name, ascii(value)]],
  );
  return {
    key,
    value,
    headers: [...own, ...missing, [sluiceHeaders.redriveCount, ascii(redrives + 1)]],
    timestamp: now,
    ...(source && !isFormer ? { partition: source.partition } : {}),
  };
}

const letterHeaders: ReadonlySet<string> = new Set(Object.values(deadLetterHeaders));

/** A record may have had headers of these names itself: only the last of each name is the letter's. */
function withoutLetter(headers: RecordHeaders): RecordHeaders {
  const open = new Set(letterHeaders);
  if (ownTopicId(headers) === undefined) open.delete(deadLetterHeaders.sourceTopicId);
  return headers
    .toReversed()
    .filter(([name]) => !open.delete(name))
    .reverse();
}

function ascii(value: number): Buffer {
  return Buffer.from(String(value));
}
