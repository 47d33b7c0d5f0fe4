import { randomUUID } from 'node:crypto';
import type * as KafkaJs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { openTransaction } from '../../src/testing.ts';
import type { KafkaClient, ReadOptions } from '../../src/index.ts';
import { withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { commitOnce, kafkaJs, numbered, send } from '../records.ts';

async function withTransactions(
  test: (producer: KafkaJs.Producer) => Promise<void>,
  kafka = kafkaJs(),
): Promise<void> {
  const producer = kafka.producer({
    transactionalId: `tx-${randomUUID()}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    await test(producer);
  } finally {
    await producer.disconnect();
  }
}

describe('transactions', () => {
  it('of which nothing is left to read do not hold the position back', () =>
    withTopic(async (topic, kafka) => {
      const reader = await new Reader().start(kafka, { topic });
      await withTransactions(async (producer) => {
        const aborted = await producer.transaction();
        await aborted.send({ topic, messages: [{ value: 'aborted' }, { value: 'aborted too' }] });
        await aborted.abort();
      });
      // two aborted records and the marker of the abort
      await until(() => reader.nextOffsets.get(0) === 3);
      expect(reader.records).toEqual([]);
      expect(await reader.commitAll()).toBe('committed');
      await send(kafka, topic, numbered(2));
      await until(() => reader.records.length === 2);
      await reader.stop();
      expect(reader.records.map(({ offset }) => offset)).toEqual([3, 4]);
    }));

  it('end with a marker that the position passes', () =>
    withTopic(async (topic, kafka) => {
      await withTransactions(async (producer) => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: 'kept' }] });
        await transaction.commit();
      });
      const reader = await new Reader().start(kafka, { topic });
      await until(() => reader.nextOffsets.get(0) === 2);
      await reader.stop();
      expect(reader.values).toEqual(['kept']);
    }));

  it('that are aborted are never delivered, from wherever the reading begins and whatever their keys are', () =>
    withTopic(async (topic, kafka) => {
      const looksLikeAMarker = Buffer.alloc(4);
      await withTransactions((one) =>
        withTransactions(async (two) => {
          const [first, second] = [await one.transaction(), await two.transaction()];
          await first.send({ topic, messages: [{ value: 'a', key: looksLikeAMarker }, { value: 'a' }] });
          await second.send({ topic, messages: [{ value: 'b' }] });
          await second.send({ topic, messages: [{ value: 'b' }] });
          await first.send({ topic, messages: [{ value: 'a' }] });
          await first.abort();
          await second.abort();
        }),
      );
      await send(kafka, topic, numbered(1));
      for (const from of [0, 3, 4]) {
        const groupId = `g-${randomUUID()}`;
        const earlier = await new Reader().start(kafka, { topic, groupId });
        await until(() => earlier.assignments.length === 1);
        expect(await commitOnce(earlier, from)).toBe('committed');
        await earlier.stop();
        const reader = await new Reader().start(kafka, { topic, groupId });
        await until(() => reader.nextOffsets.get(0) === 8);
        await reader.stop();
        expect(reader.assignment?.positions).toEqual(new Map([[0, from]]));
        expect(reader.values).toEqual(['0']);
      }
    }));

  it('that are open hold back the end of what can be read, and nobody waits for them', () =>
    withTopic(async (topic, kafka) => {
      await send(kafka, topic, numbered(2));
      const transaction = await openTransaction({ brokers: brokers(), topic, records: threeHeld });
      await send(kafka, topic, numbered(1, 2));
      const [admin, inspector] = await Promise.all([kafka.admin(), kafka.inspector()]);
      const groupId = `g-${randomUUID()}`;
      const lagOf = async () => (await admin.lag(groupId, topic))[0];
      const inspected = async () => {
        const topics = await inspector.topics([topic]);
        const found = [await inspector.ends(topics), await inspector.highWatermarks(topics)];
        return found.map((offsets) => offsets.get(topic)?.get(0));
      };

      expect(await admin.offsets(topic)).toEqual([{ partition: 0, begin: 0, end: 2, highWatermark: 6 }]);
      expect(await lagOf()).toMatchObject({ lag: 2, held: 4 });
      expect(await inspected()).toEqual([2, 6]);
      // a time that only a held record has reached
      expect(await admin.offsetsAt(topic, Date.now() + 1_000)).toEqual([{ partition: 0, offset: 2 }]);
      expect(await valuesOf(kafka, { topic, ranges: new Map([[0, { from: 0, to: 2 }]]) })).toEqual([
        '0',
        '1',
      ]);
      const held = { topic, ranges: new Map([[0, { from: 2, to: 3 }]]) };
      expect(await valuesOf(kafka, { ...held, isolation: 'read_uncommitted' })).toEqual(['held']);

      await transaction.commit();
      // with the marker of the commit
      await until(async () => (await lagOf())?.held === 0);
      expect(await lagOf()).toMatchObject({ end: 7, highWatermark: 7, lag: 7 });
      expect(await inspected()).toEqual([7, 7]);
      await Promise.all([admin.close(), inspector.close()]);
    }));

  it('that are open show in each batch: how far the partition can be read, and how far it goes', () =>
    withTopic(async (topic, kafka) => {
      await send(kafka, topic, numbered(2));
      const transaction = await openTransaction({ brokers: brokers(), topic, records: threeHeld });
      const reader = await new Reader().start(kafka, { topic });
      await until(() => reader.records.length === 2);
      await transaction.abort();
      await reader.stop();
      expect(reader.batches[0]?.batch).toMatchObject({ lastStableOffset: 2, highWatermark: 5 });
    }));

  it('that hold records before the offset that a group was set to do not put it out of range', () =>
    withTopic(async (topic, kafka) => {
      await send(kafka, topic, numbered(2));
      const transaction = await openTransaction({ brokers: brokers(), topic, records: threeHeld });
      const groupId = `g-${randomUUID()}`;
      const admin = await kafka.admin();
      await admin.setOffsets(groupId, topic, [{ partition: 0, offset: 5 }]);
      await admin.close();
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.assignments.length === 1);
      expect(reader.assignment?.positions).toEqual(new Map([[0, 5]]));
      await transaction.commit();
      await send(kafka, topic, numbered(1, 7));
      await until(() => reader.records.length === 1);
      await reader.stop();
      expect(reader.failures).toEqual([]);
      expect(reader.values).toEqual(['7']);
    }));
});

const threeHeld = Array.from({ length: 3 }, () => ({ value: 'held' }));

function brokers(): string[] {
  return process.env.KAFKA_BROKERS?.split(',') ?? [];
}

async function valuesOf(kafka: KafkaClient, options: ReadOptions): Promise<(string | undefined)[]> {
  const values: (string | undefined)[] = [];
  for await (const { records } of kafka.read({ ...options, signal: AbortSignal.timeout(5_000) }))
    values.push(...records.map(({ value }) => value?.toString()));
  return values;
}
