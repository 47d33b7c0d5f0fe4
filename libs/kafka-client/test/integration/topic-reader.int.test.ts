import { describe, expect, it } from 'vitest';
import type { KafkaClient, ReadOptions, RecordBatch } from '../../src/index.ts';
import { withTopic } from '../kafka.ts';
import { until } from '../reader.ts';
import { kafkaJs, numbered, numbers, send } from '../records.ts';

async function read(kafka: KafkaClient, options: ReadOptions): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for await (const batch of kafka.read(options)) batches.push(batch);
  return batches;
}

const range = (from: number, to: number) => new Map([[0, { from, to }]]);
const valuesOf = (batches: readonly RecordBatch[]) =>
  batches.flatMap(({ records }) => records.map(({ value }) => value?.toString()));

describe('a topic reader', () => {
  it('reads each range from its begin up to its end, in order, and joins no group', () =>
    withTopic(
      async (topic, kafka) => {
        for (const partition of [0, 1, 2]) await send(kafka, topic, numbered(3_000, 0, partition));
        const ranges = new Map([
          [0, { from: 0, to: 3_000 }],
          [1, { from: 10, to: 2_345 }],
          [2, { from: 7, to: 7 }],
        ]);
        const admin = await kafka.admin();
        const groups = await admin.groups();
        const batches = await read(kafka, { topic, ranges, maxBytesPerPartition: 10_000 });
        const of = (wanted: number) => batches.filter(({ partition }) => partition === wanted);
        expect(valuesOf(of(0))).toEqual(numbers(3_000));
        expect(valuesOf(of(1))).toEqual(numbers(2_335, 10));
        expect(of(2)).toEqual([]);
        expect(of(1).at(-1)).toMatchObject({
          nextOffset: 2_345,
          lastStableOffset: 3_000,
          highWatermark: 3_000,
        });
        expect(of(0).length).toBeGreaterThan(1);
        expect(
          (await admin.groups()).filter((group) => !groups.includes(group) && group.includes('read')),
        ).toEqual([]);
        await admin.close();
      },
      { partitions: 3 },
    ));

  it('leaves out aborted records, and ends behind the markers of transactions', () =>
    withTopic(async (topic, kafka) => {
      const producer = kafkaJs().producer({
        transactionalId: topic,
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      const aborted = await producer.transaction();
      await aborted.send({ topic, messages: [{ value: 'aborted' }, { value: 'aborted' }] });
      await aborted.abort();
      const kept = await producer.transaction();
      await kept.send({ topic, messages: [{ value: 'kept' }] });
      await kept.commit();
      await producer.disconnect();
      const batches = await read(kafka, { topic, ranges: range(0, 5) });
      expect(valuesOf(batches)).toEqual(['kept']);
      expect(batches.at(-1)?.nextOffset).toBe(5);
    }));

  it('says where records of a range are gone', () =>
    withTopic(async (topic, kafka) => {
      await send(kafka, topic, numbered(20));
      const admin = kafkaJs().admin();
      await admin.connect();
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] });
      await admin.disconnect();
      await expect(read(kafka, { topic, ranges: range(5, 20) })).rejects.toMatchObject({
        code: 'offset-out-of-range',
        message: expect.stringContaining('[0] 5 to 20') as string,
      });
      expect(valuesOf(await read(kafka, { topic, ranges: range(10, 20) }))).toEqual(numbers(10, 10));
    }));

  it('waits for the end of its range, and stops with an error, never quietly', () =>
    withTopic(async (topic, kafka) => {
      await send(kafka, topic, numbered(3));
      const stop = new AbortController();
      const seen: RecordBatch[] = [];
      const reading = (async () => {
        for await (const batch of kafka.read({ topic, ranges: range(0, 10), signal: stop.signal }))
          seen.push(batch);
      })();
      await until(() => valuesOf(seen).length === 3);
      stop.abort();
      await expect(reading).rejects.toMatchObject({ code: 'closed' });
    }));

  it('ends early when its consumer has enough', () =>
    withTopic(async (topic, kafka) => {
      await send(kafka, topic, numbered(3));
      for await (const { records } of kafka.read({ topic, ranges: range(0, 1_000) })) {
        expect(records.length).toBe(3);
        break;
      }
    }));

  it('refuses a topic or a partition that is not there', () =>
    withTopic(async (topic, kafka) => {
      await expect(read(kafka, { topic: `${topic}-not`, ranges: range(0, 1) })).rejects.toMatchObject({
        code: 'unknown-topic',
      });
      await expect(read(kafka, { topic, ranges: new Map([[7, { from: 0, to: 1 }]]) })).rejects.toMatchObject({
        code: 'unknown-topic',
      });
    }));
});
