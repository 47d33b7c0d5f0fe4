import {
  type CommittedOffset,
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

  /** Where each partition resumes: after what is done with, else at its begin. */
  async starts(offsets: readonly PartitionOffsets[]): Promise<ReadonlyMap<number, number>> {
    const { admin, groupId, topic, logger } = this.#options;
    const committed = new Map(
      (await admin.committedOffsets(groupId, topic)).map((commit) => [commit.partition, commit]),
    );
    const recreated = await this.#recreated(offsets, committed);
    if (recreated.size > 0)
      logger.warn(
        { topic, partitions: [...recreated], group: groupId },
        'the topic was recreated since the progress was kept: it begins again',
      );
    return new Map(
      offsets.map(({ partition, begin }) => {
        const offset = recreated.has(partition) ? null : committed.get(partition)?.offset;
        return [partition, Math.max(offset ?? begin, begin)];
      }),
    );
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

  /** Partitions of an earlier topic: by its id, or by the dead letter before the offset, which had another timestamp or is missing. */
  async #recreated(
    offsets: readonly PartitionOffsets[],
    committed: ReadonlyMap<number, CommittedOffset>,
  ): Promise<ReadonlySet<number>> {
    const { kafka, admin, topic } = this.#options;
    const topicId = await admin.topicId(topic);
    const recreated = new Set<number>();
    const ranges = new Map<number, { readonly from: number; readonly to: number }>();
    for (const { partition, begin, end } of offsets) {
      const commit = committed.get(partition);
      const offset = commit?.offset ?? begin;
      const isOfAnother =
        topicId !== undefined && commit?.topicId !== undefined && commit.topicId !== topicId;
      if (isOfAnother || offset > end) recreated.add(partition);
      else if (offset > begin) ranges.set(partition, { from: offset - 1, to: offset });
    }
    for await (const { partition, records } of kafka.read({ topic, ranges })) {
      const lastTimestamp = committed.get(partition)?.lastTimestamp;
      if (lastTimestamp !== undefined && records.some(({ timestamp }) => timestamp !== lastTimestamp))
        recreated.add(partition);
    }
    return recreated;
  }
}
