import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import { KafkaError, protocolErrorType, toKafkaError } from './errors.ts';
import type { KafkaAdmin } from './kafka-admin.ts';
import { headerListOf } from './kafkajs-patches.ts';
import type { ConsumerOptions } from './options.ts';
import type { ConsumedRecord, RecordBatch } from './record.ts';

/** The partitions that this member holds until the next rebalance. */
export interface Assignment {
  /** Counts the assignments of this consumer; nothing of an older one may be committed. */
  readonly epoch: number;
  /** Offset of the next record of each partition: the committed one, or by the policy where there is none. */
  readonly positions: ReadonlyMap<number, number>;
}

export interface ConsumerHandler {
  /** A new epoch begins; what was in flight in the one before will be delivered again, here or at another member. */
  assigned(assignment: Assignment): void;
  /**
   * Takes the next records of one partition. Resolves when more of that partition may be fetched, which is how a handler
   * slows the source down; heartbeats go on meanwhile. Partitions are handled concurrently, batches of one partition in
   * order. When `signal` aborts, the epoch is over or the consumer is stopping: return soon, nothing more is expected.
   */
  batch(batch: RecordBatch, epoch: number, signal: AbortSignal): Promise<void>;
  /** The consumer cannot go on. */
  failed(error: KafkaError): void;
}

export interface OffsetToCommit {
  readonly partition: number;
  /** The next offset to read after a restart. */
  readonly offset: number;
  readonly metadata?: string;
}

interface Member {
  readonly epoch: number;
  readonly positions: Map<number, number>;
  /** Resolves once the positions are known; undefined from then on. */
  ready: Promise<void> | undefined;
  readonly ended: AbortController;
}

/** Handlers at once; batches of further partitions wait for a free one. */
const concurrentPartitions = 256;

/** Rejections that mean: the group has moved on, and these partitions may be another member's. */
const lostPartitions = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

/**
 * One member of a consumer group whose position runs ahead of what it commits: the position follows what was handed
 * over, commits are the caller's, by {@link commit}.
 *
 * It keeps the position of each partition itself, from the committed offset on, and takes a batch only when it was
 * fetched at that position. So no record can be passed over, whatever a rebalance does to the fetches under way.
 */
export class BatchConsumer {
  readonly #consumer: Consumer;
  readonly #admin: KafkaAdmin;
  readonly #options: ConsumerOptions;
  readonly #handler: ConsumerHandler;
  #stopping = false;
  #member: Member | undefined;
  #commitWithoutRetry: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #epoch = 0;

  /** Internal: use `KafkaClient.consumer`. */
  static async open(
    consumer: Consumer,
    admin: KafkaAdmin,
    options: ConsumerOptions,
    handler: ConsumerHandler,
  ): Promise<BatchConsumer> {
    const self = new BatchConsumer(consumer, admin, options, handler);
    await self.#run();
    return self;
  }

  private constructor(
    consumer: Consumer,
    admin: KafkaAdmin,
    options: ConsumerOptions,
    handler: ConsumerHandler,
  ) {
    this.#consumer = consumer;
    this.#admin = admin;
    this.#options = options;
    this.#handler = handler;
  }

