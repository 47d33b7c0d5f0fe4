import {
  type Assignment,
  type BatchConsumer,
  type ConsumedRecord,
  type DeadLetter,
  type KafkaAdmin,
  KafkaError,
  type PartitionOffsets,
  type RecordBatch,
  type Suspension,
} from '@sluice/kafka-client';
import { ByteBudget } from './byte-budget.ts';
import { type ChunkReport, ChunkSettler } from './chunk-settler.ts';
import { ClockGuard } from './clock-guard.ts';
import { AbandonedError, asFailure } from './errors.ts';
import { FloodGuard } from './flood-guard.ts';
import { HeldBytes } from './held-bytes.ts';
import { LagMonitor } from './lag-monitor.ts';
import { LetterBox } from './letter-box.ts';
import type { PipelineHealth, PipelineOptions, PipelineSummary, RunOptions } from './options.ts';
import { PartitionTracker } from './partition-tracker.ts';
import { aborted, Outage, type OutageOptions } from './outage.ts';
import { PauseBoard } from './pause-board.ts';
import { RateLimit } from './rate-limit.ts';
import { sizeOf } from './record-size.ts';

/** Records that are decoded, written and settled together: long enough to fill write batches, short enough to yield. */
const chunkRecords = 250;
const defaultDeadLetterBytes = 32 * 1024 * 1024;

interface Epoch {
  readonly number: number;
  readonly trackers: ReadonlyMap<number, PartitionTracker>;
  readonly held: ReadonlyMap<number, HeldBytes>;
  /** Dead letters that are not acknowledged yet. */
  readonly letters: ReadonlyMap<number, HeldBytes>;
  /** Aborts when the next epoch begins. */
  readonly revoked: AbortController;
}

/** Where a run up to the end is to come to, by partition. */
interface Target extends Pick<PartitionOffsets, 'end' | 'highWatermark'> {
  readonly offset: number;
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
  /** Of all epochs: what an older one has handed to the producer cannot be taken back. */
  readonly #letterBytes: HeldBytes;
  readonly #settler: ChunkSettler<Row>;
  readonly #clock: ClockGuard | undefined;
  readonly #totals: ChunkReport = { written: 0, deduplicated: 0, filtered: 0, deadLettered: 0 };
  readonly #inFlight = new Map<Promise<void>, number>();
  readonly #abandon = new AbortController();
  /** Aborts when the pipeline has to end: asked to, drained, or failed. */
  readonly #end = new AbortController();
  #failure: Error | undefined;
  #epoch: Epoch | undefined;
  #targets: ReadonlyMap<number, Target> | undefined;
  /** What the group has settled of the targets, as of the last look. */
  #reached: ReadonlyMap<number, number> = new Map();
  readonly #lag: LagMonitor;
  /** Commits what is settled, and ends where that was all. */
  #checkpoint: () => void = () => undefined;

