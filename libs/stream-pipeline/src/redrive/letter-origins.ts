import type { ConsumedRecord, KafkaClient, PartitionOffsets } from '@sluice/kafka-client';
import { keyDigest, type LetterSource } from '../letter-source.ts';
import { readLetter } from './letter.ts';

/** Records between two that are looked up, which are read as well rather than beginning another read. */
const nearby = 2_000;

interface OriginsOptions {
  readonly kafka: Pick<KafkaClient, 'read'>;
  readonly topic: string;
  /** Undefined where the brokers have no topic ids. */
  readonly topicId: string | undefined;
  /** What the topic held when all dead letters that are asked about had been sent. */
  readonly offsets: readonly PartitionOffsets[];
  readonly signal: AbortSignal;
}

interface Undecided {
  readonly letter: ConsumedRecord;
  readonly source: LetterSource;
}

/**
 * Tells which dead letters are of an earlier topic of the same name, one that was deleted: by topic id, or where the dead letter or the
 * topic has none by comparing timestamp and key with the record that is there now. Where that was deleted by retention or compaction
 * nothing tells, and the dead letter counts as one of this topic.
 */
export class LetterOrigins {
  readonly #options: OriginsOptions;
  readonly #offsets: ReadonlyMap<number, PartitionOffsets>;

  constructor(options: OriginsOptions) {
    this.#options = options;
    this.#offsets = new Map(options.offsets.map((range) => [range.partition, range]));
  }

  /** Those of `records` that are dead letters of an earlier topic. */
  async former(records: readonly ConsumedRecord[]): Promise<ReadonlySet<ConsumedRecord>> {
    const { topic, topicId } = this.#options;
    const former = new Set<ConsumedRecord>();
    const undecided: Undecided[] = [];
    for (const letter of records) {
      const source = letter.unreadable ? undefined : readLetter(letter)?.source;
      if (source?.topic !== topic) continue;
      if (topicId === undefined || source.topicId === undefined) {
        const range = this.#offsets.get(source.partition);
        // of a partition that the topic does not have nothing can be compared; it is reported by itself
        if (!range || source.offset < range.begin) continue;
        if (source.offset >= range.end) former.add(letter);
        else undecided.push({ letter, source });
      } else if (source.topicId !== topicId) former.add(letter);
    }
    if (undecided.length > 0) await this.#compare(undecided, former);
    return former;
  }

  /** Reads the records that are in the place of those now: in each read one range of each partition. */
  async #compare(undecided: readonly Undecided[], former: Set<ConsumedRecord>): Promise<void> {
    const { kafka, topic, signal } = this.#options;
    const byPlace = new Map<string, Undecided[]>();
    for (const one of undecided) {
      const place = placeOf(one.source);
      byPlace.set(place, [...(byPlace.get(place) ?? []), one]);
    }
    for (const ranges of readsOf(undecided))
      for await (const { records } of kafka.read({ topic, ranges, signal }))
        for (const record of records)
          for (const { letter, source } of byPlace.get(placeOf(record)) ?? [])
            // of a record that is above the limit nothing can be compared
            if (
              !record.unreadable &&
              (record.timestamp !== source.timestamp || keyDigest(record) !== keyDigest(letter))
            )
              former.add(letter);
  }
}

function placeOf({ partition, offset }: { readonly partition: number; readonly offset: number }): string {
  return `${partition}:${offset}`;
}

type Ranges = Map<number, { readonly from: number; readonly to: number }>;

/** All places, in as few reads as ranges of a partition are needed. */
function readsOf(undecided: readonly Undecided[]): readonly Ranges[] {
  const reads: Ranges[] = [];
  const open = new Map<number, { read: number; to: number }>();
  const inOrder = undecided.map(({ source }) => source).sort((one, other) => one.offset - other.offset);
  for (const { partition, offset } of inOrder) {
    const last = open.get(partition);
    const read = last ? (offset <= last.to + nearby ? last.read : last.read + 1) : 0;
    const ranges = (reads[read] ??= new Map());
    ranges.set(partition, { from: ranges.get(partition)?.from ?? offset, to: offset + 1 });
    open.set(partition, { read, to: offset + 1 });
  }
  return reads;
}