  /**
   * Commits offsets of one epoch, without retrying: a later commit carries them anyway.
   *
   * @returns `committed`; `lost` when the epoch is over, after which its partitions are delivered anew; `failed` when the
   *   coordinator could not be asked and the next commit may succeed
   */
  async commit(epoch: number, offsets: readonly OffsetToCommit[]): Promise<'committed' | 'lost' | 'failed'> {
    if (epoch !== this.#member?.epoch) return 'lost';
    if (offsets.length === 0) return 'committed';
    const { topic } = this.#options;
    const partitions = offsets.map(({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata: metadata ?? '',
    }));
    try {
      // consumer.commitOffsets() of kafkajs retries across a rebalance and would carry an old epoch's offsets under the new
      // generation; this one asks once, with the generation of now.
      if (!this.#commitWithoutRetry) return 'failed';
      await this.#commitWithoutRetry({ topics: [{ topic, partitions }] });
      return 'committed';
    } catch (error) {
      return lostPartitions.has(protocolErrorType(error) ?? '') ? 'lost' : 'failed';
    }
  }

  /** Stops fetching while heartbeats and commits go on: what is in flight can be finished and committed. */
  quiesce(): void {
    this.#stopping = true;
    this.#consumer.pause([{ topic: this.#options.topic }]);
    this.#member?.ended.abort();
  }

  /** Leaves the group. Commit first: afterwards it is too late. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#member?.ended.abort();
    await this.#consumer.stop();
    await this.#consumer.disconnect();
    await this.#admin.close();
  }

  async #run(): Promise<void> {
    const { topic } = this.#options;
    const consumer = this.#consumer;
    consumer.on(consumer.events.GROUP_JOIN, (event) => {
      this.#join(event);
    });
    consumer.on(consumer.events.REBALANCING, () => this.#member?.ended.abort());
    consumer.on(consumer.events.CRASH, (event) => {
      this.#crashed(event);
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrentPartitions,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  #join({ payload }: ConsumerGroupJoinEvent): void {
    this.#member?.ended.abort();
    this.#epoch += 1;
    const positions = new Map<number, number>();
    const partitions = payload.memberAssignment[this.#options.topic] ?? [];
    const ended = new AbortController();
    const ready = this.#findPositions(partitions, positions, ended.signal);
    const member: Member = { epoch: this.#epoch, positions, ended, ready };
    this.#member = member;
    ready.then(
      () => {
        member.ready = undefined;
        if (this.#member === member)
          this.#handler.assigned({ epoch: member.epoch, positions: new Map(positions) });
      },
      (error: unknown) => {
        if (this.#member === member) this.#handler.failed(toKafkaError(error, 'finding the positions'));
      },
    );
  }

  /** Looks up where to begin, again and again while the brokers do not answer. */
  async #findPositions(
    partitions: readonly number[],
    positions: Map<number, number>,
    ended: AbortSignal,
  ): Promise<void> {
    const { topic, groupId } = this.#options;
    for (let delay = 100; partitions.length > 0; delay = Math.min(delay * 2, 2_000)) {
      try {
        const lag = await this.#admin.lag(groupId, topic);
        for (const partition of partitions) {
          const found = lag.find((entry) => entry.partition === partition);
          if (!found)
            throw new KafkaError('unknown-topic', `partition ${partition} of ${topic} has no offsets`, {
              retryable: true,
            });
          positions.set(partition, this.#begin(found));
        }
        return;
      } catch (error) {
        const reason = toKafkaError(error, `looking up the positions of ${topic}`);
        if (!reason.retryable || ended.aborted) throw reason;
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }

  #begin({
    partition,
    committed,
    begin,
    end,
  }: {
    partition: number;
    committed: number | null;
    begin: number;
    end: number;
  }): number {
    if (committed === null) return begin;
    if (committed >= begin && committed <= end) return committed;
    const { outOfRange = 'fail', topic, groupId } = this.#options;
    if (outOfRange === 'earliest') return begin;
    if (outOfRange === 'latest') return end;
    throw new KafkaError(
      'offset-out-of-range',
      `group ${groupId} had committed offset ${committed} of ${topic}[${partition}], which now holds ${begin} to ${end}: ` +
        'records were deleted before they were read, or the topic was made anew. ' +
        'Decide where to go on (set the group to an offset, or the policy to earliest or latest)',
    );
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const member = this.#member;
    if (!member || this.#stopping) return;
    this.#commitWithoutRetry = payload.commitOffsetsIfNecessary;
    const over = member.ended.signal;
    await this.#withHeartbeats(payload, member, async () => {
      if (member.ready) await Promise.race([member.ready, aborted(over)]);
      if (over.aborted || member !== this.#member) return;
      const { batch } = payload;
      const position = member.positions.get(batch.partition);
      if (position === undefined) return;
      if (fetchedOffset(batch) !== position) {
        // fetched before the rebalance, or where kafkajs would begin by itself: not ours to take
        this.#consumer.seek({ topic: batch.topic, partition: batch.partition, offset: String(position) });
        return;
      }
      const next = Number(batch.lastOffset()) + 1;
      await this.#handler.batch(toRecordBatch(batch, next), member.epoch, over);
      if (over.aborted || member !== this.#member) return;
      member.positions.set(batch.partition, next);
      payload.resolveOffset(batch.lastOffset());
    });
  }

  /** Runs a step of the handler with heartbeats on a timer; a heartbeat that fails ends the epoch and is thrown. */
  async #withHeartbeats(payload: EachBatchPayload, member: Member, step: () => Promise<void>): Promise<void> {
    let failure: unknown;
    const timer = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => {
        failure ??= error;
        member.ended.abort();
      });
    }, 500);
    try {
      await step();
    } finally {
      clearInterval(timer);
    }
    if (failure) throw failure as Error;
  }

  #crashed({ payload: { error, restart } }: ConsumerCrashEvent): void {
    this.#member?.ended.abort();
    this.#member = undefined;
    this.#commitWithoutRetry = undefined;
    if (!restart && !this.#stopping)
      this.#handler.failed(toKafkaError(error, `consuming topic ${this.#options.topic}`));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

/** The offset that the fetch asked for; kafkajs has it on the batch, though not in its types. */
function fetchedOffset(batch: EachBatchPayload['batch']): number {
  return Number((batch as unknown as { fetchedOffset: string }).fetchedOffset);
}

function toRecordBatch(batch: EachBatchPayload['batch'], nextOffset: number): RecordBatch {
  const { topic, partition } = batch;
  const records: ConsumedRecord[] = new Array(batch.messages.length);
  for (let i = 0; i < records.length; i += 1) {
    const message = batch.messages[i];
    if (!message) continue;
    records[i] = {
      topic,
      partition,
      offset: Number(message.offset),
      timestamp: Number(message.timestamp),
      key: message.key,
      value: message.value,
      headers: headerListOf(message),
    };
  }
  return { topic, partition, records, nextOffset, highWatermark: Number(batch.highWatermark) };
}
