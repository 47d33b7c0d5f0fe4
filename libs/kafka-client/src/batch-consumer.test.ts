import type { Consumer, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import { expect, it } from 'vitest';
import { BatchConsumer } from './batch-consumer.ts';
import type { KafkaAdmin } from './kafka-admin.ts';
import { deferred } from '../test/kafka.ts';
import { until } from '../test/reader.ts';
import type { RecordBatch } from './record.ts';

/** kafkajs as far as the consumer uses it: the test says when the group is joined and what was fetched. */
class FakeKafkaJs {
  readonly events = { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash' };
  readonly seeks: number[] = [];
  readonly resolved: number[] = [];
  readonly #listeners = new Map<string, (event: object) => void>();
  #run: ConsumerRunConfig = {};

  on(event: string, listener: (event: object) => void): void {
    this.#listeners.set(event, listener);
  }

  run(config: ConsumerRunConfig): void {
    this.#run = config;
  }

  seek({ offset }: { offset: string }): void {
    this.seeks.push(Number(offset));
  }

  readonly connect = () => Promise.resolve();
  readonly subscribe = () => Promise.resolve();
  readonly stop = () => Promise.resolve();
  readonly disconnect = () => Promise.resolve();

  join(partitions: readonly number[]): void {
    this.#listeners.get('join')?.({ payload: { memberAssignment: { t: partitions } } });
  }

  /** A fetch that asked for `fetchedOffset` and brought the records from there up to `last`. */
  async deliver(fetchedOffset: number, last: number): Promise<void> {
    const messages = Array.from({ length: last - fetchedOffset + 1 }, (_, i) => ({
      offset: fetchedOffset + i,
      timestamp: 0,
      key: null,
      value: null,
    }));
    const payload = {
      batch: {
        topic: 't',
        partition: 0,
        fetchedOffset: String(fetchedOffset),
        messages,
        rawMessages: messages,
        highWatermark: '100',
        lastOffset: () => String(last),
      },
      heartbeat: () => Promise.resolve(),
      resolveOffset: (offset: string) => this.resolved.push(Number(offset)),
      commitOffsetsIfNecessary: () => Promise.resolve(),
    };
    await this.#run.eachBatch?.(payload as unknown as EachBatchPayload);
  }
}

/** A consumer of a group that has committed offset 5. */
async function opened(onBatch: (batch: RecordBatch) => Promise<void> = () => Promise.resolve()) {
  const kafkaJs = new FakeKafkaJs();
  const taken: number[][] = [];
  const admin = {
    foreignMembers: () => Promise.resolve([]),
    lag: () =>
      Promise.resolve([
        { partition: 0, begin: 0, end: 100, highWatermark: 100, committed: 5, lag: 95, held: 0 },
      ]),
    close: () => Promise.resolve(),
  } as unknown as KafkaAdmin;
  const consumer = await BatchConsumer.open(
    () => kafkaJs as unknown as Consumer,
    admin,
    { topic: 't', groupId: 'g' },
    {
      assigned: () => undefined,
      batch: (batch) => {
        taken.push(batch.records.map(({ offset }) => offset));
        return onBatch(batch);
      },
      failed: (error) => {
        throw error;
      },
    },
  );
  return { kafkaJs, taken, consumer };
}

it('a batch that was not fetched at the position is not taken, and fetched again from there', async () => {
  const { kafkaJs, taken } = await opened();
  kafkaJs.join([0]);
  await kafkaJs.deliver(8, 9);
  expect(taken).toEqual([]);
  expect(kafkaJs.seeks).toEqual([5]);
  await kafkaJs.deliver(5, 7);
  await kafkaJs.deliver(8, 9);
  expect(taken).toEqual([
    [5, 6, 7],
    [8, 9],
  ]);
});

it('a batch whose handler ends in the next epoch moves nothing there', async () => {
  const gate = deferred();
  const { kafkaJs, taken } = await opened(() => gate.promise);
  kafkaJs.join([0]);
  const late = kafkaJs.deliver(5, 7);
  await until(() => taken.length === 1);
  kafkaJs.join([0]);
  gate.resolve();
  await late;
  expect(kafkaJs.resolved).toEqual([]);
  await kafkaJs.deliver(5, 6);
  expect(taken.at(-1)).toEqual([5, 6]);
});

it('a partition that was not assigned is not taken', async () => {
  const { kafkaJs, taken } = await opened();
  kafkaJs.join([]);
  await kafkaJs.deliver(5, 7);
  expect(taken).toEqual([]);
});

it('a join that ends after the stop is refused, which ends it', async () => {
  const { kafkaJs, consumer } = await opened();
  await consumer.stop();
  expect(() => {
    kafkaJs.join([0]);
  }).toThrow('stopped while it joined');
});
