import {
  type Assignment,
  type BatchConsumer,
  type ConsumedRecord,
  type KafkaAdmin,
  KafkaError,
  type RecordBatch,
} from '@sluice/kafka-client';
import { ByteBudget } from './byte-budget.ts';
import { type ChunkReport, ChunkSettler } from './chunk-settler.ts';
import { AbandonedError, asFailure } from './errors.ts';
import { FloodGuard } from './flood-guard.ts';
import { HeldBytes } from './held-bytes.ts';
import { LetterBox } from './letter-box.ts';
import type { PipelineHealth, PipelineOptions, PipelineSummary } from './options.ts';
import { PartitionTracker } from './partition-tracker.ts';
import { aborted, Outage, type OutageOptions } from './outage.ts';
import { PauseBoard } from './pause-board.ts';
import { RateLimit } from './rate-limit.ts';
import { sizeOf } from './record-size.ts';

/** Records that are decoded, written and settled together: long enough to fill write batches, short enough to yield. */
const chunkRecords = 250;

interface Epoch {
  readonly number: number;
  readonly trackers: ReadonlyMap<number, PartitionTracker>;
  readonly held: ReadonlyMap<number, HeldBytes>;
  /** Offset after the last record that a fetch saw, by partition. */
  readonly ends: Map<number, number>;
}

/**
 * Takes records from a topic to a sink and commits an offset only when every record before it is settled: durable in the
 * sink, or acknowledged as a dead letter.
 *
 * Reading runs ahead of writing within `maxInFlightBytes`; the watermark of each partition follows what is settled, and
 * only it is committed, on a timer and at the stop. A rebalance begins a new epoch from the committed offsets; what the old
 * one still writes is harmless (write timestamps), and is never committed.
 */
export class StreamPipeline<Row> {
  readonly #options: PipelineOptions<Row>;
  readonly #reporting: OutageOptions;
  readonly #interruption: Outage;
  readonly #budget: ByteBudget;
  readonly #rate: RateLimit;
  readonly #letters: LetterBox;
  readonly #settler: ChunkSettler<Row>;
  readonly #totals: ChunkReport = { written: 0, deduplicated: 0, filtered: 0, deadLettered: 0 };
  readonly #inFlight = new Map<Promise<void>, number>();
  readonly #abandon = new AbortController();
  /** Aborts when the pipeline has to end: asked to, drained, or failed. */
  readonly #end = new AbortController();
  #failure: Error | undefined;
  #epoch: Epoch | undefined;
  #targets: ReadonlyMap<number, number> | undefined;
  /** Commits what is settled, and ends where that was all. */
  #checkpoint: () => void = () => undefined;

