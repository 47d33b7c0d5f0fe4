import {
  type ConsumedRecord,
  type KafkaAdmin,
  KafkaError,
  type OffsetToCommit,
  type PartitionOffsets,
  type ProducerRecord,
  type RecordBatch,
} from '@sluice/kafka-client';
import { readLetter, recordToSend } from './letter.ts';
import { fingerprint, normalized } from './letter-filter.ts';
import { LetterOrigins } from './letter-origins.ts';
import { LetterSorter } from './letter-sorter.ts';
import { isShortened, OriginalReader } from './original-reader.ts';
import type { LetterList, RedriveOptions, RedriveRun, RedriveSummary } from './options.ts';
import { RedriveProgress } from './redrive-progress.ts';
import { RedriveSender } from './redrive-sender.ts';
import { LetterGroups, RedriveTally } from './redrive-tally.ts';

/** Letters that are done with together, at most. */
const chunkLetters = 500;
/** Time between two reports, ms. */
const reportIntervalMs = 5_000;

type Ranges = ReadonlyMap<number, { readonly from: number; readonly to: number }>;

/**
 * Sends dead letters back to the partition that they came from, with the write timestamp that they had at first: what was
 * written since stays newer, whatever order they arrive in.
 *
 * It reads the dead-letter topic up to its end at the start, twice: once to know which records failed again after an
 * earlier redrive, once to send. How far it came is kept for each filter, and committed only when the records before are
 * acknowledged: run again, it goes on, and sends at most a second's worth twice. A record that is sent twice is written once.
 */
export class Redrive {
  readonly #options: RedriveOptions;

  constructor(options: RedriveOptions) {
    this.#options = options;
  }

  /** The consumer group that holds the progress: one for each filter, limit and age. */
  get progressGroup(): string {
    const { topic, deadLetters, groupId, filter = {}, maxRedrives = 3 } = this.#options;
    const { expiresAfterMs, formerTopics = false } = this.#options;
    const name = fingerprint(
      topic,
      deadLetters.topic,
      normalized(filter),
      maxRedrives,
      expiresAfterMs ?? null,
      ...(formerTopics ? ['former topics'] : []),
    );
    return `${groupId}-redrive-${name}`;
  }

