import {
  type KafkaAdmin,
  type KafkaClient,
  KafkaError,
  type OffsetToCommit,
  type PartitionOffsets,
} from '@sluice/kafka-client';
import type { Logger } from '@sluice/telemetry';

/** Time between two commits, ms: what is sent again after a crash. */
const commitIntervalMs = 1_000;

interface ProgressOptions {
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly groupId: string;
  readonly topic: string;
  readonly logger: Logger;
  /** Monotonic clock, ms. Default: performance.now. */
  readonly clock?: () => number;
}

/**
 * How far the letters are done with, kept as the offsets of a consumer group that never has members: it needs no place of its own and
 * shows up as lag in any tool. The brokers forget it, as of any group without members, after `offsets.retention.minutes` (7 days).
 */
export class RedriveProgress {
  readonly #options: ProgressOptions;
  readonly #reached = new Map<number, OffsetToCommit>();
  readonly #clock: () => number;
  #committedAt: number;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#committedAt = this.#clock();
  }

  /** Where each partition goes on: after what is done with, else at the begin. */
  async starts(offsets: readonly PartitionOffsets[]): Promise<ReadonlyMap<number, number>> {
    const { admin, groupId, topic, logger } = this.#options;
    const committed = await admin.committedOffsets(groupId, topic);
    const starts = new Map<number, number>();
    for (const { partition, begin, end } of offsets) {
      const { offset = null, metadata = null } =
        committed.find((commit) => commit.partition === partition) ?? {};
      const isSame =
        offset !== null && offset <= end && (await this.#isSame(partition, offset, begin, metadata));
      if (offset !== null && !isSame)
        logger.warn(
          { topic, partition, group: groupId },
          'the topic is not the one that the progress is of: it begins anew',
        );
      starts.set(partition, isSame ? Math.max(offset, begin) : begin);
    }
    return starts;
  }

  /** Forgets what is done with, also where this run does not come to its end. */
  async reset(begins: ReadonlyMap<number, number>): Promise<void> {
    for (const [partition, offset] of begins) this.#reached.set(partition, { partition, offset });
    await this.commit();
  }

  /** All letters of a partition before `offset` are done with. A commit that fails is made up for by a later one. */
  async reach(done: OffsetToCommit): Promise<void> {
    this.#reached.set(done.partition, done);
    if (this.#clock() - this.#committedAt < commitIntervalMs) return;
    await this.commit().catch((error: unknown) => {
      if (!(error instanceof KafkaError && error.retryable)) throw error;
      this.#options.logger.warn({ reason: error.message }, 'the progress is not committed yet');
    });
    this.#committedAt = this.#clock();
  }

  async commit(): Promise<void> {
    const { admin, groupId, topic } = this.#options;
    await admin.setOffsets(groupId, topic, [...this.#reached.values()]);
    this.#reached.clear();
  }

  /** Whether the letter before the offset has the timestamp that was committed; true where it is gone. */
  async #isSame(partition: number, offset: number, begin: number, metadata: string | null): Promise<boolean> {
    if (offset <= begin || metadata === null || !/^\d{1,15}$/.test(metadata)) return true;
    const { kafka, topic } = this.#options;
    const ranges = new Map([[partition, { from: offset - 1, to: offset }]]);
    for await (const { records } of kafka.read({ topic, ranges }))
      for (const { timestamp } of records) return timestamp === Number(metadata);
    return true;
  }
}