  constructor(options: PipelineOptions<Row>) {
    const { decode, sink, metrics, logger, source, deadLetters, maxInFlightBytes = 512 * 1024 } = options;
    this.#options = options;
    this.#reporting = { metrics, logger, pauses: new PauseBoard(metrics.paused) };
    this.#interruption = new Outage('kafka', this.#reporting);
    this.#budget = new ByteBudget(maxInFlightBytes);
    this.#rate = new RateLimit(options.maxRecordsPerSecond ?? Infinity);
    this.#letterBytes = new HeldBytes(options.maxDeadLetterBytes ?? defaultDeadLetterBytes);
    this.#letters = new LetterBox({
      kafka: source.kafka,
      topic: deadLetters.topic,
      pipeline: options.name ?? source.groupId,
    });
    this.#lag = new LagMonitor({
      kafka: source.kafka,
      topic: source.topic,
      metrics,
      logger,
      ...(options.maxHeldMs !== undefined && { maxHeldMs: options.maxHeldMs }),
    });
    this.#clock = options.clockAheadMs && new ClockGuard(options.clockAheadMs, logger);
    this.#settler = new ChunkSettler({
      ...this.#reporting,
      decode,
      sink,
      sendLetters: (letters, onRetry) => this.#letters.send(letters, onRetry),
      flood: new FloodGuard(options.maxDeadLetterRatio ?? 0.5),
      clock: this.#clock,
    });
  }

  get health(): PipelineHealth {
    return { ...this.#reporting.pauses.health, degraded: this.#lag.degraded };
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
   * With `until: 'end'` it also ends by itself once the whole group has committed everything that could be read of the topic at the
   * start: up to the last stable offsets or, with `waitForTransactions`, up to the high watermarks.
   *
   * @throws KafkaError `unknown-topic` for the topic or its dead letters, `offset-out-of-range` and others that waiting cannot fix
   */
  async run(
    signal: AbortSignal,
    { until = 'stopped', waitForTransactions = false }: RunOptions = {},
  ): Promise<PipelineSummary> {
    const stop = () => {
      this.#end.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const endWatch = this.#clock?.watch();
    try {
      const admin = await this.#connect(() => this.#options.source.kafka.admin());
      try {
        await this.#connect(() => requireDeadLetterTopic(admin, this.#options.deadLetters.topic));
        if (until === 'end') await this.#aimAtEnd(admin, waitForTransactions);
        if (!this.#end.signal.aborted) await this.#consume(admin);
      } finally {
        await admin.close();
      }
    } catch (error) {
      if (!(error instanceof AbandonedError)) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      endWatch?.();
      await this.#letters.close();
    }
    if (this.#failure) throw this.#failure;
    return {
      ...this.#totals,
      abandoned: this.inFlight,
      ...(this.#targets && { held: this.#heldOf(this.#targets) }),
    };
  }

  async #consume(admin: KafkaAdmin): Promise<void> {
    const { topic, groupId, outOfRange } = this.#options.source;
    const consumer = await this.#connect(() =>
      this.#options.source.kafka.consumer(
        { topic, groupId, ...(outOfRange ? { outOfRange } : {}) },
        {
          assigned: (assignment) => {
            this.#assigned(assignment);
            void this.#lag.poll(admin);
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
      void this.#lag.poll(admin);
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
      // the partitions are other members' now
      this.#lag.assigned(new Map());
    }
  }

  #assigned({ epoch, positions, outOfRange = [] }: Assignment): void {
    const { metrics, logger } = this.#options;
    this.#interruption.over();
    const trackers = new Map(
      [...positions].map(([partition, start]) => [partition, new PartitionTracker(start)]),
    );
    // beside the room, which is for records that can be settled, and half as large over all partitions
    const heldLimit = this.#budget.limit / 2 / positions.size;
    const held = new Map([...positions.keys()].map((partition) => [partition, new HeldBytes(heldLimit)]));
    const share = this.#letterBytes.limit / positions.size;
    const letters = new Map(
      [...positions.keys()].map((partition) => [partition, new HeldBytes(share, this.#letterBytes)]),
    );
    const revoked = new AbortController();
    this.#epoch?.revoked.abort();
    this.#epoch = { number: epoch, trackers, held, letters, revoked };
    this.#lag.assigned(trackers);
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

  /** Hands a batch over chunk by chunk; resolves when all of it is in flight that its partition has room for, not when it is settled. */
  async #take(batch: RecordBatch, epochNumber: number, over: AbortSignal): Promise<Suspension | undefined> {
    const tracker = this.#epoch?.trackers.get(batch.partition);
    const held = this.#epoch?.held.get(batch.partition);
    const letters = this.#epoch?.letters.get(batch.partition);
    if (!tracker || !held || !letters || this.#epoch?.number !== epochNumber) return undefined;
    const { records, nextOffset } = batch;
    const { revoked } = this.#epoch;
    this.#lag.fetched(batch);
    for (let from = 0; from < records.length; from += chunkRecords) {
      const chunk = records.slice(from, from + chunkRecords);
      tracker.fetched(chunk[0]?.timestamp);
      const bytes = sizeOf(chunk);
      const { position, spansAhead } = tracker;
      if (!held.hasRoom(spansAhead) || !letters.hasRoom(spansAhead))
        return { nextOffset: position, until: untilRoom([held, letters], tracker, over) };
      if (!(await this.#rate.take(chunk.length, over))) return undefined;
      if (!(await this.#budget.claim(bytes, over))) return undefined;
      const end =
        from + chunkRecords < records.length
          ? (records[from + chunkRecords]?.offset ?? nextOffset)
          : nextOffset;
      const last = chunk.at(-1);
      // only of the record right before the watermark can a later assignment tell whether it is still the same
      const settled = tracker.begin(end, last?.offset === end - 1 ? last.timestamp : undefined);
      this.#launch(chunk, bytes, { held, letters, over, revoked: revoked.signal, settled });
    }
    if (records.length === 0) tracker.begin(nextOffset)();
    return undefined;
  }

  #launch(
    chunk: readonly ConsumedRecord[],
    bytes: number,
    {
      held,
      letters,
      over,
      revoked,
      settled,
    }: {
      held: HeldBytes;
      letters: HeldBytes;
      over: AbortSignal;
      revoked: AbortSignal;
      settled: () => void;
    },
  ): void {
    let claimed = bytes;
    let heldBytes = 0;
    let letterBytes = 0;
    const setLetterBytes = (waiting: number) => {
      letters.add(waiting - letterBytes);
      letterBytes = waiting;
    };
    // what waits for a schema or for the dead-letter topic stops its own partition only: it leaves the budget of all of them
    const onHeld = (records: readonly ConsumedRecord[]) => {
      const waiting = sizeOf(records);
      held.add(waiting - heldBytes);
      heldBytes = waiting;
      this.#budget.release(claimed);
      claimed = 0;
    };
    const onLetters = (waiting: readonly DeadLetter[]) => {
      setLetterBytes(sizeOf(waiting.map(({ record }) => record)));
    };
    const work = this.#settler
      .settle(chunk, { abandon: this.#abandon.signal, over, revoked, onHeld, onLetters })
      .then(
        (report) => {
          this.#inFlight.delete(work);
          this.#add(report);
          const reached = this.#ownTargetsReached;
          settled();
          held.wake();
          letters.wake();
          // an end that is reached now need not wait for the timer
          if (!reached && this.#ownTargetsReached) this.#checkpoint();
        },
        (error: unknown) => {
          held.add(-heldBytes);
          setLetterBytes(0);
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
    const offsets = [...epoch.trackers].flatMap(([partition, { uncommitted, lastTimestamp }]) =>
      uncommitted === undefined ? [] : [{ partition, offset: uncommitted, lastTimestamp }],
    );
    const outcome = await consumer.commit(epoch.number, offsets);
    if (outcome === 'committed')
      for (const { partition, offset } of offsets) epoch.trackers.get(partition)?.committed(offset);
    else if (outcome === 'failed')
      this.#options.metrics.retriesTotal.inc({ target: 'commit', code: 'failed' });
    this.#lag.report();
  }

  /** A drain ends at what is in the topic now; what comes later is another run's. */
  async #aimAtEnd(admin: KafkaAdmin, waitForTransactions: boolean): Promise<void> {
    const offsets = await this.#connect(() => admin.offsets(this.#options.source.topic));
    const aim = ({ end, highWatermark }: PartitionOffsets): Target => ({
      offset: waitForTransactions ? highWatermark : end,
      end,
      highWatermark,
    });
    this.#targets = new Map(offsets.map((found) => [found.partition, aim(found)]));
  }

  /** What a transaction held at the start and nobody has settled since: never counted as done, also where it was committed meanwhile. */
  #heldOf(targets: ReadonlyMap<number, Target>): number {
    let held = 0;
    for (const [partition, { end, highWatermark }] of targets) {
      const own = this.#epoch?.trackers.get(partition)?.watermark ?? 0;
      held += Math.max(0, highWatermark - Math.max(end, own, this.#reached.get(partition) ?? 0));
    }
    return held;
  }

  get #ownTargetsReached(): boolean {
    if (!this.#targets || !this.#epoch || this.#end.signal.aborted) return false;
    for (const [partition, { watermark }] of this.#epoch.trackers)
      if (watermark < (this.#targets.get(partition)?.offset ?? 0)) return false;
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
      this.#reached = reached;
      if ([...this.#targets].every(([partition, { offset }]) => (reached.get(partition) ?? 0) >= offset))
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

/** Before the first record: else a missing one is noticed with the first dead letter, which then waits, and all after it. */
async function requireDeadLetterTopic(admin: KafkaAdmin, topic: string): Promise<void> {
  try {
    await admin.partitions(topic);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== 'unknown-topic') throw error;
    throw new KafkaError(
      'unknown-topic',
      `the dead-letter topic ${topic} (deadLetters.topic) does not exist, or this client may not see it: create it first`,
      { cause: error },
    );
  }
}

async function untilRoom(
  bounds: readonly HeldBytes[],
  tracker: PartitionTracker,
  over: AbortSignal,
): Promise<void> {
  for (const bound of bounds) await bound.room(() => tracker.spansAhead, over);
}
