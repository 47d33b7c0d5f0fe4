import type { ConsumedRecord, RecordBatch } from '@sluice/kafka-client';
import { PipelineError } from '../errors.ts';
import type { Refusal } from '../options.ts';
import type { LetterPositions } from './letter-positions.ts';
import type { RecordReader } from './record-reader.ts';
import { whileRetentionEats } from './retention.ts';
import type { Ring } from './ring.ts';
import type { Ranges, TopicScope } from './topic-scope.ts';
import type { VersionTable } from './version-table.ts';

/** What of a window is kept when there are more keys in it than fit. */
const shrinkTo = 0.85;
/** How far a write timestamp may be ahead of the time at which the record was sent, us. */
const clockSkewUs = 3_600_000_000;

export interface FoldOptions<Row extends object> {
  readonly scope: Pick<TopicScope, 'settledRanges' | 'beginsLate' | 'refresh'>;
  readonly ring: Ring;
  readonly letters: Pick<LetterPositions, 'has'>;
  readonly reader: Pick<RecordReader<Row>, 'read'>;
  readonly read: (ranges: Ranges) => AsyncIterable<RecordBatch>;
  readonly onRecords: (count: number) => void;
  /** Told of each record without a letter that cannot be processed. Only in the first pass, which has to meet them all. */
  readonly onUnaccounted?: (record: ConsumedRecord, refusal: Refusal) => Promise<void>;
}

export interface FoldedWindow {
  /** Place of the last key that was kept: nearer than asked for, where there were too many keys. */
  readonly last: number;
  readonly refused: number;
  /** Whether a record has a letter and could be processed all the same: then its row may be there, or not. */
  readonly hasOptional: boolean;
  /** For each partition that is not read from its first record: up to when, us, its keys may have had records before that. */
  readonly goneUntil: ReadonlyMap<number, number>;
  /** For each partition with records that could not be read: up to when, us, its keys may have newer versions than were read. */
  readonly unreadUntil: ReadonlyMap<number, number>;
}

/**
 * Folds the settled records to the newest version of each key whose place is from `first` to `last`. Where `versions` is full the window is
 * made smaller: what falls out of it is for the next pass.
 */
export function foldWindow<Row extends object>(
  versions: VersionTable,
  { first, last }: { readonly first: number; readonly last: number },
  options: FoldOptions<Row>,
): Promise<FoldedWindow> {
  return whileRetentionEats(
    () => new KeyFold(versions, first, last, options).run(),
    () => options.scope.refresh(),
  );
}

class KeyFold<Row extends object> {
  readonly #versions: VersionTable;
  readonly #options: FoldOptions<Row>;
  readonly #first: number;
  readonly #goneUntil = new Map<number, number>();
  readonly #unreadUntil = new Map<number, number>();
  #last: number;
  #refused = 0;
  #hasOptional = false;

  constructor(versions: VersionTable, first: number, last: number, options: FoldOptions<Row>) {
    this.#versions = versions;
    this.#options = options;
    this.#first = first;
    this.#last = last;
  }

  async run(): Promise<FoldedWindow> {
    const { scope, read, onRecords } = this.#options;
    this.#versions.clear();
    for await (const { partition, records } of read(scope.settledRanges)) {
      const [earliest] = records;
      if (earliest && scope.beginsLate(partition) && !this.#goneUntil.has(partition))
        this.#goneUntil.set(partition, earliest.timestamp * 1000 + clockSkewUs);
      for (const record of records) await this.#add(record);
      onRecords(records.length);
    }
    return {
      last: this.#last,
      refused: this.#refused,
      hasOptional: this.#hasOptional,
      goneUntil: this.#goneUntil,
      unreadUntil: this.#unreadUntil,
    };
  }

  async #add(record: ConsumedRecord): Promise<void> {
    const { reader, ring, letters, onUnaccounted } = this.#options;
    const reading = reader.read(record);
    const found = reading instanceof Promise ? await reading : reading;
    if (found.kind === 'filtered') return;
    const hasLetter = letters.has(record);
    if (found.kind === 'refused') {
      this.#refused += record.unreadable?.count ?? 1;
      this.#noteUnread(record);
      if (!hasLetter) await onUnaccounted?.(record, found.refusal);
      return;
    }
    if (hasLetter) {
      this.#hasOptional = true;
      return;
    }
    const place = ring.place(found.key.token);
    if (place < this.#first) return;
    while (place <= this.#last && !this.#versions.offer(found.hash, place, found.version)) this.#shrink();
  }

  /** Of a range of records not even the keys are known. */
  #noteUnread({ partition, unreadable }: ConsumedRecord): void {
    if (!unreadable || unreadable.code === 'record-too-large') return;
    const until = unreadable.maxTimestamp * 1000 + 999;
    this.#unreadUntil.set(partition, Math.max(until, this.#unreadUntil.get(partition) ?? -Infinity));
  }

  #shrink(): void {
    const width = this.#last - this.#first + 1;
    if (width < 2)
      throw new PipelineError(
        'too-many-keys',
        'one partition of the table has more keys than fit into the memory of the audit: raise memoryBytes (--memory)',
      );
    this.#last = this.#first + Math.max(1, Math.floor(width * shrinkTo)) - 1;
    this.#versions.keepUpTo(this.#last);
  }
}