  constructor(options: PipelineOptions<Row>) {
    const { decode, sink, metrics, logger, source, deadLetters, maxInFlightBytes = 512 * 1024 } = options;
    this.#options = options;
    this.#reporting = { metrics, logger, pauses: new PauseBoard(metrics.paused) };
    this.#interruption = new Outage('kafka', this.#reporting);
    this.#budget = new ByteBudget(maxInFlightBytes);
    this.#rate = new RateLimit(options.maxRecordsPerSecond ?? Infinity);
    this.#letters = new LetterBox({
      kafka: source.kafka,
      topic: deadLetters.topic,
      pipeline: options.name ?? source.groupId,
    });
    this.#settler = new ChunkSettler({
      ...this.#reporting,
      decode,
      sink,
      sendLetters: (letters, onRetry) => this.#letters.send(letters, onRetry),
      flood: new FloodGuard(options.maxDeadLetterRatio ?? 0.5),
    });
  }

  get health(): PipelineHealth {
    return this.#reporting.pauses.health;
  }

  /** Records that were read and are not settled yet. */
  get inFlight(): number {
    return [...this.#inFlight.values()].reduce((sum, records) => sum + records, 0);
  }

  /** What was settled so far. */
  get totals(): Readonly<ChunkReport> {
    return this.#totals;
  }

  /**
   * Runs until `signal` aborts, then finishes what is in flight within `shutdownTimeoutMs`, commits and leaves the group.
   * With `until: 'end'` it also ends by itself once the whole group has committed everything that was in the topic at the
   * start.
   *
   * @throws KafkaError `unknown-topic`, `offset-out-of-range` and others that waiting cannot mend
   * @throws whatever a decoder throws that is not a RecordRefusal, since that is a fault in the program
   */
  async run(
    signal: AbortSignal,
    { until = 'stopped' }: { until?: 'stopped' | 'end' } = {},
  ): Promise<PipelineSummary> {
    const stop = () => {
      this.#end.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const admin = await this.#connect(() => this.#options.source.kafka.admin());
      try {
        if (until === 'end') await this.#aimAtEnd(admin);
        if (!this.#end.signal.aborted) await this.#consume(admin);
      } finally {
        await admin.close();
      }
    } catch (error) {
      if (!(error instanceof AbandonedError)) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#letters.close();
    }
    if (this.#failure) throw this.#failure;
    return { ...this.#totals, abandoned: this.inFlight };
  }

  async #consume(admin: KafkaAdmin): Promise<void> {
    const { topic, groupId, outOfRange } = this.#options.source;
    const consumer = await this.#connect(() =>
      this.#options.source.kafka.consumer(
        { topic, groupId, ...(outOfRange ? { outOfRange } : {}) },
        {
          assigned: (assignment) => {
            this.#assigned(assignment);
          },
          batch: (batch, epoch, over) => this.#take(batch, epoch, over),
          interrupted: (error) => {
            this.#interruption.note(error);
          },
          failed: (error: KafkaError) => {
            this.#fail(error);
          },
        },
      ),
    );
    let committing: Promise<void> | undefined;
    this.#checkpoint = () => {
      committing ??= this.#commit(consumer)
        .then(() => this.#checkEnd(admin, consumer))
        .finally(() => (committing = undefined));
    };
    const commits = setInterval(this.#checkpoint, this.#options.commitIntervalMs ?? 1_000);
    try {
      await aborted(this.#end.signal);
    } finally {
      clearInterval(commits);
      consumer.quiesce();
      await this.#finishInFlight();
      await committing;
      await this.#commit(consumer);
      await consumer.stop();
    }
  }

  #assigned({ epoch, positions, outOfRange = [] }: Assignment): void {
    const { metrics, logger } = this.#options;
    this.#interruption.over();
    for (const partition of this.#epoch?.trackers.keys() ?? []) metrics.lagRecords.remove({ partition });
    const trackers = new Map(
      [...positions].map(([partition, start]) => [partition, new PartitionTracker(start)]),
    );
    // beside the room, which is for records that can be settled, and half as large over all partitions
    const heldLimit = this.#budget.limit / 2 / positions.size;
    const held = new Map([...positions.keys()].map((partition) => [partition, new HeldBytes(heldLimit)]));
    this.#epoch = { number: epoch, trackers, held, ends: new Map() };
    logger.info({ epoch, partitions: [...positions.keys()] }, 'partitions assigned');
    for (const { partition, expected } of outOfRange) {
      const position = positions.get(partition);
      logger.warn(
        { partition, expected, position },
        'the records that come next are gone from the topic: going on elsewhere, by the policy for offsets out of range',
      );
      metrics.retriesTotal.inc({ target: 'offsets', code: 'offset-out-of-range' });
    }
  }

  /** Hands a batch over chunk by chunk; resolves when all of it is in flight, not when it is settled. */
  async #take(batch: RecordBatch, epochNumber: number, over: AbortSignal): Promise<void> {
    const tracker = this.#epoch?.trackers.get(batch.partition);
    const held = this.#epoch?.held.get(batch.partition);
    if (!tracker || !held || this.#epoch?.number !== epochNumber) return;
    const { records, nextOffset } = batch;
    this.#epoch.ends.set(batch.partition, batch.highWatermark);
    for (let from = 0; from < records.length; from += chunkRecords) {
      const chunk = records.slice(from, from + chunkRecords);
      const bytes = sizeOf(chunk);
      if (!(await held.room(() => tracker.spansAhead, over))) return;
      if (!(await this.#rate.take(chunk.length, over))) return;
      if (!(await this.#budget.claim(bytes, over))) return;
      const end =
        from + chunkRecords < records.length
          ? (records[from + chunkRecords]?.offset ?? nextOffset)
          : nextOffset;
      const last = chunk.at(-1);
      // only of the record right before the watermark can a later assignment tell whether it is still the same
      const settled = tracker.begin(end, last?.offset === end - 1 ? last.timestamp : undefined);
      this.#launch(chunk, bytes, { held, over, settled });
    }
    if (records.length === 0) tracker.begin(nextOffset)();
  }

  #launch(
    chunk: readonly ConsumedRecord[],
    bytes: number,
    { held, over, settled }: { held: HeldBytes; over: AbortSignal; settled: () => void },
  ): void {
    let claimed = bytes;
    let heldBytes = 0;
    // what waits for a schema stops its own partition, and takes no room that others could go on in
    const onHeld = (records: readonly ConsumedRecord[]) => {
      const waiting = sizeOf(records);
      held.add(waiting - heldBytes);
      heldBytes = waiting;
      this.#budget.release(claimed);
      claimed = 0;
    };
    const work = this.#settler
      .settle(chunk, { abandon: this.#abandon.signal, over, onHeld })
      .then(
        (report) => {
          this.#inFlight.delete(work);
          this.#add(report);
          const reached = this.#ownTargetsReached;
          settled();
          held.wake();
          // an end that is reached now need not wait for the timer
          if (!reached && this.#ownTargetsReached) this.#checkpoint();
        },
        (error: unknown) => {
          held.add(-heldBytes);
          if (!(error instanceof AbandonedError)) this.#fail(error as Error);
          // given up with its partition only: another member has it now
          else if (!this.#abandon.signal.aborted) this.#inFlight.delete(work);
        },
      )
      .finally(() => {
        this.#budget.release(claimed);
      });
    this.#inFlight.set(work, chunk.length);
  }

  async #finishInFlight(): Promise<void> {
    const deadline = setTimeout(() => {
      this.#options.logger.warn(
        {},
        'the deadline of the shutdown has passed: what is in flight is given up, and read again later',
      );
      this.#abandon.abort();
    }, this.#options.shutdownTimeoutMs ?? 10_000);
    await Promise.race([Promise.allSettled(this.#inFlight.keys()), aborted(this.#abandon.signal)]);
    clearTimeout(deadline);
  }

  async #commit(consumer: BatchConsumer): Promise<void> {
    const epoch = this.#epoch;
    if (!epoch) return;
    for (const [partition, end] of epoch.ends) {
      const watermark = epoch.trackers.get(partition)?.watermark ?? end;
      this.#options.metrics.lagRecords.set({ partition }, Math.max(0, end - watermark));
    }
    const offsets = [...epoch.trackers].flatMap(([partition, { uncommitted, lastTimestamp }]) =>
      uncommitted === undefined ? [] : [{ partition, offset: uncommitted, lastTimestamp }],
    );
    const outcome = await consumer.commit(epoch.number, offsets);
    if (outcome === 'committed')
      for (const { partition, offset } of offsets) epoch.trackers.get(partition)?.committed(offset);
    else if (outcome === 'failed')
      this.#options.metrics.retriesTotal.inc({ target: 'commit', code: 'failed' });
  }

  /** A drain ends at what is in the topic now; what comes later is another run's. */
  async #aimAtEnd(admin: KafkaAdmin): Promise<void> {
    const offsets = await this.#connect(() => admin.offsets(this.#options.source.topic));
    this.#targets = new Map(offsets.map(({ partition, end }) => [partition, end]));
  }

  get #ownTargetsReached(): boolean {
    if (!this.#targets || !this.#epoch || this.#end.signal.aborted) return false;
    for (const [partition, { watermark }] of this.#epoch.trackers)
      if (watermark < (this.#targets.get(partition) ?? 0)) return false;
    return true;
  }

  /** Partitions of other members count by what their group has committed. */
  async #checkEnd(admin: KafkaAdmin, consumer: BatchConsumer): Promise<void> {
    if (!this.#targets || this.#end.signal.aborted || !consumer.verified) return;
    try {
      const lag = await admin.lag(this.#options.source.groupId, this.#options.source.topic);
      const reached = new Map(lag.map(({ partition, committed, begin }) => [partition, committed ?? begin]));
      // where we hold the partition, what is committed may be of before our start: the watermark is what we know
      for (const [partition, { watermark, uncommitted }] of this.#epoch?.trackers ?? [])
        reached.set(partition, uncommitted === undefined ? watermark : -1);
      if ([...this.#targets].every(([partition, end]) => (reached.get(partition) ?? 0) >= end))
        this.#end.abort();
    } catch (error) {
      // asked again with the next commit
      this.#options.metrics.retriesTotal.inc({ target: 'offsets', code: asFailure(error).code });
    }
  }

  /** Kafka away at the start is an outage like any other: waited for, and said. */
  async #connect<T>(open: () => Promise<T>): Promise<T> {
    const outage = new Outage('kafka', this.#reporting);
    for (;;) {
      try {
        const opened = await open();
        outage.over();
        return opened;
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retryable || error.code === 'unknown-topic') throw error;
        await outage.wait(error, this.#end.signal);
      }
    }
  }

  #add({ written, deduplicated, filtered, deadLettered }: ChunkReport): void {
    this.#totals.written += written;
    this.#totals.deduplicated += deduplicated;
    this.#totals.filtered += filtered;
    this.#totals.deadLettered += deadLettered;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#abandon.abort();
    this.#end.abort();
  }
}
