import { describe, expect, it } from 'vitest';
import { deferred } from '../test/kafka.ts';
import { until } from '../test/reader.ts';
import type { FetchedPartition, KafkaJsBroker, KafkaJsCluster } from './kafkajs-cluster.ts';
import type { RecordBatch } from './record.ts';
import type { FetchedRecords } from './record-batches.ts';
import { TopicReader } from './topic-reader.ts';

type Fetch = (offset: number, leader: string) => FetchedPartition | Promise<FetchedPartition>;

/** A topic of one partition whose leader is number 1 until the metadata are refreshed, and number 2 from then on. */
class FakeCluster implements KafkaJsCluster {
  leader = 1;
  fetches = 0;
  refreshes = 0;
  disconnected = false;
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  readonly connect = () => Promise.resolve();
  readonly addTargetTopic = () => Promise.resolve();
  readonly refreshMetadataIfNecessary = () => Promise.resolve();
  readonly findGroupCoordinator = () => Promise.reject(new Error('not asked for'));

  refreshMetadata(): Promise<void> {
    this.refreshes += 1;
    this.leader = 2;
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    this.disconnected = true;
    return Promise.resolve();
  }

  findTopicPartitionMetadata() {
    return [{ partitionId: 0, leader: this.leader, partitionErrorCode: 0, replicas: [1, 2], isr: [1, 2] }];
  }

  findBroker({ nodeId }: { nodeId: string }): Promise<KafkaJsBroker> {
    return Promise.resolve({
      offsetCommit: () => Promise.reject(new Error('not asked for')),
      fetch: async ({ topics }) => {
        this.fetches += 1;
        const offset = Number(topics[0]?.partitions[0]?.fetchOffset);
        return { responses: [{ partitions: [await this.#fetch(offset, nodeId)] }] };
      },
    });
  }
}

function fetched(
  offsets: readonly number[],
  { nextOffset, end = 100 }: { nextOffset?: number; end?: number } = {},
) {
  const messages: FetchedRecords = offsets.map((offset) => ({
    topic: '',
    partition: -1,
    offset,
    timestamp: 0,
    key: null,
    value: null,
    headers: [],
    isControlRecord: false,
    batchContext: undefined,
  }));
  return {
    partition: 0,
    highWatermark: String(end),
    messages: Object.assign(messages, nextOffset === undefined ? {} : { nextOffset }),
  };
}

function reader(cluster: FakeCluster, to: number, options: { onRetry?: (error: Error) => void } = {}) {
  return new TopicReader(() => Promise.resolve(cluster), {
    topic: 't',
    ranges: new Map([[0, { from: 0, to }]]),
    ...options,
  });
}

async function read(from: TopicReader): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for await (const batch of from) batches.push(batch);
  return batches;
}

const offsetsOf = (batches: readonly RecordBatch[]) =>
  batches.flatMap(({ records }) => records.map(({ offset }) => offset));

describe('a topic reader', () => {
  it('fetches one batch ahead of its consumer and no more', async () => {
    const cluster = new FakeCluster((offset) => fetched([offset], { nextOffset: offset + 1 }));
    const batches = reader(cluster, 50)[Symbol.asyncIterator]();
    for (let taken = 1; taken <= 3; taken += 1) {
      await batches.next();
      await until(() => cluster.fetches === taken + 1);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      expect(cluster.fetches).toBe(taken + 1);
    }
    await batches.return?.();
    expect(cluster.disconnected).toBe(true);
  });

  it('passes what was compacted away, within a range and at its end', async () => {
    const answers = [
      fetched([0, 3], { nextOffset: 5 }),
      fetched([], { nextOffset: 9 }),
      fetched([11, 12, 30], { nextOffset: 40 }),
    ];
    const cluster = new FakeCluster(() => answers.shift() ?? fetched([]));
    const batches = await read(reader(cluster, 20));
    expect(offsetsOf(batches)).toEqual([0, 3, 11, 12]);
    expect(batches.map(({ nextOffset }) => nextOffset)).toEqual([5, 9, 20]);
  });

  it('goes on at the new leader where the old one is gone', async () => {
    const retries: string[] = [];
    const cluster = new FakeCluster((offset, leader) => {
      if (leader === '1') throw Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' });
      return fetched([offset], { nextOffset: offset + 1 });
    });
    const batches = await read(reader(cluster, 2, { onRetry: ({ message }) => retries.push(message) }));
    expect(offsetsOf(batches)).toEqual([0, 1]);
    expect(retries).toEqual([expect.stringContaining('gone')]);
  });

  it('does not wait without end for records that no broker has', async () => {
    const cluster = new FakeCluster(() => fetched([], { end: 7 }));
    await expect(read(reader(cluster, 10))).rejects.toMatchObject({
      code: 'offset-out-of-range',
      message: expect.stringContaining('t[0] was to be read up to offset 10 and ends at 7') as string,
    });
  });

  it('is stopped by its signal while a fetch hangs', async () => {
    const hanging = deferred<FetchedPartition>();
    const cluster = new FakeCluster(() => hanging.promise);
    const stop = new AbortController();
    const reading = read(
      new TopicReader(() => Promise.resolve(cluster), {
        topic: 't',
        ranges: new Map([[0, { from: 0, to: 1 }]]),
        signal: stop.signal,
      }),
    );
    await until(() => cluster.fetches === 1);
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: 'closed' });
    expect(cluster.disconnected).toBe(true);
    hanging.resolve(fetched([]));
  });
});
