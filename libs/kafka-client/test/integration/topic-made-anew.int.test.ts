import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KafkaClient } from '../../src/index.ts';
import { withTopic } from '../kafka.ts';
import { Reader, until } from '../reader.ts';
import { committed, numbered, numbers, send } from '../records.ts';

/** A group that has committed offset 10 of 20, with the timestamp of the record before it, or with another one. */
async function groupAt10(kafka: KafkaClient, topic: string, { timestampOff = 0 } = {}): Promise<string> {
  const groupId = `g-${randomUUID()}`;
  await send(kafka, topic, numbered(20));
  const reader = await new Reader().start(kafka, { topic, groupId });
  await until(() => reader.records.length === 20);
  const lastTimestamp = reader.records[9]!.timestamp + timestampOff;
  const outcome = await reader.consumer.commit(reader.assignment!.epoch, [
    { partition: 0, offset: 10, lastTimestamp },
  ]);
  expect(outcome).toBe('committed');
  await reader.stop();
  return groupId;
}

describe('a committed offset', () => {
  it('is gone on from where the record before it is still the same, which is not handed over again', () =>
    withTopic(async (topic, kafka) => {
      const groupId = await groupAt10(kafka, topic);
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.values.length === 10);
      expect(reader.consumer.verified).toBe(true);
      await reader.stop();
      expect(reader.assignment?.positions).toEqual(new Map([[0, 10]]));
      expect(reader.values).toEqual(numbers(10, 10));
    }));

  it('of a topic that was made anew since ends the consumer, and nothing is handed over or committed', () =>
    withTopic(async (topic, kafka) => {
      const groupId = await groupAt10(kafka, topic, { timestampOff: -1 });
      const reader = await new Reader().start(kafka, { topic, groupId });
      await until(() => reader.failures.length > 0);
      expect(reader.consumer.verified).toBe(false);
      await reader.stop();
      expect(reader.failures[0]).toMatchObject({ code: 'offset-out-of-range', retryable: false });
      expect(reader.batches).toEqual([]);
      expect(await committed(kafka, groupId, topic)).toEqual([10]);
    }));

  it.each([
    ['earliest', numbers(20)],
    ['latest', []],
  ] as const)('of such a topic is left for another by the policy %s', (outOfRange, old) =>
    withTopic(async (topic, kafka) => {
      const groupId = await groupAt10(kafka, topic, { timestampOff: -1 });
      const reader = await new Reader().start(kafka, { topic, groupId, outOfRange });
      await until(() => reader.consumer.verified && reader.assignments.length > 1);
      await send(kafka, topic, numbered(1, 20));
      await until(() => reader.values.at(-1) === '20');
      expect(await reader.commitAll()).toBe('committed');
      await reader.stop();
      expect(reader.values).toEqual([...old, '20']);
      expect(reader.failures).toEqual([]);
    }),
  );
});
