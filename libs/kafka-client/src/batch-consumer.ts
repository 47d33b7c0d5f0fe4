import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import { commitMetadata } from './commit-metadata.ts';
import { defaultMaxRecordBytes } from './decompression/limits.ts';
import { KafkaError, protocolErrorType, toKafkaError } from './errors.ts';
import { fetchedOffset, partsOf } from './fetched-batch.ts';
import type { KafkaAdmin } from './kafka-admin.ts';
import type { ConsumerOptions } from './options.ts';
import type { RecordBatch } from './record.ts';
import { StartPositions } from './start-positions.ts';

/** The partitions that this member holds until the next rebalance. */
export interface Assignment {
  /** Counts the assignments of this consumer; nothing of an older one may be committed. */
  readonly epoch: number;
  /** Offset of the next record of each partition: the committed one, or by the policy where there is none. */
  readonly positions: ReadonlyMap<number, number>;
  /** Id of the topic that the positions are of; left out where the brokers have none. */
  readonly topicId?: string;
  /**
   * Partitions whose position the policy has chosen, since the records from `expected` on no longer exist or the topic was recreated.
   * Left out where there are none.
   */
  readonly outOfRange?: readonly { readonly partition: number; readonly expected: number }[];
}

/** A handler has no room for more of one partition. Others are fetched meanwhile. */
export interface Suspension {
  /** Where the partition continues: the offset of the first record that was not taken. */
  readonly nextOffset: number;
  /** Resolves, and never rejects, when there is room again, or when the epoch is over. */
  readonly until: Promise<void>;
}

export interface ConsumerHandler {
  /** A new epoch begins; what was in flight in the one before will be delivered again, here or at another member. */
  assigned(assignment: Assignment): void;
  /**
   * Takes the next records of one partition. Resolves when more may be fetched from the broker that it came from, which is how a
   * handler slows the source down; heartbeats are sent meanwhile. A {@link Suspension} stops that partition only. Partitions are
   * handled concurrently, batches of one partition in order. When `signal` aborts, the epoch is over or the consumer is stopping:
   * return soon, nothing more is expected.
   */
  batch(batch: RecordBatch, epoch: number, signal: AbortSignal): Promise<Suspension | void>;
  /** The brokers do not answer; the consumer goes on trying without end, and {@link assigned} tells that they are back. */
  interrupted?(error: KafkaError): void;
  /** The consumer cannot go on. */
  failed(error: KafkaError): void;
}

export interface OffsetToCommit {
  readonly partition: number;
  /** The next offset to read after a restart. */
  readonly offset: number;
  /**
   * Timestamp of the record right before `offset`, ms. It is committed as metadata and compared at the next assignment: that is
   * how a topic that was deleted and recreated is noticed where the brokers have no topic ids. Leave it out where that record is
   * unknown.
   */
  readonly lastTimestamp?: number | undefined;
}

interface Member {
  readonly epoch: number;
  readonly partitions: readonly number[];
  /** Undefined until the positions are known, and where the brokers have no ids. */
  topicId: string | undefined;
  readonly positions: Map<number, number>;
  /** Partitions that are read from one record earlier, to compare it with what was committed of it. */
  readonly checks: Map<number, { readonly offset: number; readonly timestampBefore: number }>;
  /** Whether the handler has been told of the assignment. */
  begun: boolean;
  /** Resolves once the positions are known; undefined from then on. */
  ready: Promise<void> | undefined;
  readonly ended: AbortController;
}

/** Handlers at once; batches of further partitions wait for a free one. */
const concurrentPartitions = 256;

/** How old what is known of the topic may become where no option says so, ms. */
export const defaultMetadataMaxAgeMs = 30_000;

