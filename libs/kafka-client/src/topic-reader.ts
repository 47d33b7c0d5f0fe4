import { isolation } from './cluster-requests.ts';
import { defaultMaxRecordBytes } from './decompression/limits.ts';
import { KafkaError, protocolErrorType, toKafkaError } from './errors.ts';
import { nextOffsetOf, type PartOfBatch, partsOf } from './fetched-batch.ts';
import { batchOf, type FetchedPartition, type KafkaJsCluster } from './kafkajs-cluster.ts';
import type { ReadOptions } from './options.ts';
import type { RecordBatch } from './record.ts';

const maxWaitMs = 500;
/** Bytes that one leader may answer with, which bounds the memory where there are many partitions. */
const maxBytesPerLeader = 8 * 1024 * 1024;
/**
 * Rounds without a record, each as long as the longest wait, after which the end of a topic is taken for final. Right after a leader
 * was lost, the next one may not know the end yet; it does once the replicas that are away have left the in-sync ones.
 */
const emptyRounds = 120;

type Parts = AsyncIterable<PartOfBatch>;

interface Left {
  position: number;
  readonly to: number;
  /** The topic's end as the last fetch told it. */
  end: number;
}

/**
 * Reads ranges of a topic once, from begin to end, without a consumer group: it holds no partition of anyone and commits
 * nothing. Fetches go to the leaders directly, one request a leader at a time.
 *
 * While its consumer works on what a round of fetches brought, the next round is under way, and no more: the memory is
 * bounded by two answers of each leader.
 */
export class TopicReader implements AsyncIterable<RecordBatch> {
  readonly #open: () => Promise<KafkaJsCluster>;
  readonly #options: ReadOptions;
  readonly #maxRecordBytes: number;

  /** Internal: use `KafkaClient.read`. `open` gives a connected cluster and checks that the topic is there. */
  constructor(
    open: () => Promise<KafkaJsCluster>,
    options: ReadOptions,
    maxRecordBytes = defaultMaxRecordBytes,
  ) {
    this.#open = open;
    this.#options = options;
    this.#maxRecordBytes = maxRecordBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch, void, undefined> {
    const { topic, ranges, signal } = this.#options;
    const left = new Map<number, Left>();
    for (const [partition, { from, to }] of ranges)
      if (from < to) left.set(partition, { position: from, to, end: to });
    if (left.size === 0) return;

    const ended = new AbortController();
    const over = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    const cluster = await this.#open();
    try {
      const rounds = new Rounds(cluster, {
        options: this.#options,
        maxRecordBytes: this.#maxRecordBytes,
        left,
        over,
      });
      for (let ahead = rounds.next(); ;) {
        const fetched = await unlessStopped(ahead, over, topic);
        const isLast = left.size === 0;
        if (!isLast) {
          ahead = rounds.next();
          // it is awaited after these batches, and never where the caller has enough
          ahead.catch(() => undefined);
        }
        for (const parts of fetched)
          for await (const { batch, release } of parts) {
            // the caller may read something else before it takes the next part
            release();
            if (over.aborted) throw stopped(topic);
            yield batch;
          }
        // parts end early then
        if (over.aborted) throw stopped(topic);
        if (isLast) return;
      }
    } finally {
      ended.abort();
      await cluster.disconnect();
    }
  }
}

/** One fetch from each leader at a time, repeated until something came. */
class Rounds {
  readonly #cluster: KafkaJsCluster;
  readonly #options: ReadOptions;
  readonly #left: Map<number, Left>;
  readonly #over: AbortSignal;
  readonly #maxRecordBytes: number;
  #empty = 0;

  constructor(
    cluster: KafkaJsCluster,
    work: {
      readonly options: ReadOptions;
      readonly maxRecordBytes: number;
      readonly left: Map<number, Left>;
      readonly over: AbortSignal;
    },
  ) {
    this.#cluster = cluster;
    this.#options = work.options;
    this.#maxRecordBytes = work.maxRecordBytes;
    this.#left = work.left;
    this.#over = work.over;
  }