  /**
   * All letters that the filter means, those that were sent back already as well, by stage and code.
   *
   * @throws KafkaError `unknown-topic`, `closed` once `signal` has aborted, `unreachable`
   */
  async list(signal: AbortSignal): Promise<LetterList> {
    return this.#withAdmin(async (admin) => {
      const ranges = rangesOf(await this.#offsets(admin));
      const { sorter, origins } = await this.#sorter(admin, ranges, signal);
      const groups = new LetterGroups();
      const tally = new RedriveTally();
      for await (const { records } of this.#read(ranges, signal)) {
        const former = await origins.former(records);
        for (const record of records) {
          const sorted = sorter.sort(record, former.has(record));
          tally.add(sorted);
          groups.add(sorted);
        }
      }
      return { groups: groups.all, skipped: tally.skipped };
    });
  }

  /**
   * Sends the letters that the filter means. When `signal` aborts, it ends with what is acknowledged by then, `complete: false`.
   *
   * @throws KafkaError `unknown-topic`; `offset-out-of-range` where letters were deleted while they were read; `unreachable`
   *   when no broker can be used at the start; while brokers are away later it goes on trying
   */
  async run(
    signal: AbortSignal,
    { dryRun = false, restart = false }: RedriveRun = {},
  ): Promise<RedriveSummary> {
    const tally = new RedriveTally();
    const complete = await this.#withAdmin(async (admin) => {
      try {
        await this.#sendAll(admin, tally, signal, { dryRun, restart });
        return true;
      } catch (error) {
        if (signal.aborted && error instanceof KafkaError && error.code === 'closed') return false;
        throw error;
      }
    });
    return tally.summary({ complete, progressGroup: this.progressGroup });
  }

  async #sendAll(
    admin: KafkaAdmin,
    tally: RedriveTally,
    signal: AbortSignal,
    { dryRun, restart }: Required<RedriveRun>,
  ): Promise<void> {
    const { kafka, deadLetters, logger, rate = Infinity, onProgress } = this.#options;
    const progress = new RedriveProgress({
      kafka,
      admin,
      groupId: this.progressGroup,
      topic: deadLetters.topic,
      logger,
    });
    const offsets = await this.#offsets(admin);
    const begins = new Map(offsets.map(({ partition, begin }) => [partition, begin]));
    const ranges = rangesOf(offsets, restart ? begins : await progress.starts(offsets));
    if (restart && !dryRun) await progress.reset(begins);
    const letters = [...ranges.values()].reduce((sum, { from, to }) => sum + to - from, 0);
    logger.info({ letters, group: this.progressGroup }, 'letters to look at');
    const { sorter, origins } = await this.#sorter(admin, ranges, signal);
    const outgoing = dryRun ? undefined : await RedriveSender.open(this.#options, tally, signal);
    const originals = new OriginalReader({ kafka, admin, signal });
    let reportedAt = performance.now();
    try {
      for await (const batch of this.#read(ranges, signal))
        for (const chunk of chunksOf(batch, Math.min(chunkLetters, rate))) {
          const former = await origins.former(chunk.records);
          for await (const records of this.#select(chunk, { former, sorter, tally, originals }))
            await outgoing?.send(records);
          if (outgoing) await progress.reach(endOf(chunk));
          onProgress?.({ read: tally.read, letters, sent: tally.sent });
          if (!outgoing) continue;
          if (performance.now() - reportedAt < reportIntervalMs) continue;
          reportedAt = performance.now();
          logger.info({ read: tally.read, letters, sent: tally.sent }, 'letters sent back');
        }
    } finally {
      await outgoing?.close();
      await progress.commit();
    }
  }

  /** What of some dead letters is to be sent together, in order. A record that is read again comes alone, as it is large. */
  async *#select(
    { records }: Chunk,
    { former, sorter, tally, originals }: Selection,
  ): AsyncGenerator<readonly ProducerRecord[], void, undefined> {
    const { now = Date.now } = this.#options;
    let together: ProducerRecord[] = [];
    for (const record of records) {
      const isFormer = former.has(record);
      const sorted = sorter.sort(record, isFormer);
      tally.add(sorted);
      if (sorted.kind !== 'ready') continue;
      const { letter } = sorted;
      if (!isShortened(letter)) {
        together.push(recordToSend(letter, now(), { isFormer }));
        continue;
      }
      if (isFormer) {
        // the whole record went with its topic
        tally.skip('original-expired');
        continue;
      }
      yield together;
      together = [];
      const original = await originals.read(letter);
      if (original?.unreadable) tally.skip('incomplete');
      else if (original) yield [recordToSend(letter, now(), { original })];
      else tally.skip('original-expired');
    }
    yield together;
  }

  async #sorter(
    admin: KafkaAdmin,
    ranges: Ranges,
    signal: AbortSignal,
  ): Promise<{ readonly sorter: LetterSorter; readonly origins: LetterOrigins }> {
    const { kafka, topic, filter = {}, maxRedrives = 3, expiresAfterMs = Infinity } = this.#options;
    const { now = Date.now, formerTopics = false } = this.#options;
    const topicId = await admin.topicId(topic);
    const origins = new LetterOrigins({ kafka, topic, topicId, offsets: await admin.offsets(topic), signal });
    const sorter = new LetterSorter({
      topic,
      partitions: (await admin.partitions(topic)).length,
      filter,
      formerTopics,
      maxRedrives,
      expiredBefore: now() - expiresAfterMs,
    });
    for await (const { records } of this.#read(ranges, signal)) {
      const sentBefore = records.filter(
        (record) => !record.unreadable && (readLetter(record)?.redrives ?? 0) > 0,
      );
      const former = await origins.former(sentBefore);
      for (const record of sentBefore) sorter.note(record, former.has(record));
    }
    return { sorter, origins };
  }

  #read(ranges: Ranges, signal: AbortSignal): AsyncIterable<RecordBatch> {
    const { kafka, deadLetters, logger } = this.#options;
    return kafka.read({
      topic: deadLetters.topic,
      ranges,
      signal,
      onRetry: ({ message }) => {
        logger.debug({ reason: message }, 'reading the letters is tried again');
      },
    });
  }

  async #offsets(admin: KafkaAdmin): Promise<readonly PartitionOffsets[]> {
    const { topic } = this.#options.deadLetters;
    await admin.partitions(topic); // says which topic is missing
    return admin.offsets(topic);
  }

  async #withAdmin<T>(work: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
    const admin = await this.#options.kafka.admin();
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }
}

/** What decides about the dead letters of a chunk. */
interface Selection {
  /** Those of an earlier topic. */
  readonly former: ReadonlySet<ConsumedRecord>;
  readonly sorter: LetterSorter;
  readonly tally: RedriveTally;
  readonly originals: OriginalReader;
}

type Chunk = Pick<RecordBatch, 'partition' | 'records' | 'nextOffset'>;

/** A batch in parts of at most `size` letters. */
function chunksOf({ partition, records, nextOffset }: RecordBatch, size: number): readonly Chunk[] {
  const letters = Math.max(1, Math.floor(size));
  const chunks: Chunk[] = [];
  for (let from = 0; from < records.length; from += letters) {
    const next = records[from + letters]?.offset ?? nextOffset;
    chunks.push({ partition, records: records.slice(from, from + letters), nextOffset: next });
  }
  return chunks.length > 0 ? chunks : [{ partition, records, nextOffset }];
}

function endOf({ partition, records, nextOffset }: Chunk): OffsetToCommit {
  const last = records.at(-1);
  const lastTimestamp = last?.offset === nextOffset - 1 ? last.timestamp : undefined;
  return { partition, offset: nextOffset, lastTimestamp };
}

function rangesOf(offsets: readonly PartitionOffsets[], starts?: ReadonlyMap<number, number>): Ranges {
  return new Map(
    offsets.map(({ partition, begin, end }) => [
      partition,
      { from: starts?.get(partition) ?? begin, to: end },
    ]),
  );
}
