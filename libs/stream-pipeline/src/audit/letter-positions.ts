import { createHash } from 'node:crypto';
import {
  type ConsumedRecord,
  deadLetterHeaders,
  type KafkaClient,
  lastHeader,
  type PartitionOffsets,
  rangeHeaders,
  type RecordBatch,
} from '@sluice/kafka-client';
import { keyDigest, readSource, standsForRange, wholeNumber } from '../letter-source.ts';
import { NumberSet } from './number-set.ts';

/** What identifies a record of the topic, and what tells it from one of an earlier topic where there is no topic id. */
type Identified = Pick<ConsumedRecord, 'partition' | 'offset' | 'timestamp' | 'key'>;

interface SourceTopic {
  readonly name: string;
  /** Undefined where the brokers have no topic ids. */
  readonly id: string | undefined;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Which records of a topic have a dead letter: 8 bytes for each, so that a flood of them fits as well.
 *
 * A record is identified by topic id, partition and offset: dead letters of an earlier topic of the same name are of none. Where the
 * dead letter or the topic has no id, the record's timestamp and key have to be the same, too (16 bytes for each).
 */
export class LetterPositions {
  readonly #byPartition = new Map<number, NumberSet>();
  /** Of dead letters without a comparable id, of which {@link #prints} tells whether they are of this topic. */
  readonly #undecided = new Map<number, NumberSet>();
  readonly #prints = new NumberSet();
  /** Without an id a range counts as one of this topic: its records cannot be read, so that nothing can be compared. */
  readonly #ranges = new Map<number, Range[]>();
  /** Dead letters of earlier topics of the same name. */
  former = 0;
  /** Dead letters of records up to this time, ms since the epoch, may no longer exist; -Infinity where all do. */
  goneUntil = -Infinity;

  /** Reads all dead letters that are in the dead-letter topic now. */
  static async read(
    kafka: KafkaClient,
    deadLetterTopic: string,
    source: SourceTopic,
    { onRecords, signal }: { readonly onRecords: (count: number) => void; readonly signal?: AbortSignal },
  ): Promise<LetterPositions> {
    const admin = await kafka.admin();
    const partitions = await admin.offsets(deadLetterTopic).finally(() => admin.close());
    const ranges = new Map(
      partitions.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]),
    );
    const batches = kafka.read({ topic: deadLetterTopic, ranges, ...(signal && { signal }) });
    return LetterPositions.of(batches, partitions, { source, onRecords });
  }

  /** Of the dead letters of a topic with these partitions. */
  static async of(
    batches: AsyncIterable<Pick<RecordBatch, 'partition' | 'records'>>,
    partitions: readonly Pick<PartitionOffsets, 'partition' | 'begin'>[],
    { source, onRecords }: { readonly source: SourceTopic; readonly onRecords?: (count: number) => void },
  ): Promise<LetterPositions> {
    const letters = new LetterPositions();
    const trimmed = new Set(partitions.filter(({ begin }) => begin > 0).map(({ partition }) => partition));
    for await (const { partition, records } of batches) {
      const [first] = records;
      // a dead letter is sent after its record was: what was deleted was of records from before the first one that is left
      if (first && trimmed.delete(partition))
        letters.goneUntil = Math.max(letters.goneUntil, first.timestamp);
      for (const record of records) letters.#add(record, source);
      onRecords?.(records.length);
    }
    if (trimmed.size > 0) letters.goneUntil = Infinity;
    letters.#sort();
    return letters;
  }

  get count(): number {
    let count = 0;
    for (const ranges of this.#ranges.values()) for (const { from, to } of ranges) count += to - from + 1;
    for (const positions of [...this.#byPartition.values(), ...this.#undecided.values()])
      count += positions.size;
    return count;
  }

  has(record: ConsumedRecord): boolean {
    const { partition, offset } = record;
    if (this.#ranges.get(partition)?.some(({ from, to }) => from <= offset && offset <= to)) return true;
    if (this.#byPartition.get(partition)?.has(offset)) return true;
    // the digest only where there is a dead letter of that offset: millions of records are asked for
    return (
      this.#undecided.get(partition)?.has(offset) === true &&
      this.#prints.has(printOf(record, keyDigest(record)))
    );
  }

  #add(record: ConsumedRecord, topic: SourceTopic): void {
    // of letters that cannot be read nobody knows which records they are of
    if (record.unreadable) this.goneUntil = Math.max(this.goneUntil, record.unreadable.maxTimestamp);
    const source = readSource(record.headers);
    // the producer's own dead letters are of records that never were in the topic
    if (source?.topic !== topic.name) return;
    const text = (header: string) => lastHeader(record.headers, header)?.toString();
    const isComparable = source.topicId !== undefined && topic.id !== undefined;
    if (isComparable && source.topicId !== topic.id) this.former += 1;
    else if (standsForRange(text(deadLetterHeaders.stage), text(deadLetterHeaders.errorCode))) {
      const last = wholeNumber(record.headers, rangeHeaders.lastOffset) ?? source.offset;
      this.#addRange(source.partition, { from: source.offset, to: Math.max(source.offset, last) });
    } else if (isComparable) positionsIn(this.#byPartition, source.partition).add(source.offset);
    else {
      positionsIn(this.#undecided, source.partition).add(source.offset);
      this.#prints.add(printOf(source, keyDigest(record)));
    }
  }

  #addRange(partition: number, range: Range): void {
    const known = this.#ranges.get(partition);
    if (known) known.push(range);
    else this.#ranges.set(partition, [range]);
  }

  /** In order, each once: a dead letter can be in its topic twice. */
  #sort(): void {
    for (const [partition, ranges] of this.#ranges) this.#ranges.set(partition, joined(ranges));
    for (const positions of [...this.#byPartition.values(), ...this.#undecided.values(), this.#prints])
      positions.sort();
  }
}

/** Without those that overlap. */
function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last.to + 1)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else result.push({ from, to });
  }
  return result;
}

function positionsIn(byPartition: Map<number, NumberSet>, partition: number): NumberSet {
  let positions = byPartition.get(partition);
  if (!positions) byPartition.set(partition, (positions = new NumberSet()));
  return positions;
}

/** Stands for where a record is, its timestamp and its key: 48 bits of a digest, compared only where the offset is the same. */
function printOf({ partition, offset, timestamp }: Omit<Identified, 'key'>, key: string): number {
  const digest = createHash('sha256').update(`${partition}:${offset}:${timestamp}:${key}`).digest();
  return digest.readUIntBE(0, 6);
}