/** Time before a consumer that kafkajs gave up begins again, ms. */
const restartMs = 1_000;

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
  readonly #starts: StartPositions;
  readonly #maxRecordBytes: number;
  #stopping = false;
  #left = false;
  #member: Member | undefined;
  #commitWithoutRetry: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #epoch = 0;
  #restart: NodeJS.Timeout | undefined;
  #topicChecks: NodeJS.Timeout | undefined;

  /** @internal Use `KafkaClient.consumer`. `create` makes a kafkajs consumer that, after a crash, starts again when told to. */
  static async open(
    create: (mayRestart: () => boolean) => Consumer,
    admin: KafkaAdmin,
    options: ConsumerOptions,
    handler: ConsumerHandler,
    maxRecordBytes = defaultMaxRecordBytes,
  ): Promise<BatchConsumer> {
    const consumer: Consumer = create(() => !self.#left);
    const self = new BatchConsumer(consumer, { admin, options, handler, maxRecordBytes });
    try {
      await self.#run();
    } catch (error) {
      await self.stop();
      throw error;
    }
    return self;
  }

  private constructor(
    consumer: Consumer,
    {
      admin,
      options,
      handler,
      maxRecordBytes,
    }: {
      readonly admin: KafkaAdmin;
      readonly options: ConsumerOptions;
      readonly handler: ConsumerHandler;
      readonly maxRecordBytes: number;
    },
  ) {
    this.#consumer = consumer;
    this.#maxRecordBytes = maxRecordBytes;
    this.#admin = admin;
    this.#options = options;
    this.#handler = handler;
    this.#starts = new StartPositions(admin, options);
  }

  /**
   * Commits offsets of one epoch, without retrying: a later commit carries them anyway.
   *
   * @returns `committed`; `lost` when the epoch is over, after which its partitions are delivered anew; `failed` when the
   *   coordinator could not be asked and the next commit may succeed
   */
  async commit(epoch: number, offsets: readonly OffsetToCommit[]): Promise<'committed' | 'lost' | 'failed'> {
    const member = this.#member;
    if (epoch !== member?.epoch) return 'lost';
    if (offsets.length === 0) return 'committed';
    const { topic } = this.#options;
    const { topicId } = member;
    const partitions = offsets.map(({ partition, offset, lastTimestamp }) => ({
      partition,
      offset: String(offset),
      metadata: commitMetadata(lastTimestamp, topicId),
    }));
    try {
      // consumer.commitOffsets() of kafkajs retries across a rebalance and would carry an old epoch's offsets under the new
      // generation; this one asks once, with the generation of now.
      if (!this.#commitWithoutRetry) return 'failed';
      await this.#commitWithoutRetry({ topics: [{ topic, partitions }] });
      this.#starts.committed(offsets, topicId);
      return 'committed';
    } catch (error) {
      return lostPartitions.has(protocolErrorType(error) ?? '') ? 'lost' : 'failed';
    }
  }

  /**
   * Whether this member has joined, and every partition it holds was found to be the one that its offset was committed in. Until
   * then a committed offset proves nothing.
   */
  get verified(): boolean {
    return this.#member?.begun === true && this.#member.checks.size === 0;
  }

  /** Stops fetching while heartbeats and commits go on: what is in flight can be finished and committed. */
  quiesce(): void {
    this.#stopping = true;
    this.#ifRunning(() => {
      this.#consumer.pause([{ topic: this.#options.topic }]);
    });
    this.#member?.ended.abort();
  }

  /** Leaves the group. Commit first: afterwards it is too late. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#left = true;
    clearTimeout(this.#restart);
    clearInterval(this.#topicChecks);
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
    await this.#consume();
    const { metadataMaxAgeMs = defaultMetadataMaxAgeMs } = this.#options;
    this.#topicChecks = setInterval(() => void this.#checkTopic(), metadataMaxAgeMs);
  }

  async #consume(): Promise<void> {
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrentPartitions,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  #join({ payload }: ConsumerGroupJoinEvent): void {
    // kafkajs cannot be stopped while it joins; what is thrown here ends it.
    if (this.#left) throw new KafkaError('closed', 'the consumer was stopped while it joined its group');
    this.#enter(payload.memberAssignment[this.#options.topic] ?? []);
  }

  /** Begins an epoch. `isResumed`: kafkajs has fetched these partitions before, and does so elsewhere than they begin now. */
  #enter(partitions: readonly number[], { isResumed = false } = {}): void {
    this.#member?.ended.abort();
    this.#epoch += 1;
    const member: Member = {
      epoch: this.#epoch,
      partitions,
      topicId: undefined,
      positions: new Map(),
      checks: new Map(),
      begun: false,
      ready: undefined,
      ended: new AbortController(),
    };
    this.#member = member;
    member.ready = this.#begin(member, isResumed).finally(() => (member.ready = undefined));
  }

  /**
   * A topic that is deleted and recreated between two fetches answers the next one as if nothing had happened. Its id tells: the
   * partitions are taken back, and begin again in the topic as it is now, by the policy.
   */
  async #checkTopic(): Promise<void> {
    const member = this.#member;
    if (!member?.begun) return;
    try {
      const topicId = await this.#admin.topicId(this.#options.topic);
      const isOver = this.#stopping || member !== this.#member || member.ended.signal.aborted;
      if (!isOver && this.#starts.isRecreated(topicId)) this.#enter(member.partitions, { isResumed: true });
    } catch (error) {
      // brokers that do not answer are what the consumer reports by itself; the next check asks again
      if (!(error instanceof KafkaError)) throw error;
    }
  }

  /** Finds the positions of an epoch and announces it, unless it is over before. Never rejects. */
  async #begin(member: Member, isResumed: boolean): Promise<void> {
    const isOver = () => member.ended.signal.aborted || member !== this.#member;
    try {
      const { topicId, positions: starts } = await this.#starts.find(member.partitions, member.ended.signal);
      member.topicId = topicId;
      for (const { partition, offset, moved, timestampBefore } of starts) {
        const from = timestampBefore === undefined ? offset : offset - 1;
        member.positions.set(partition, from);
        if (timestampBefore !== undefined) member.checks.set(partition, { offset, timestampBefore });
        // Also for an epoch that is over: the next one fetches before it has looked up its own positions, and would be
        // out of range again.
        if (moved || isResumed || from !== offset) this.#seek(partition, from);
      }
      const positions = new Map(starts.map(({ partition, offset }) => [partition, offset]));
      const outOfRange = starts.flatMap(({ partition, expected }) =>
        expected === undefined ? [] : [{ partition, expected }],
      );
      if (isOver()) return;
      this.#handler.assigned({
        epoch: member.epoch,
        positions,
        ...(topicId !== undefined && { topicId }),
        ...(outOfRange.length > 0 && { outOfRange }),
      });
      member.begun = true;
      void this.#reportForeignMembers();
    } catch (error) {
      if (isOver()) return;
      this.quiesce();
      this.#handler.failed(toKafkaError(error, `finding the positions in topic ${this.#options.topic}`));
    }
  }

  #seek(partition: number, offset: number): void {
    this.#ifRunning(() => {
      this.#consumer.seek({ topic: this.#options.topic, partition, offset: String(offset) });
    });
  }

  /** kafkajs throws when asked to pause or seek between a crash and the restart, where there is nothing to pause or seek. */
  #ifRunning(action: () => void): void {
    try {
      action();
    } catch (error) {
      if ((error as Error).name !== 'KafkaJSNonRetriableError') throw error;
    }
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
        this.#seek(batch.partition, position);
        return;
      }
      const parts = partsOf(batch, {
        topicId: member.topicId,
        from: position,
        limit: this.#maxRecordBytes,
        signal: over,
      });
      for await (const part of parts) {
        const records = this.#checked(member, part.batch);
        const before = member.positions.get(batch.partition) ?? position;
        const suspension = await this.#handler.batch(records, member.epoch, over);
        if (over.aborted || member !== this.#member) return;
        const { nextOffset } = suspension ?? records;
        member.positions.set(batch.partition, nextOffset);
        if (nextOffset > before) payload.resolveOffset(String(nextOffset - 1));
        if (!suspension) continue;
        if (this.#stopping) return;
        // kafkajs fetches nothing from a broker before all that it fetched from there is handled: to wait here would stop the others
        const resume = payload.pause();
        void suspension.until.then(() => {
          if (!this.#stopping) resume();
        });
        return;
      }
    });
  }

  /**
   * The batch without the record before the committed offset, where that was read for comparison.
   *
   * @throws an error that makes the member join again, where it is not the record that was committed
   */
  #checked(member: Member, batch: RecordBatch): RecordBatch {
    const check = member.checks.get(batch.partition);
    if (!check) return batch;
    const [first] = batch.records;
    // compaction may have removed it: then there is nothing to compare
    if (first?.offset === check.offset - 1 && first.timestamp !== check.timestampBefore) {
      this.#starts.recreated(batch.partition);
      throw rejoin(`${batch.topic}[${batch.partition}] is not the one of the committed offset`);
    }
    member.checks.delete(batch.partition);
    return { ...batch, records: batch.records.filter(({ offset }) => offset >= check.offset) };
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
    if (this.#stopping) return;
    const reason = toKafkaError(error, `consuming topic ${this.#options.topic}`);
    if (restart) this.#handler.interrupted?.(reason);
    else if (reason.retryable) this.#restartAfter(reason);
    else this.#handler.failed(reason);
  }

  /**
   * Programs of two purposes in one group take partitions from each other that they do not read. The group's next assignment
   * tells that this is over. `refused`: the brokers did not let this member join for it.
   */
  async #reportForeignMembers(refused?: KafkaError): Promise<void> {
    const { topic, groupId } = this.#options;
    const member = this.#member;
    let members: readonly string[] = [];
    try {
      members = await this.#admin.foreignMembers(groupId, topic);
    } catch (error) {
      // brokers that do not answer are what the consumer reports by itself
      if (!(error instanceof KafkaError)) throw error;
    }
    if (this.#stopping || member !== this.#member || (members.length === 0 && !refused)) return;
    const message =
      `group ${groupId} has members that do not consume topic ${topic} as this consumer does: ` +
      `${members.join('; ') || 'the brokers do not name them'}. Give them, or this consumer, a group of their own`;
    this.#handler.interrupted?.(
      new KafkaError('foreign-member', message, { retryable: true, cause: refused }),
    );
  }

  /** For what kafkajs gives up and a person may fix while we wait, such as a permission that was revoked. */
  #restartAfter(reason: KafkaError): void {
    if (reason.code === 'foreign-member') void this.#reportForeignMembers(reason);
    else this.#handler.interrupted?.(reason);
    this.#restart = setTimeout(() => {
      this.#consume().catch((error: unknown) => {
        if (!this.#stopping)
          this.#handler.failed(toKafkaError(error, `consuming topic ${this.#options.topic}`));
      });
    }, restartMs);
  }
}

/** What kafkajs takes for a rebalance: the member joins again, and its positions are looked up anew. */
function rejoin(reason: string): Error {
  return Object.assign(new Error(reason), { type: 'REBALANCE_IN_PROGRESS' });
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