  /** The next batches, at most one a partition; what was read to its end is no longer in `left`. */
  async next(): Promise<readonly Parts[]> {
    for (let failures = 0; !this.#over.aborted;) {
      const { batches, error } = await this.#round();
      if (error) {
        if (!error.retryable || error.code === 'unknown-topic') throw error;
        this.#options.onRetry?.(error);
        await this.#cluster.refreshMetadata().catch(() => undefined);
      }
      if (batches.length > 0) {
        this.#empty = 0;
        return batches;
      }
      if (error) {
        await elapsed(Math.min(100 * 2 ** failures, 2_000));
        failures += 1;
      } else {
        failures = 0;
        this.#countEmpty();
      }
    }
    throw stopped(this.#options.topic);
  }

  async #round(): Promise<{ batches: readonly Parts[]; error: KafkaError | undefined }> {
    const { topic } = this.#options;
    try {
      await this.#cluster.refreshMetadataIfNecessary();
      const answers = await Promise.allSettled(
        [...this.#byLeader()].map(([leader, partitions]) => this.#fetch(leader, partitions)),
      );
      const failed = answers.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
      return {
        batches: answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
        error: failed && this.#explain(failed.reason),
      };
    } catch (error) {
      return { batches: [], error: toKafkaError(error, `reading topic ${topic}`) };
    }
  }

  #byLeader(): Map<number, number[]> {
    const { topic } = this.#options;
    const leaders = new Map(
      this.#cluster.findTopicPartitionMetadata(topic).map(({ partitionId, leader }) => [partitionId, leader]),
    );
    const grouped = new Map<number, number[]>();
    for (const partition of this.#left.keys()) {
      const leader = leaders.get(partition);
      if (leader === undefined)
        throw new KafkaError('unknown-topic', `topic ${topic} has no partition ${partition}`);
      const known = grouped.get(leader);
      if (known) known.push(partition);
      else grouped.set(leader, [partition]);
    }
    return grouped;
  }

  async #fetch(leader: number, partitions: readonly number[]): Promise<Parts[]> {
    const { topic, maxBytesPerPartition = 1024 * 1024, isolation: level = 'read_committed' } = this.#options;
    const broker = await this.#cluster.findBroker({ nodeId: String(leader) });
    const positions = new Map(
      partitions.map((partition) => [partition, this.#left.get(partition)?.position]),
    );
    const { responses } = await broker.fetch({
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes: maxBytesPerLeader,
      isolationLevel: level === 'read_committed' ? isolation.readCommitted : isolation.readUncommitted,
      topics: [
        {
          topic,
          partitions: [...positions].map(([partition, position]) => ({
            partition,
            fetchOffset: String(position),
            maxBytes: maxBytesPerPartition,
          })),
        },
      ],
    });
    return responses.flatMap((response) => response.partitions).flatMap((fetched) => this.#take(fetched));
  }

  /** What is in the range, and the position after it; nothing where nothing came. */
  #take(fetched: FetchedPartition): Parts[] {
    const left = this.#left.get(fetched.partition);
    if (!left) return [];
    left.end = Number(fetched.highWatermark);
    const from = left.position;
    const batch = batchOf(this.#options.topic, from, fetched);
    if (batch.isEmpty()) return [];
    left.position = Math.min(nextOffsetOf(batch), left.to);
    if (left.position === left.to) this.#left.delete(fetched.partition);
    const limit = this.#maxRecordBytes;
    return [within(left.to, partsOf(batch, { from, limit, signal: this.#over }))];
  }

  #countEmpty(): void {
    this.#empty += 1;
    if (this.#empty < emptyRounds) return;
    for (const [partition, { to, end }] of this.#left)
      if (end < to)
        throw new KafkaError(
          'offset-out-of-range',
          `${this.#options.topic}[${partition}] was to be read up to offset ${to} and ends at ${end}: ` +
            'records were lost with their brokers, or the topic was made anew. Look up its offsets and read again',
        );
  }

  #explain(error: unknown): KafkaError {
    const { topic } = this.#options;
    if (protocolErrorType(error) !== 'OFFSET_OUT_OF_RANGE')
      return toKafkaError(error, `reading topic ${topic}`);
    const ranges = [...this.#left].map(
      ([partition, { position, to }]) => `[${partition}] ${position} to ${to}`,
    );
    return new KafkaError(
      'offset-out-of-range',
      `of topic ${topic} were to be read ${ranges.join(', ')}, of which something is no longer there: ` +
        'records were deleted before they were read, or the topic was made anew. Look up its offsets and read again',
      { cause: error },
    );
  }
}

/** What of the parts is before an offset. */
async function* within(to: number, parts: Parts): AsyncGenerator<PartOfBatch, void, undefined> {
  for await (const { batch, release } of parts) {
    const { records, nextOffset } = batch;
    if (nextOffset <= to) {
      yield { batch, release };
      continue;
    }
    const before = records.filter(({ offset }) => offset < to);
    yield { batch: { ...batch, records: before, nextOffset: to }, release };
    return;
  }
}

/** A fetch that hangs does not hold up a stop. */
function unlessStopped<T>(work: Promise<T>, over: AbortSignal, topic: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(stopped(topic));
    };
    over.addEventListener('abort', stop, { once: true });
    if (over.aborted) stop();
    work.then(resolve, reject).finally(() => {
      over.removeEventListener('abort', stop);
    });
  });
}

/** Never a quiet end: that would read as if every range had been read. */
function stopped(topic: string): KafkaError {
  return new KafkaError('closed', `reading topic ${topic} was stopped before its ranges were read`, {
    retryable: true,
  });
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
