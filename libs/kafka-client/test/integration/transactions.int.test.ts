import { randomUUID } from 'node:crypto';
import type * as KafkaJs from 'kafkajs';
import { describe, expect, it } from 'vitest';
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
});
