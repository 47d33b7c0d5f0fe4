import {
  type ConsumedRecord,
  deadLetterHeaders,
  lastHeader,
  type ProducerRecord,
  type RecordHeader,
  type RecordHeaders,
  sluiceHeaders,
} from '@sluice/kafka-client';

/** Where the record of a letter was when it failed. */
interface LetterSource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch; negative where the record had none. */
  readonly timestamp: number;
}

/** A message of the dead-letter topic, read. */
export interface Letter {
  readonly record: ConsumedRecord;
  readonly stage: string;
  readonly code: string;
  /** Undefined where the record never was in a topic. */
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
  const firstOffset = whole(headers, sluiceHeaders.sourceOffset) ?? source?.offset ?? record.offset;
  const redrives = whole(headers, sluiceHeaders.redriveCount) ?? 0;
  return { record, stage, code, source: stage === 'source' ? undefined : source, firstOffset, redrives };
}

/**
 * The write timestamp of a letter's record, us, by the rule of `recordDecoder`: its header, else the timestamp and offset that it
 * had. Undefined where it had neither.
 */
export function writeTimestampOf({ record: { headers }, source }: Letter): number | undefined {
  const header = whole(headers, sluiceHeaders.writeTimestamp);
  if (header !== undefined) return header;
  if (!source || source.timestamp < 0) return undefined;
  return source.timestamp * 1000 + (source.offset % 1000);
}

/**
 * The record of a letter as it goes back to its partition: with a timestamp of now, and in headers what ordered it at first.
 * Key, value and headers are as they were; what the letter added is taken off. Headers of ours that the record
 * had, also malformed ones, stay: the redrive must not make good what was refused for them.
 */
export function recordToSend(letter: Letter, now: number): ProducerRecord {
  const { record, source, firstOffset, redrives } = letter;
  const own = withoutLetter(record.headers).filter(([name]) => name !== sluiceHeaders.redriveCount);
  const added: [name: string, value: number | undefined][] = [
    [sluiceHeaders.writeTimestamp, writeTimestampOf(letter)],
    [sluiceHeaders.eventTime, source?.timestamp],
    [sluiceHeaders.sourceOffset, firstOffset],
  ];
  const missing = added.flatMap(([name, value]): RecordHeader[] =>
    value === undefined || lastHeader(own, name) !== undefined ? [] : [[name, ascii(value)]],
  );
  return {
    key: record.key,
    value: record.value,
    headers: [...own, ...missing, [sluiceHeaders.redriveCount, ascii(redrives + 1)]],
    timestamp: now,
    ...(source ? { partition: source.partition } : {}),
  };
}

const letterHeaders: ReadonlySet<string> = new Set(Object.values(deadLetterHeaders));

/** A record may have had headers of these names itself: only the last of each name is the letter's. */
function withoutLetter(headers: RecordHeaders): RecordHeaders {
  const open = new Set(letterHeaders);
  return headers
    .toReversed()
    .filter(([name]) => !open.delete(name))
    .reverse();
}

function readSource(headers: RecordHeaders): LetterSource | undefined {
  const topic = lastHeader(headers, deadLetterHeaders.sourceTopic)?.toString();
  const partition = whole(headers, deadLetterHeaders.sourcePartition);
  const offset = whole(headers, deadLetterHeaders.sourceOffset);
  const timestamp = Number.parseInt(
    lastHeader(headers, deadLetterHeaders.sourceTimestamp)?.toString() ?? '',
    10,
  );
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  return Number.isSafeInteger(timestamp) ? { topic, partition, offset, timestamp } : undefined;
}

/** A header in ASCII decimal, undefined where it is none. */
function whole(headers: RecordHeaders, name: string): number | undefined {
  const text = lastHeader(headers, name)?.toString('latin1') ?? '';
  const number = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

function ascii(value: number): Buffer {
  return Buffer.from(String(value));
}
